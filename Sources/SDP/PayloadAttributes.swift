// The attributes of payload types: rtpmap, fmtp (RFC 8866 section 6) and rtcp-fb (RFC 4585 section 4.2).

/// `a=rtpmap`: what a payload type means.
package struct RTPMap: Hashable, Sendable {
  /// 0...127.
  package var payloadType: UInt8
  /// The encoding name; case does not matter to its meaning.
  package var name: String
  package var clockRate: UInt32
  /// Audio channels; nil where the line does not say.
  package var channels: UInt8?

  package init(payloadType: UInt8, name: String, clockRate: UInt32, channels: UInt8? = nil) {
    self.payloadType = payloadType
    self.name = name
    self.clockRate = clockRate
    self.channels = channels
  }

  init?(_ text: Substring) {
    let fields = text.fields()
    guard fields.count == 2, let payloadType = PayloadNumber.parse(fields[0]) else { return nil }
    let parts = fields[1].parts(UInt8(ascii: "/"), keepEmpty: true)
    guard (2...3).contains(parts.count), parts[0].isToken,
      let clockRate = parts[1].decimal(UInt32.self)
    else { return nil }
    self.init(payloadType: payloadType, name: String(parts[0]), clockRate: clockRate)
    if parts.count == 3 {
      guard let channels = parts[2].decimal(UInt8.self) else { return nil }
      self.channels = channels
    }
  }

  var text: String {
    "\(payloadType) \(name)/\(clockRate)" + (channels.map { "/\($0)" } ?? "")
  }
}

/// `a=fmtp`: a payload type's parameters in order.
package struct FormatParameters: Hashable, Sendable {
  /// One `name=value`, or a bare value such as `0-15` or `111/111`.
  package struct Parameter: Hashable, Sendable {
    package var name: String
    package var value: String?
    package init(_ name: String, _ value: String? = nil) {
      self.name = name
      self.value = value
    }
  }

  /// 0...127.
  package var payloadType: UInt8
  package var parameters: [Parameter]

  package init(payloadType: UInt8, _ parameters: [Parameter]) {
    self.payloadType = payloadType
    self.parameters = parameters
  }

  /// The value of the first parameter of this name; names are compared without case.
  package subscript(name: String) -> String? {
    parameters.first { $0.name.lowercased() == name }?.value
  }

  init?(_ text: Substring) {
    let (head, tail) = text.cut(UInt8(ascii: " "))
    guard let payloadType = PayloadNumber.parse(head), let tail,
      let parameters = Self.parse(tail), !parameters.isEmpty
    else { return nil }
    self.init(payloadType: payloadType, parameters)
  }

  /// Parameters between semicolons, with or without spaces around them.
  static func parse(_ text: Substring) -> [Parameter]? {
    var parameters: [Parameter] = []
    for part in text.parts(UInt8(ascii: ";")) {
      let part = part.trimmed
      if part.isEmpty { continue }
      let (name, value) = part.cut(UInt8(ascii: "="))
      guard !name.trimmed.isEmpty else { return nil }
      parameters.append(Parameter(String(name.trimmed), value.map { String($0.trimmed) }))
    }
    return parameters
  }

  static func text(of parameters: [Parameter]) -> String {
    parameters.map { parameter in parameter.name + (parameter.value.map { "=" + $0 } ?? "") }
      .joined(separator: ";")
  }

  var text: String { "\(payloadType) " + Self.text(of: parameters) }
}

/// `a=rtcp-fb`: one kind of feedback for one payload type.
package struct RTCPFeedback: Hashable, Sendable {
  /// Nil for `*`: every payload type of the section.
  package var payloadType: UInt8?
  /// `nack`, `nack pli`, `ccm fir`, `goog-remb`, `transport-cc`…
  package var kind: String

  package init(payloadType: UInt8?, kind: String) {
    self.payloadType = payloadType
    self.kind = kind
  }

  init?(_ text: Substring) {
    let fields = text.fields()
    guard fields.count >= 2, fields[1].isToken else { return nil }
    if fields[0] == "*" {
      payloadType = nil
    } else {
      guard let number = PayloadNumber.parse(fields[0]) else { return nil }
      payloadType = number
    }
    kind = fields[1...].joined(separator: " ")
  }

  var text: String { (payloadType.map { String($0) } ?? "*") + " " + kind }
}

/// The range of payload type numbers.
enum PayloadNumber {
  static func parse(_ text: Substring) -> UInt8? {
    guard let number = text.decimal(UInt8.self), number < 128 else { return nil }
    return number
  }
}
