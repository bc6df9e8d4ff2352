// Why a document was refused, and where.

/// A fault in a JSON text.
package struct JSONError: Error, Hashable, Sendable {
  /// What is wrong.
  package enum Fault: String, Hashable, Sendable, CaseIterable {
    case tooLarge = "the document is too large"
    case tooDeep = "arrays and objects are nested too deeply"
    case tooManyElements = "the document has too many values"
    case tooManyMembers = "an object has too many members"
    case unexpectedEnd = "the document ends too early"
    case unexpectedByte = "this byte is not allowed here"
    case trailingBytes = "something follows the document"
    case controlCharacter = "a string contains a control character that is not escaped"
    case badEscape = "this escape does not exist"
    case loneSurrogate = "half of a surrogate pair stands alone"
    case invalidUTF8 = "the string is not UTF-8"
    case duplicateKey = "the object has this key already"
    case badNumber = "this is not a number"
    case numberTooLong = "the number has too many digits"
    case integerOutOfRange = "the integer does not fit in 64 bits"
    case numberOutOfRange = "the number is too large for a double"
  }

  package let fault: Fault
  /// The index of the offending byte; for strings, keys and numbers the index of their first.
  package let offset: Int

  package init(_ fault: Fault, at offset: Int) {
    self.fault = fault
    self.offset = offset
  }

  /// A sentence for the client: nothing of the document is quoted.
  package var text: String { "\(fault.rawValue) (byte \(offset))" }
}
