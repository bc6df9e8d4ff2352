// What is to be done in a store so that a show can be watched from there: objects and their keys.

/// One thing to do. Those that are handed out together may be done in any order.
package enum PushOrder: Hashable, Sendable {
  /// An object that appears whole, in the place of an older one if there is one.
  case put(PushObject)
  /// No playlist names it any more. One that is not there is no fault.
  case delete(key: String)

  /// The object's name below all rooms: `room/rendition/file`.
  package var key: String {
    switch self {
    case .put(let object): object.key
    case .delete(let key): key
    }
  }
}

/// An object on its way to a store.
package struct PushObject: Hashable, Sendable {
  package let key: String
  /// One after the other; shared with the presentation, not copied.
  package let chunks: [[UInt8]]
  package let mediaType: String
  package let lifetime: CacheLifetime

  /// The length of the object.
  package var byteCount: Int { chunks.reduce(0) { $0 + $1.count } }
}

/// How an order went.
package enum PushOutcome: Hashable, Sendable {
  case done
  /// The store will not take this object, whatever else it takes.
  case refused
  /// Nobody knows whether it was done; another time it may go well.
  case failed
}
