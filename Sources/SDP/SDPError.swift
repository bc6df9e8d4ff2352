// Why a session description was refused, and on which line.

/// A fault in a session description or trickle fragment.
package struct SDPError: Error, Hashable, Sendable {
  /// What is wrong. Names are ours: nothing of the text is quoted, it may hold credentials.
  package enum Fault: Error, Hashable, Sendable {
    case tooLarge
    case tooManyLines
    case lineTooLong
    case tooManySections
    case notUTF8
    /// A control character inside a line.
    case controlCharacter
    /// The line is not `<letter>=<value>`.
    case notALine
    /// A line of a kind that cannot stand here.
    case unexpectedLine
    /// A kind of line that must be there: "o=".
    case missing(String)
    /// A line or attribute whose value breaks its grammar: "o=", "a=mid".
    case malformed(String)
    /// A line or attribute that may appear once.
    case duplicate(String)
  }

  package let fault: Fault
  /// Counted from 1.
  package let line: Int

  package init(_ fault: Fault, line: Int) {
    self.fault = fault
    self.line = line
  }

  /// A sentence for the client.
  package var text: String {
    switch fault {
    case .tooLarge: "the description is longer than \(SDPLimits.bytesMax) bytes"
    case .tooManyLines: "the description has more than \(SDPLimits.linesMax) lines"
    case .lineTooLong: "line \(line) is longer than \(SDPLimits.lineBytesMax) bytes"
    case .tooManySections: "line \(line): more than \(SDPLimits.sectionsMax) media sections"
    case .notUTF8: "line \(line) is not UTF-8"
    case .controlCharacter: "line \(line) contains a control character"
    case .notALine: "line \(line) is not of the form letter=value"
    case .unexpectedLine: "line \(line): this kind of line cannot stand here"
    case .missing(let name): "line \(line): \(name) is missing"
    case .malformed(let name): "line \(line): \(name) is malformed"
    case .duplicate(let name): "line \(line): \(name) appears twice"
    }
  }
}
