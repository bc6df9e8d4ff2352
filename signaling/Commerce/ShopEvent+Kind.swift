// The names of a shop's events, in the log and on the wire.

extension ShopEvent {
  /// The kind as the log and the wire name it.
  package var kind: String {
    switch self {
    case .shopSet: "shopSet"
    case .listingPut: "listingPut"
    case .listingRemoved: "listingRemoved"
    case .listingsOrdered: "listingsOrdered"
    case .variantSet: "variantSet"
    case .listingPinned: "listingPinned"
    case .voucherPut: "voucherPut"
    case .voucherRemoved: "voucherRemoved"
    case .dropScheduled: "dropScheduled"
    case .dropStarted: "dropStarted"
    case .dropOpened: "dropOpened"
    case .claimed: "claimed"
    case .dropLeft: "dropLeft"
    case .dropDecided: "dropDecided"
    case .holdMade: "holdMade"
    case .holdPriced: "holdPriced"
    case .holdEnded: "holdEnded"
    case .dropEnded: "dropEnded"
    case .dropSettled: "dropSettled"
    case .dropRestocked: "dropRestocked"
    case .merchantAwaited: "merchantAwaited"
    case .lotOpened: "lotOpened"
    case .lotStarted: "lotStarted"
    case .bidPlaced: "bidPlaced"
    case .lotProlonged: "lotProlonged"
    case .lotClosing: "lotClosing"
    case .lotAwarded: "lotAwarded"
    case .lotClosed: "lotClosed"
    case .cartSet: "cartSet"
    case .voucherApplied: "voucherApplied"
    case .orderMade: "orderMade"
    case .orderPriced: "orderPriced"
    case .paymentOffered: "paymentOffered"
    case .orderMoved: "orderMoved"
    case .reportRefused: "reportRefused"
    case .gifted: "gifted"
    case .unitsAsked: "unitsAsked"
    case .unitsGranted: "unitsGranted"
    case .unitsAskedAgain: "unitsAskedAgain"
    case .unitsUnanswered: "unitsUnanswered"
    case .unitsReturned: "unitsReturned"
    case .shopOver: "shopOver"
    }
  }

  /// The highest buyer the event itself names, 0 for none; the actor comes beside it.
  package var highestBuyer: BuyerID {
    switch self {
    case .holdMade(let event): event.buyer
    case .holdPriced(_, let buyer, _), .holdEnded(_, let buyer, _), .lotAwarded(_, let buyer, _, _):
      buyer
    case .bidPlaced(let event): event.outbid ?? .server
    case .gifted(let event): event.posting.buyer
    case .shopSet, .listingPut, .listingRemoved, .listingsOrdered, .variantSet, .listingPinned,
      .voucherPut, .voucherRemoved, .dropScheduled, .dropStarted, .dropOpened, .claimed, .dropLeft,
      .dropDecided, .dropEnded, .dropSettled, .dropRestocked, .merchantAwaited, .lotOpened,
      .lotStarted,
      .lotProlonged, .lotClosing, .lotClosed, .cartSet, .voucherApplied, .orderMade, .orderPriced,
      .paymentOffered, .orderMoved, .reportRefused, .unitsAsked, .unitsGranted, .unitsAskedAgain,
      .unitsUnanswered, .unitsReturned, .shopOver:
      .server
    }
  }
}
