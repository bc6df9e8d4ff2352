// Signed callbacks of shops: verified, read, and handed to the room they are about.

import Access
import Commerce
import HTTP
import Hooks
import JSON
import Messages
import Room
import Wire

extension ControlCore {
  /// Takes `POST /api/v1/hooks/{merchant}`.
  mutating func receiveCallback(_ call: APICall) throws(ControlRefusal) {
    guard callbackBudgets.take(call.client, at: call.now) else {
      throw ControlRefusal(429, "rate", "too many callbacks from one address")
    }
    let report = try verifiedReport(call)
    if let room = report.event.room {
      guard Credential.isRoomName(room) else { throw .unknownRoom(of: report.event) }
      if !call.isPassedOn, let owner = ownerElsewhere(of: room) {
        return hand(call.parked, in: room, to: owner)
      }
      guard require(room) else {
        guard park(call.parked, for: room) else {
          throw ControlRefusal(503, "overloaded", "too many requests wait for this room")
        }
        return
      }
    }
    try take(report, call)
  }

  /// The report of a request that a merchant's key has signed.
  private func verifiedReport(_ call: APICall) throws(ControlRefusal) -> MerchantReport {
    let request = call.request
    let merchant = request.target.segments.last ?? ""
    let headers = HookHeaders(
      id: request.headers[HookHeaders.idName] ?? "",
      timestamp: request.headers[HookHeaders.timestampName] ?? "",
      signature: request.headers[HookHeaders.signatureName] ?? "")
    do throws(HookRefusal) {
      // A merchant that is not known has no keys: the same refusal as for a wrong signature.
      try HookSignature.verify(
        headers, body: request.body, keys: hooks.keys(of: merchant),
        seconds: call.wall.milliseconds / 1000)
    } catch {
      throw ControlRefusal(error)
    }
    do throws(MerchantReportFault) {
      return try MerchantReport(
        merchant: merchant, id: headers.id, body: request.body, limits: .listings)
    } catch {
      throw ControlRefusal(400, "bad-message", error.text)
    }
  }

  /// What a report means. The room of an order is open; the request waits in `waitingRequests`.
  ///
  /// A second report of the same is harmless: an order that is paid stays paid, and a purchase of coins
  /// is paid out once.
  private mutating func take(
    _ report: MerchantReport, _ call: APICall
  ) throws(ControlRefusal) {
    switch report.event {
    case .order(let status, let room, let order):
      guard let status = OrderReport(rawValue: status.rawValue) else { throw .unknownOrder }
      reported(
        status, of: order, in: room, by: report.merchant, id: report.id,
        for: .request(call.ticket), at: call.now,
        wall: call.wall)
    case .stockGranted(let room, let reserve, let quantity):
      self.report(
        .stockGranted(ask: reserve, quantity), in: room, by: report.merchant, id: report.id,
        canonical: Array("stock.granted \(reserve) \(quantity)".utf8), for: .request(call.ticket))
    case .listingsPut(let room):
      let (drafts, canonical) = try listings(report.data)
      self.report(
        .listingsPut(drafts), in: room, by: report.merchant, id: report.id, canonical: canonical,
        for: .request(call.ticket))
    case .coinsPaid:
      guard let purchase = try? JSONFields(report.data).int("purchase") else { throw .unknownOrder }
      coinsPaid(
        purchase, by: report.merchant, id: report.id, for: .request(call.ticket), at: call.now,
        wall: call.wall)
    }
  }
}

extension ControlCore {
  /// Products as a merchant sends them: read as an import over REST is.
  private func listings(
    _ data: JSONObject
  ) throws(ControlRefusal) -> (drafts: [ListingDraft], canonical: [UInt8]) {
    do throws(MessageRefusal) {
      let request = try CommandCatalogue.command(named: "importListings")?.decode(
        JSONFields(data))
      guard let request, case .shop(.importListings(let drafts)) = request.command else {
        throw MessageRefusal(.badMessage, "listings: expected an array")
      }
      return (drafts, request.canonical)
    } catch {
      throw ControlRefusal(400, error.code.rawValue, error.text)
    }
  }
}

extension ControlRefusal {
  /// A room whose name can't be one.
  fileprivate static func unknownRoom(of event: MerchantReport.Event) -> ControlRefusal {
    if case .order = event { return .unknownOrder }
    return ControlRefusal(403, "forbidden", "the room is not this merchant's")
  }

  fileprivate static let unknownOrder = ControlRefusal(
    404, "unknown-order", "there is no such order")

  /// A callback that is not believed.
  fileprivate init(_ refusal: HookRefusal) {
    switch refusal {
    case .missingHeader:
      self.init(400, "bad-message", "webhook-id, -timestamp and -signature are needed")
    case .badTimestamp:
      self.init(400, "bad-message", "webhook-timestamp: expected seconds since 1970")
    case .tooOld: self.init(401, "unauthorized", "webhook-timestamp: more than 5 minutes ago")
    case .tooNew: self.init(401, "unauthorized", "webhook-timestamp: more than 5 minutes ahead")
    case .wrongSignature:
      self.init(401, "unauthorized", "no signature is of a key of this merchant")
    }
  }
}
