// Answers that are held for slow clients are counted until they have left, or their clients have.

import HTTP
import Testing
import Wire

@testable import Web

@Suite("Bytes of answers that wait for clients")
struct AnswerBudgetTests {
  private func answer(_ budget: AnswerBudget, _ count: Int) -> HTTPResponse? {
    guard let lease = budget.lease(count) else { return nil }
    var response = HTTPResponse(200, body: [UInt8](repeating: 7, count: count))
    response.lease = lease
    return response
  }

  /// A conversation that was asked for something.
  private func asked() throws -> (HTTPConversation, UInt64) {
    var conversation = HTTPConversation(limits: WebLimits())
    let request = HTTPRequest(.get, try HTTPTarget("/a"))
    let id = conversation.begin(request)
    return (conversation, id)
  }

  @Test(
    "they count until the last byte has been given to the client, and no more are held than may be")
  func leaving() throws {
    let budget = AnswerBudget(bytesMax: 10_000)
    var output = OutgoingQueue()
    do {
      var (conversation, id) = try asked()
      conversation.respond(id, try #require(answer(budget, 6000)))
      conversation.write(into: &output, date: WallTime(nanoseconds: 0))
    }
    #expect(budget.heldBytes == 6000 && output.byteCount > 6000)
    #expect(answer(budget, 4001) == nil && budget.heldBytes == 6000)
    output.removeFirst(output.byteCount - 1)
    #expect(budget.heldBytes == 6000)
    output.removeFirst(1)
    #expect(budget.heldBytes == 0)
  }

  @Test("a client that goes, and an answer that nobody waits for, give them back")
  func ending() throws {
    let budget = AnswerBudget(bytesMax: 10_000)
    do {
      var output = OutgoingQueue()
      var (conversation, id) = try asked()
      conversation.respond(id, try #require(answer(budget, 6000)))
      conversation.write(into: &output, date: WallTime(nanoseconds: 0))
      var (other, _) = try asked()
      other.respond(99, try #require(answer(budget, 3000)))
      #expect(budget.heldBytes == 6000)
      _ = consume output
    }
    #expect(budget.heldBytes == 0)
  }
}
