// Webhooks on the disk: endpoints, and what is on its way to them.

/// Where a merchant's messages go. Never prints its keys, nor its URL, which may hold a secret.
package struct HookEndpointRow: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  /// What becomes of a message, or of an order's prices, when the merchant does not answer in time.
  package enum Fallback: String, Hashable, Sendable, CaseIterable {
    case allow
    /// A message waits for moderators; an order fails.
    case hold
    case deny
  }

  /// 0 until the store has given one.
  package var id: Int64
  /// Whose: `[A-Za-z0-9_-]{1,64}`.
  package var merchant: String
  package var url: String
  /// Keys as text, newest first. Secret.
  package var keys: [String]
  /// Names of topics; `*` is every topic that need not be asked for.
  package var topics: [String]
  /// Of synchronous hooks.
  package var deadlineMs: Int64
  package var fallback: Fallback
  /// Whether it comes from the configuration: then it is that which changes it.
  package var isConfigured: Bool
  /// Since when nothing is sent; nil: it is.
  package var disabledMs: Int64?
  package var disabledWhy: String?
  package var createdMs: Int64

  package init(
    id: Int64 = 0, merchant: String, url: String, keys: [String], topics: [String],
    deadlineMs: Int64, fallback: Fallback = .allow, isConfigured: Bool = false,
    disabledMs: Int64? = nil, disabledWhy: String? = nil, createdMs: Int64
  ) {
    self.id = id
    self.merchant = merchant
    self.url = url
    self.keys = keys
    self.topics = topics
    self.deadlineMs = deadlineMs
    self.fallback = fallback
    self.isConfigured = isConfigured
    self.disabledMs = disabledMs
    self.disabledWhy = disabledWhy
    self.createdMs = createdMs
  }

  package var description: String { "endpoint \(id) of \(merchant)" }

  /// Without children: `dump` reads a value's mirror, not its description.
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One message to one endpoint.
package struct HookDeliveryRow: Hashable, Sendable {
  package enum State: Int, Hashable, Sendable, CaseIterable {
    case waiting, delivered, dead
  }

  package var id: Int64
  package var endpoint: Int64
  /// The `webhook-id`: the same at every try and for every endpoint.
  package var message: String
  package var topic: String
  package var body: [UInt8]
  /// Tries so far.
  package var attempts: Int
  /// When it is tried next, milliseconds since 1970.
  package var dueMs: Int64
  package var state: State
  package var lastStatus: Int?
  package var lastError: String?
  package var createdMs: Int64

  package init(
    id: Int64, endpoint: Int64, message: String, topic: String, body: [UInt8], attempts: Int = 0,
    dueMs: Int64, state: State = .waiting, lastStatus: Int? = nil, lastError: String? = nil,
    createdMs: Int64
  ) {
    self.id = id
    self.endpoint = endpoint
    self.message = message
    self.topic = topic
    self.body = body
    self.attempts = attempts
    self.dueMs = dueMs
    self.state = state
    self.lastStatus = lastStatus
    self.lastError = lastError
    self.createdMs = createdMs
  }
}

/// What a try came to.
package struct HookAttemptRow: Hashable, Sendable {
  package var delivery: Int64
  package var attempts: Int
  package var state: HookDeliveryRow.State
  package var dueMs: Int64
  package var status: Int?
  package var error: String?
  /// When it ended, milliseconds since 1970.
  package var atMs: Int64

  package init(
    delivery: Int64, attempts: Int, state: HookDeliveryRow.State, dueMs: Int64, status: Int?,
    error: String?, atMs: Int64
  ) {
    self.delivery = delivery
    self.attempts = attempts
    self.state = state
    self.dueMs = dueMs
    self.status = status
    self.error = error
    self.atMs = atMs
  }
}

/// A change of what is kept about webhooks.
package enum HookChange: Hashable, Sendable {
  /// A new endpoint (id 0), or new settings of one.
  case put(HookEndpointRow)
  /// It goes with its deliveries.
  case remove(endpoint: Int64)
  case disable(endpoint: Int64, why: String, atMs: Int64)
  case attempted(HookAttemptRow)
  /// A delivery that ended is sent anew, with the same id.
  case replay(delivery: Int64, endpoint: Int64, atMs: Int64)
  /// A message to one endpoint, whatever its topics.
  case send(OutboxRow, endpoint: Int64, atMs: Int64)
  /// A message of what is in no log, to those who want it.
  case publish(OutboxRow, room: RoomKey)

  /// Whether it changes what the endpoints are.
  package var concernsEndpoints: Bool {
    switch self {
    case .put, .remove, .disable: true
    case .attempted, .replay, .send, .publish: false
    }
  }
}

/// What became of a change.
package enum HookChanged: Hashable, Sendable {
  /// It is on the disk; with the number of what it made.
  case done(made: Int64?)
  /// There is no such endpoint or delivery, or not in such a state.
  case missing
  /// It is not on the disk.
  case refused
}
