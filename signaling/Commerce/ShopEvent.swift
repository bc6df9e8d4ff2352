// What happened in a room's shop: entries of the room's log.

/// One thing that happened; `Shop.apply` is what it means.
package enum ShopEvent: Hashable, Sendable {
}
