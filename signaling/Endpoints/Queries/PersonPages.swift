// The export of one person, read in pieces so that other reads go between.

import Store

/// A page of one person's export that is being read.
struct PersonPages: Sendable {
  private var export: PersonExport
  private var lines: [UInt8] = []
  private var pieceCount = 0

  /// Bytes of a page, at least: what a slow client takes in a second.
  static let bytesWanted = 512 * 1024
  /// Pieces of a page: each looks through 20,000 rows, some ten milliseconds.
  static let piecesMax = 50
  /// Characters of a cursor: two numbers and a letter.
  static let cursorMax = 48

  init(identity: String, from cursor: PersonCursor?) {
    export = PersonExport(identity: identity, from: cursor)
  }

  /// Reads one piece.
  ///
  /// - Returns: the page, when that was its last.
  mutating func next(_ reader: RoomReader) throws(StoreError) -> HouseReadResult? {
    guard let piece = try export.next(reader) else { return HouseReadResult(body: lines) }
    lines += piece
    pieceCount += 1
    guard lines.count >= PersonPages.bytesWanted || pieceCount >= PersonPages.piecesMax else {
      return nil
    }
    return HouseReadResult(body: lines, next: export.cursor?.text)
  }
}
