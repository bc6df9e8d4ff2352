// Listings as a table: the body of an import as spreadsheets write it (RFC 4180).

package import JSON
import Commerce

/// Reads `text/csv`: a header, then a row for each variant; rows of one reference are one listing.
package enum ListingCSV {
  /// The columns; others are ignored.
  private enum Column: String, CaseIterable {
    case reference, title, sku, variant, image, description, currency, units
    case price = "price_minor"

    var isRequired: Bool {
      switch self {
      case .reference, .title, .sku, .price, .currency, .units: true
      case .variant, .image, .description: false
      }
    }
  }

  /// Rows of one import: all variants of a room, and the header.
  private static let rowsMax = ShopLimits.skusMax + 1

  /// The fields of `importListings`.
  ///
  /// - Throws: `bad-message` naming the row, counted from 1 with the header, and what is wrong there.
  package static func fields(_ bytes: [UInt8]) throws(MessageRefusal) -> JSONObject {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw MessageRefusal(.badMessage, "the table is not UTF-8")
    }
    var rows = try rows(text)
    guard !rows.isEmpty else { throw MessageRefusal(.badMessage, "row 1: expected a header") }
    let columns = try columns(rows.removeFirst())
    var order: [String] = []
    var listings: [String: (head: JSONObject, variants: [JSONValue])] = [:]
    for (index, row) in rows.enumerated() where row != [""] {
      let number = index + 2
      var cells: [Column: String] = [:]
      for (column, cell) in zip(columns, row) {
        if let column, !cell.isEmpty { cells[column] = cell }
      }
      let (head, variant) = try read(cells, row: number)
      let reference = cells[.reference] ?? ""
      if listings[reference] == nil {
        order.append(reference)
        listings[reference] = (head, [])
      }
      listings[reference]?.variants.append(variant)
    }
    let values = order.compactMap { listings[$0] }.map { listing -> JSONValue in
      var object = listing.head
      object["variants"] = .array(listing.variants)
      return .object(object)
    }
    return ["listings": .array(values)]
  }

  private static func columns(_ header: [String]) throws(MessageRefusal) -> [Column?] {
    let columns = header.map { cell in
      Column(rawValue: cell.lowercased().replacing(" ", with: "").replacing("\u{FEFF}", with: ""))
    }
    for column in Column.allCases {
      let count = columns.count { $0 == column }
      guard count <= 1, count == 1 || !column.isRequired else {
        throw MessageRefusal(.badMessage, "row 1: expected one column \(column.rawValue)")
      }
    }
    return columns
  }

  /// One row as a listing without variants, and its variant; each checked as the command's fields are.
  private static func read(
    _ cells: [Column: String], row: Int
  ) throws(MessageRefusal) -> (head: JSONObject, variant: JSONValue) {
    func text(_ column: Column) -> JSONValue { cells[column].map { .string($0) } ?? .null }
    func number(_ column: Column) -> JSONValue {
      cells[column].map { cell in Int64(cell).map { .integer($0) } ?? .string(cell) } ?? .null
    }
    let variant: JSONObject = [
      "sku": text(.sku), "title": text(.variant), "priceMinor": number(.price),
      "units": number(.units),
    ]
    var head: JSONObject = [
      "reference": text(.reference), "title": text(.title), "currency": text(.currency),
      "description": text(.description),
    ]
    if let image = cells[.image] { head["images"] = [.string(image)] }
    var whole = head
    whole["variants"] = [.object(variant)]
    do throws(MessageRefusal) {
      _ = try CommandValues(JSONFields(whole), CommandCatalogue.listingOfImport)
    } catch {
      throw MessageRefusal(.badMessage, "row \(row): \(error.text)")
    }
    return (head, .object(variant))
  }

  /// The cells of each line. Quoted ones may hold commas, line ends and doubled quotes.
  private static func rows(_ text: String) throws(MessageRefusal) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var cell = String.UnicodeScalarView()
    var (isQuoted, wasQuoted) = (false, false)
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    func end() throws(MessageRefusal) {
      guard rows.count <= rowsMax else {
        throw MessageRefusal(.badMessage, "row \(rowsMax + 1): expected at most \(rowsMax) rows")
      }
      rows.append(row + [String(cell)])
      (row, cell, wasQuoted) = ([], String.UnicodeScalarView(), false)
    }
    while let scalar = next {
      next = scalars.next()
      switch scalar {
      case "\"" where isQuoted && next == "\"":
        cell.append("\"")
        next = scalars.next()
      case "\"" where isQuoted: (isQuoted, wasQuoted) = (false, true)
      case _ where isQuoted: cell.append(scalar)
      case "\"" where cell.isEmpty && !wasQuoted: isQuoted = true
      case ",":
        row.append(String(cell))
        (cell, wasQuoted) = (String.UnicodeScalarView(), false)
      case "\r" where next == "\n": break
      case "\n", "\r": try end()
      case _ where wasQuoted:
        throw MessageRefusal(.badMessage, "row \(rows.count + 1): something follows a quoted cell")
      default: cell.append(scalar)
      }
    }
    guard !isQuoted else {
      throw MessageRefusal(.badMessage, "row \(rows.count + 1): a quoted cell does not end")
    }
    if !row.isEmpty || !cell.isEmpty || wasQuoted { try end() }
    return rows
  }
}
