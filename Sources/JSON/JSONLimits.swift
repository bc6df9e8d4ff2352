// How much JSON we take: every bound of the reader in one place.

/// The bounds of one document; whatever exceeds them is refused by name.
package struct JSONLimits: Hashable, Sendable {
  /// The document's length in bytes.
  package var bytesMax: Int
  /// Arrays and objects inside each other. Also bounds the reader's recursion.
  package var depthMax: Int
  /// Values and keys in the whole document: bounds memory, which is tens of times the text.
  package var elementsMax: Int
  /// Members of one object: lookup is a scan.
  package var membersMax: Int

  package init(bytesMax: Int, depthMax: Int, elementsMax: Int, membersMax: Int) {
    self.bytesMax = bytesMax
    self.depthMax = depthMax
    self.elementsMax = elementsMax
    self.membersMax = membersMax
  }

  /// For requests and room messages: an SDP offer (64 KiB) fits with its escapes, with room to spare.
  package static let standard = JSONLimits(
    bytesMax: 256 * 1024, depthMax: 64, elementsMax: 16_384, membersMax: 256)

  /// A number's length in bytes: the longest double that means something has 25, so this is generous.
  package static let numberBytesMax = 128
}
