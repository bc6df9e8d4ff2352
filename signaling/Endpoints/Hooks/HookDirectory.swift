// The endpoints of webhooks as the control plane knows them.

import Hooks
import RoomLog

/// All endpoints by id: as they are on the disk.
struct HookDirectory: Sendable {
  private var rows: [Int64: HookEndpointRow] = [:]

  /// These and no others.
  init(_ endpoints: [HookEndpointRow] = []) {
    for endpoint in endpoints { rows[endpoint.id] = endpoint }
  }

  /// In the order they were made.
  var all: [HookEndpointRow] { rows.values.sorted { $0.id < $1.id } }

  var count: Int { rows.count }

  subscript(id: Int64) -> HookEndpointRow? {
    get { rows[id] }
    set { rows[id] = newValue }
  }

  /// Whether anybody gets `topic` now.
  func wants(_ topic: String) -> Bool {
    rows.values.contains { $0.disabledMs == nil && HookTopic.matches($0.topics, topic) }
  }

  /// Who is asked: the merchant's oldest endpoint with the topic; without a merchant, anybody's.
  func endpoint(for kind: SyncHookKind, of merchant: String?) -> HookEndpointRow? {
    all.first {
      $0.disabledMs == nil && (merchant == nil || $0.merchant == merchant)
        && HookTopic.matches($0.topics, kind.rawValue)
    }
  }

  /// What a merchant's callbacks may be signed with. A disabled endpoint gets nothing; its owner may
  /// still report what became of orders.
  func keys(of merchant: String) -> [HookKey] {
    all.filter { $0.merchant == merchant }.flatMap { $0.keys.compactMap { HookKey($0) } }
  }
}
