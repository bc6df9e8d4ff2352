// RTP stream identifiers and their restrictions, RFC 8851.

/// `a=rid`: one RTP stream of a section.
package struct RIDDescription: Hashable, Sendable {
  package enum Direction: String, Hashable, Sendable { case send, recv }

  /// Letters, digits, `-` and `_`.
  package var id: String
  package var direction: Direction
  /// The payload types of `pt=`; empty when all are allowed.
  package var payloadTypes: [UInt8]
  /// The other restrictions in order.
  package var restrictions: [FormatParameters.Parameter]

  package init(
    id: String, direction: Direction, payloadTypes: [UInt8] = [],
    restrictions: [FormatParameters.Parameter] = []
  ) {
    self.id = id
    self.direction = direction
    self.payloadTypes = payloadTypes
    self.restrictions = restrictions
  }

  init?(_ text: Substring) {
    let fields = text.fields(max: 3)
    guard fields.count >= 2, fields[0].isRIDName,
      let direction = Direction(rawValue: String(fields[1]))
    else { return nil }
    self.init(id: String(fields[0]), direction: direction)
    guard fields.count == 3 else { return }
    guard let parameters = FormatParameters.parse(fields[2]) else { return nil }
    for parameter in parameters {
      guard parameter.name == "pt" else {
        restrictions.append(parameter)
        continue
      }
      guard payloadTypes.isEmpty, let value = parameter.value else { return nil }
      for part in value[...].parts(UInt8(ascii: ","), keepEmpty: true) {
        guard let number = PayloadNumber.parse(part) else { return nil }
        payloadTypes.append(number)
      }
    }
  }

  var text: String {
    var parameters = restrictions
    if !payloadTypes.isEmpty {
      let list = payloadTypes.map { String($0) }.joined(separator: ",")
      parameters.insert(FormatParameters.Parameter("pt", list), at: 0)
    }
    let tail = parameters.isEmpty ? "" : " " + FormatParameters.text(of: parameters)
    return "\(id) \(direction.rawValue)\(tail)"
  }
}
