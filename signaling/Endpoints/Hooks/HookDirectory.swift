// The endpoints of webhooks as the control plane knows them.

import Hooks
import RoomLog

/// All endpoints by id: as they are on the disk.
struct HookDirectory: Sendable {
  private var rows: [Int64: HookEndpointRow] = [:] {
    didSet { index() }
  }
  /// Who answers questions, oldest first: looked at for each message of a chat.
  private var askable: [SyncHookKind: [HookEndpointRow]] = [:]
  /// Whose the rooms are that name nobody: the only merchant that takes orders, or the only one at all.
  /// Nil where that is nobody or several: then none of them is told of such a room.
  private(set) var soleMerchant: String?

  /// These and no others.
  init(_ endpoints: [HookEndpointRow] = []) {
    rows = Dictionary(endpoints.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    index()
  }

  private mutating func index() {
    askable = HookDirectory.askable(rows)
    let takers = merchants(for: .createCheckout)
    let candidates = takers.isEmpty ? Set(rows.values.map(\.merchant)) : takers
    soleMerchant = candidates.count == 1 ? candidates.first : nil
  }

  private static func askable(
    _ rows: [Int64: HookEndpointRow]
  ) -> [SyncHookKind: [HookEndpointRow]] {
    let enabled = rows.values.filter { $0.disabledMs == nil }.sorted { $0.id < $1.id }
    var askable: [SyncHookKind: [HookEndpointRow]] = [:]
    for kind in SyncHookKind.allCases {
      let endpoints = enabled.filter { HookTopic.matches($0.topics, kind.rawValue) }
      if !endpoints.isEmpty { askable[kind] = endpoints }
    }
    return askable
  }

  /// In the order they were made.
  var all: [HookEndpointRow] { rows.values.sorted { $0.id < $1.id } }

  var count: Int { rows.count }

  subscript(id: Int64) -> HookEndpointRow? {
    get { rows[id] }
    set { rows[id] = newValue }
  }

  /// Whether a merchant gets `topic` now.
  func wants(_ topic: String, of merchant: String) -> Bool {
    rows.values.contains {
      $0.merchant == merchant && $0.disabledMs == nil && HookTopic.matches($0.topics, topic)
    }
  }

  /// Who is asked: the merchant's oldest endpoint with the topic; without a merchant, nobody.
  func endpoint(for kind: SyncHookKind, of merchant: String?) -> HookEndpointRow? {
    guard let merchant else { return nil }
    return askable[kind]?.first { $0.merchant == merchant }
  }

  /// Whose endpoints answer such questions.
  func merchants(for kind: SyncHookKind) -> Set<String> {
    Set((askable[kind] ?? []).map(\.merchant))
  }

  /// What a merchant's callbacks may be signed with. A disabled endpoint gets nothing; its owner may
  /// still report what became of orders.
  func keys(of merchant: String) -> [HookKey] {
    all.filter { $0.merchant == merchant }.flatMap { $0.keys.compactMap { HookKey($0) } }
  }
}
