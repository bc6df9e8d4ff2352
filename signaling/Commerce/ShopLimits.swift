// How much a shop holds: every bound with its reason.

/// The bounds of one room's shop; what exceeds them is refused by name.
package enum ShopLimits {
  /// A thousand million of a currency with two decimals: sums of 10,000 of them still fit 64 bits.
  package static let minorMax: Int64 = 100_000_000_000
  /// Listings of a room: what a show can get through.
  package static let listingsMax = 200
  package static let variantsMax = 50
  /// All variants of a room: the snapshot a newcomer gets stays small.
  package static let skusMax = 1000
  /// Units of one SKU in one show.
  package static let unitsMax: Int64 = 1_000_000
  /// Questions for units of one SKU that a merchant has not answered.
  package static let asksMax = 20
  /// How long a merchant that took the question (2xx) has for the answer, and how often it is asked: its
  /// own jobs run every few minutes; a host wants to know before the show is over.
  package static let askAgainMs: Int64 = 300_000
  package static let asksTimesMax: Int64 = 4
  /// Images of a listing; a page shows one and a strip.
  package static let imagesMax = 8
  package static let urlMax = 2048
  package static let skuMax = 64
  package static let referenceMax = 64
  package static let titleMax = 120
  package static let descriptionMax = 2000
  package static let slotsMax: Int64 = 4
  /// Drops that count down or are open: what an audience can follow.
  package static let dropsOpenMax = 4
  /// Drops kept in memory after their end.
  package static let dropsMax = 50
  package static let dropQuantityMax: Int64 = 100_000
  package static let perBuyerMax: Int64 = 10
  package static let countdownSeconds: ClosedRange<Int64> = 10...300
  package static let durationSeconds: ClosedRange<Int64> = 10...3600
  package static let holdSeconds: ClosedRange<Int64> = 30...3600
  package static let holdSecondsDefault: Int64 = 300
  /// Buyers waiting for a unit: as many as a room can hold, nearly.
  package static let waitingMax = 100_000
  /// The opening window when everyone watches over WebRTC, and the most any audience is waited for.
  package static let windowMsMin: Int64 = 300
  package static let windowMsMax: Int64 = 3000
  package static let seedByteCount = 32
  package static let softSeconds: ClosedRange<Int64> = 3...60
  package static let startsAfterSecondsMax: Int64 = 3600
  package static let incrementsMax = 20
  /// How late a lot's end is noticed by a process that runs. Later, and nobody could bid at the end.
  package static let outageMs: Int64 = 5000
  /// How often such a lot is prolonged, by three minutes in all at most: a server that is away at every end
  /// is not mended by more time, and who leads is not kept waiting for ever.
  package static let prolongedMax: Int64 = 3
  /// Bidders of one lot that are remembered, for the next in line.
  package static let biddersMax = 10_000
  /// Lots kept in memory after their end.
  package static let lotsMax = 50
  /// How many bidders are asked when winners don't pay.
  package static let winnersAskedMax = 3
  package static let cartLinesMax = 50
  package static let cartQuantityMax: Int64 = 99
  package static let vouchersMax = 200
  package static let voucherCodeMax = 32
  /// Orders of one room, kept in memory: 100 bytes each.
  package static let ordersMax = 100_000
  package static let reasonMax = 200
  /// An order's sum: 100,000 of them still fit 64 bits.
  package static let orderMinorMax: Int64 = 10_000_000_000_000
  /// The sum of all orders of a room.
  static let revenueMinorMax = Int64(ordersMax) * orderMinorMax
  /// Holds at one time: every unit of the open drops, and the lots.
  package static let holdsMax = 1_000_000
  /// Orders of one buyer that are not paid: each keeps units from others.
  package static let ordersOpenEachMax = 5
  /// Orders of one buyer in one show: what a thousand buyers make fits.
  package static let ordersEachMax = 100
  /// Units of one SKU that one buyer's open orders keep from the shelf.
  package static let unpaidEachMax: Int64 = 10
  /// How many orders in a row may run out unpaid, and how long the next one then waits.
  package static let ordersExpiredMax = 3
  package static let patienceMs: Int64 = 600_000
  /// Ended holds of one buyer that are remembered, so that a late checkout is told why.
  package static let endedHoldsMax = 5
  /// Carts with something in them.
  package static let cartsMax = 100_000
  /// Pins that a room remembers.
  package static let pinsMax = 200
  package static let merchantMax = 64
  /// Gifts of one command, a gift's name, and how long one after the other counts as one go.
  package static let giftCountMax: Int64 = 99
  package static let giftMax = 64
  package static let comboMs: Int64 = 5000
  /// Buyers whose gifts are summed; beyond them the smallest sum is forgotten.
  package static let giversMax = 100_000
  package static let leadersMax = 100
  /// Holds and orders ended in one decision, so that it stays short; the rest follows at once.
  package static let endedAtOnceMax = 500
  /// Numbers that stand for buyers: the room's people.
  package static let buyersMax: UInt32 = 1_000_000
  /// Milliseconds since 1970, and numbers of the log: sums of two never overflow.
  package static let timeMsMax: Int64 = 1_000_000_000_000_000
}
