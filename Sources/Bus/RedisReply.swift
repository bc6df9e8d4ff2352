// Redis's protocol by hiredis: commands to bytes, bytes to replies. No connection, no time.

import CHiredis

/// One reply, or one message of a channel.
enum RedisReply: Hashable, Sendable {
  case status(String)
  case error(String)
  case integer(Int64)
  case bytes([UInt8])
  case none
  case array([RedisReply])
}

/// Reads replies from bytes as they come. A final class because it owns hiredis's reader.
@safe
final class RedisReader {
  enum Output: Hashable {
    case needsMore
    case reply(RedisReply)
    /// Not what Redis says: close.
    case broken
  }

  private let reader: UnsafeMutablePointer<redisReader>
  private var isBroken = false
  /// Bytes since the last whole reply: what nobody ends is not kept.
  private var pending = 0

  /// The longest reply: a message of ours is a hundredth of it.
  static let replyBytesMax = 128 * 1024

  init?() {
    guard let made = unsafe hawker_redis_reader_make() else { return nil }
    unsafe reader = made
  }

  deinit { unsafe hawker_redis_reader_free(reader) }

  /// Takes bytes as they came from the connection; call `next` until it says `.needsMore`.
  func receive(_ bytes: borrowing Span<UInt8>) {
    pending += bytes.count
    unsafe bytes.withUnsafeBytes { bytes in
      let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      guard let start = unsafe start else { return }
      if unsafe redisReaderFeed(reader, start, bytes.count) != REDIS_OK { isBroken = true }
    }
  }

  func next() -> Output {
    guard !isBroken else { return .broken }
    var object: UnsafeMutableRawPointer?
    guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else {
      isBroken = true
      return .broken
    }
    guard let object = unsafe object else {
      if pending > RedisReader.replyBytesMax { isBroken = true }
      return isBroken ? .broken : .needsMore
    }
    defer { unsafe freeReplyObject(object) }
    pending = 0
    return .reply(unsafe RedisReader.read(object.assumingMemoryBound(to: redisReply.self).pointee))
  }

  private static func read(_ reply: redisReply) -> RedisReply {
    switch unsafe reply.type {
    case REDIS_REPLY_STATUS: .status(unsafe text(reply))
    case REDIS_REPLY_ERROR: .error(unsafe text(reply))
    case REDIS_REPLY_INTEGER: .integer(unsafe reply.integer)
    case REDIS_REPLY_STRING: .bytes(unsafe bytes(reply))
    case REDIS_REPLY_ARRAY: .array(unsafe elements(reply))
    default: .none
    }
  }

  private static func elements(_ reply: redisReply) -> [RedisReply] {
    (0..<Int(unsafe reply.elements)).map { index in
      guard let element = unsafe reply.element[index] else { return .none }
      return unsafe read(element.pointee)
    }
  }

  private static func bytes(_ reply: redisReply) -> [UInt8] {
    guard let start = unsafe reply.str else { return [] }
    return unsafe UnsafeRawBufferPointer(start: start, count: Int(reply.len)).map { $0 }
  }

  private static func text(_ reply: redisReply) -> String {
    String(decoding: unsafe bytes(reply), as: UTF8.self)
  }
}

/// Commands as bytes.
enum RedisCommand {
  /// A command of these words.
  static func bytes(_ words: [[UInt8]]) -> [UInt8] {
    // Each word ends with a zero that its length leaves out, so that an empty one has an address, too.
    let texts = words.map { $0.map { CChar(bitPattern: $0) } + [0] }
    let lengths = words.map(\.count)
    return unsafe withPointers(texts[...], []) { pointers in
      var pointers = unsafe pointers
      var target: UnsafeMutablePointer<CChar>?
      let count = unsafe redisFormatCommandArgv(
        &target, Int32(clamping: lengths.count), &pointers, lengths)
      guard let target = unsafe target, count > 0 else { return [] }
      defer { unsafe redisFreeCommand(target) }
      return unsafe UnsafeRawBufferPointer(start: target, count: Int(count)).map { $0 }
    }
  }

  static func bytes(_ words: String...) -> [UInt8] { bytes(words.map { Array($0.utf8) }) }

  private static func withPointers(
    _ texts: ArraySlice<[CChar]>, _ pointers: [UnsafePointer<CChar>?],
    _ body: ([UnsafePointer<CChar>?]) -> [UInt8]
  ) -> [UInt8] {
    guard let first = texts.first else { return unsafe body(pointers) }
    return unsafe first.withUnsafeBufferPointer { first in
      unsafe withPointers(texts.dropFirst(), pointers + [first.baseAddress], body)
    }
  }
}
