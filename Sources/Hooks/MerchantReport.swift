// What a shop reports by a signed callback.

package import JSON

/// A callback whose signature was verified.
package struct MerchantReport: Hashable, Sendable {
  /// What it says.
  package enum Event: Hashable, Sendable {
    /// The order of a room, by the id `checkout` gave it.
    case order(OrderStatus, room: String, order: Int64)
    /// Coins were paid for; `data` names the purchase.
    case coinsPaid
    /// Units that a room asked for (`stock.reserve`), or fewer.
    case stockGranted(room: String, reserve: Int64, quantity: Int64)
    /// Products for a room; `data` has them.
    case listingsPut(room: String)

    /// The room it is about; nil: none.
    package var room: String? {
      switch self {
      case .order(_, let room, _), .stockGranted(let room, _, _), .listingsPut(let room): room
      case .coinsPaid: nil
      }
    }
  }

  package enum OrderStatus: String, Hashable, Sendable, CaseIterable {
    case paid, failed, cancelled, refunded, shipped
  }

  /// Whose key signed it.
  package var merchant: String
  /// The `webhook-id`: a second one with the same id is the same report.
  package var id: String
  package var event: Event
  /// The whole `data`.
  package var data: JSONObject

  /// Ids of our own messages begin so. What we signed is never taken for a callback, although both
  /// sides sign with the same secret.
  package static let ownIDPrefix = "hwk_"

  /// Reads a callback's body.
  ///
  /// - Throws: which member is wrong.
  package init(
    merchant: String, id: String, body: [UInt8], limits: JSONLimits = .standard
  ) throws(MerchantReportFault) {
    guard !id.hasPrefix(MerchantReport.ownIDPrefix) else {
      throw .bad("webhook-id: \(MerchantReport.ownIDPrefix) begins the server's own")
    }
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(body, limits: limits)
    } catch {
      throw .bad("not JSON we take: \(error.text)")
    }
    do throws(JSONMismatch) {
      let fields = try JSONFields(document: value)
      let type = try fields.string("type")
      let data = try fields.fields("data")
      self.merchant = merchant
      self.id = id
      self.data = data.object
      event = try MerchantReport.event(type, data)
    } catch {
      throw .bad(error.text)
    }
  }

  private static func event(_ type: String, _ data: JSONFields) throws(JSONMismatch) -> Event {
    switch type {
    case "coins.paid": return .coinsPaid
    case "listings.put": return .listingsPut(room: try data.string("room"))
    case "stock.granted":
      return .stockGranted(
        room: try data.string("room"), reserve: try data.int("reserve", in: 1...(1 << 53)),
        quantity: try data.int("quantity", in: 0...(1 << 53)))
    default: break
    }
    guard type.hasPrefix("order."),
      let status = OrderStatus(rawValue: String(type.dropFirst("order.".count)))
    else {
      throw JSONMismatch(
        path: "type",
        expected:
          "order.paid, .failed, .cancelled, .refunded, .shipped, coins.paid, stock.granted or listings.put",
        found: "another")
    }
    return .order(
      status, room: try data.string("room"), order: try data.int("order", in: 1...(1 << 53)))
  }
}

/// A callback that can't be read; the text is for the shop's author.
package enum MerchantReportFault: Error, Hashable, Sendable {
  case bad(String)

  package var text: String {
    switch self {
    case .bad(let text): text
    }
  }
}
