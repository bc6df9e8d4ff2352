// The words spoken with Redis, and with what only says it is Redis.

import Nodes
import Testing

@testable import Bus

@Suite("Talking to Redis")
struct RedisConversationTests {
  private func replies(_ text: String, step: Int = .max) throws -> [RedisReader.Output] {
    let reader = try #require(RedisReader())
    var outputs: [RedisReader.Output] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(step))
      rest = rest.dropFirst(piece.count)
      reader.receive(piece.span)
      reading: while true {
        switch reader.next() {
        case .needsMore: break reading
        case .broken: return outputs + [.broken]
        case .reply(let reply): outputs.append(.reply(reply))
        }
      }
    }
    return outputs
  }

  @Test("replies are read however they are cut")
  func cuts() throws {
    let text =
      "+OK\r\n:42\r\n$-1\r\n$0\r\n\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\na\r\n\r\n-ERR no\r\n"
    let expected: [RedisReader.Output] = [
      .reply(.status("OK")), .reply(.integer(42)), .reply(.none), .reply(.bytes([])),
      .reply(
        .array([
          .bytes(Array("message".utf8)), .bytes(Array("c".utf8)), .bytes(Array("a\r\n".utf8)),
        ]
        )), .reply(.error("ERR no")),
    ]
    for step in 1...text.utf8.count { #expect(try replies(text, step: step) == expected) }
  }

  @Test(
    "what announces or sends more than we ever asked for is broken off, without room made for it")
  func large() throws {
    #expect(try replies("*9\r\n").last == .broken)
    #expect(try replies("*2000000000\r\n").last == .broken)
    #expect(try replies("*8\r\n").isEmpty)
    let long = "$500000000\r\n" + String(repeating: "x", count: RedisReader.replyBytesMax)
    #expect(try replies(long, step: 4096).last == .broken)
    #expect(try replies("hello\r\n").last == .broken)
    let deep = String(repeating: "*1\r\n", count: 100)
    #expect(try replies(deep).last == .broken)
  }

  @Test("no bytes make the reader do more than say that they are broken")
  func garbage() throws {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("*$:+-\r\n0123456789ab".utf8)
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...64)).map { _ in
        alphabet.randomElement(using: &random) ?? 0
      }
      _ = try replies(String(decoding: bytes, as: UTF8.self), step: Int.random(in: 1...9))
    }
  }

  @Test("commands are words with their lengths")
  func commands() {
    #expect(
      RedisCommand.bytes([Array("PUBLISH".utf8), [], [13, 10, 0]])
        == Array("*3\r\n$7\r\nPUBLISH\r\n$0\r\n\r\n$3\r\n\r\n\0\r\n".utf8))
  }

  private func begin(
    _ role: RedisConversation.Role, _ url: String = "redis://h"
  ) throws -> (RedisConversation, String) {
    let (conversation, bytes) = RedisConversation.begin(
      role, channel: "c", address: try #require(RedisAddress(url)))
    return (conversation, String(decoding: bytes, as: UTF8.self))
  }

  @Test("a password goes first, then the channel; a refusal is told by its name alone")
  func authentication() throws {
    var (conversation, first) = try begin(.listening, "redis://anna:s%40cret@h")
    #expect(first == "*3\r\n$4\r\nAUTH\r\n$4\r\nanna\r\n$6\r\ns@cret\r\n")
    let (event, next) = conversation.take(.status("OK"))
    #expect(event == nil)
    #expect(String(decoding: next, as: UTF8.self) == "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n")
    let subscribed = RedisReply.array([
      .bytes(Array("subscribe".utf8)), .bytes(Array("c".utf8)), .integer(1),
    ])
    #expect(conversation.take(subscribed).0 == .ready)
    var (refused, words) = try begin(.speaking, "redis://:pw@h")
    #expect(words == "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n")
    #expect(
      refused.take(.error("WRONGPASS pw is not it")).0 == .failed("Redis answers WRONGPASS"))
    #expect(refused.take(.error("pw")).0 == .failed("Redis answers an error"))
  }

  @Test("messages of our channel are heard; anything else in their place ends the connection")
  func listening() throws {
    var (conversation, _) = try begin(.listening)
    #expect(conversation.take(.integer(1)).0 != nil, "not before it is subscribed")
    (conversation, _) = try begin(.listening)
    _ = conversation.take(.array([.bytes(Array("subscribe".utf8))]))
    func message(_ words: String...) -> RedisReply { .array(words.map { .bytes(Array($0.utf8)) }) }
    #expect(conversation.take(message("message", "c", "x")).0 == .message([120]))
    #expect(conversation.take(message("pong", "")).0 == nil)
    for wrong in [
      message("message", "d", "x"), message("message", "c"), message(), message("other"),
      .status("OK"), .none,
    ] {
      guard case .failed? = conversation.take(wrong).0 else {
        Issue.record("\(wrong) was taken")
        continue
      }
    }
  }

  @Test("a server that does not answer is sent only so much")
  func backlog() throws {
    var (conversation, first) = try begin(.speaking)
    #expect(first == "*1\r\n$4\r\nPING\r\n")
    #expect(conversation.publish([1]) == nil, "not before it is ready")
    #expect(conversation.take(.status("PONG")).0 == .ready)
    for _ in 0..<RedisConversation.unansweredMax { #expect(conversation.publish([1]) != nil) }
    #expect(conversation.publish([1]) == nil)
    #expect(conversation.take(.integer(3)).0 == nil)
    #expect(conversation.publish([1]) != nil)
    var (other, _) = try begin(.speaking)
    _ = other.take(.status("PONG"))
    #expect(other.take(.integer(1)).0 != nil, "an answer to nothing")
  }
}
