// "Did you mean …?" for names that are nearly right.

/// Finds the name someone probably meant.
package enum NearestName {
  /// Mistakes beyond this make another word, not a misspelt one.
  private static let distanceMax = 2
  /// Characters of a name that is looked at: the work grows with their product.
  private static let lengthMax = 64

  /// `; did you mean "…"?`, or nothing when no name is near.
  package static func hint(_ text: String, among names: [String]) -> String {
    nearest(text, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
  }

  /// The name with the fewest mistakes, at most two and fewer than half of it; the first of equals.
  package static func nearest(_ text: String, among names: [String]) -> String? {
    guard text.utf8.count <= lengthMax else { return nil }
    let distances = names.map { (name: $0, distance: distance(Array(text.utf8), Array($0.utf8))) }
    let best = distances.min { $0.distance < $1.distance }
    return best.flatMap { found in
      found.distance <= min(distanceMax, found.name.utf8.count / 2) ? found.name : nil
    }
  }

  /// Letters added, removed, changed or swapped with their neighbour (optimal string alignment).
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
