// What stands for buyers and things in a room's shop: numbers of the room's log, never names.

/// A buyer in one room: the room's own number for a person; 0 is the server.
package struct BuyerID: Hashable, Comparable, Sendable {
  package let rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The server: timers and merchants' reports act by themselves.
  package static let server = BuyerID(0)

  package static func < (a: BuyerID, b: BuyerID) -> Bool { a.rawValue < b.rawValue }
}

/// A listing, drop, lot, claim, hold, order or pin: the sequence number of the event that made it.
package typealias ShopID = Int64

/// A seller's name for one kind of unit, `[A-Za-z0-9._-]{1,64}`; unique in a room.
package typealias SKU = String

/// Money in the smallest unit of the room's currency, 0…`ShopLimits.minorMax`.
package typealias Minor = Int64
