// A JSON object: its members in the order they were written.

/// The members of a JSON object, in order, each key once.
package struct JSONObject: Hashable, Sendable {
  /// One key and its value.
  package struct Member: Hashable, Sendable {
    package let key: String
    package var value: JSONValue
    package init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  /// All members in order.
  package private(set) var members: [Member] = []

  /// An object without members.
  package init() {}

  /// An object of the given members; of equal keys the last value stays, at the first one's place.
  package init(_ pairs: [(String, JSONValue)]) {
    for (key, value) in pairs { self[key] = value }
  }

  /// For the reader, which has refused equal keys already.
  init(uniqueMembers: [Member]) { members = uniqueMembers }

  /// The value of `key`. Setting nil removes the member; a new key goes to the end. O(members).
  package subscript(key: String) -> JSONValue? {
    get { members.first { $0.key == key }?.value }
    set {
      let index = members.firstIndex { $0.key == key }
      switch (index, newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  /// The number of members.
  package var count: Int { members.count }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }
}
