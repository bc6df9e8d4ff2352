// The attributes a request carried that nobody here understands, to be named in a 420.

/// A short list of attribute types, without allocation.
package struct STUNUnknownAttributes: Hashable, Sendable {
  /// Enough to tell an honest sender what is wrong; a hostile one learns nothing from more.
  package static let countMax = 8

  private var types = SIMD8<UInt16>()
  /// How many are listed, 0...`countMax`.
  package private(set) var count = 0
  package init() {}

  package var isEmpty: Bool { count == 0 }

  /// Lists one more, unless the list is full.
  package mutating func append(_ type: UInt16) {
    guard count < STUNUnknownAttributes.countMax else { return }
    types[count] = type
    count += 1
  }

  /// The type at `index`, 0..<`count`.
  package subscript(index: Int) -> UInt16 { types[index] }
}
