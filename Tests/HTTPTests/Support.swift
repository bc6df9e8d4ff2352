// Shorthand for the tests of this target.

import HTTP
import Wire

extension String {
  var bytes: [UInt8] { Array(utf8) }
}

/// Feeds `bytes` in pieces of `step` and collects requests and the first refusal.
func parse(
  _ bytes: [UInt8], step: Int = .max, limits: HTTPLimits = HTTPLimits()
) -> [HTTPRequestParser.Output] {
  var parser = HTTPRequestParser(limits: limits)
  var outputs: [HTTPRequestParser.Output] = []
  var offset = 0
  while offset < bytes.count {
    let end = step < bytes.count - offset ? offset + step : bytes.count
    parser.receive(bytes.span.extracting(offset..<end))
    offset = end
    reading: while true {
      let output = parser.next()
      switch output {
      case .needsMore: break reading
      case .continueExpected, .request: outputs.append(output)
      case .refused:
        outputs.append(output)
        return outputs
      }
    }
  }
  return outputs
}

/// The status of the refusal of `text`; 0 when it was read, nil when it waits for more.
func refusal(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Int? {
  for output in parse(text.bytes, limits: limits) {
    switch output {
    case .refused(let refusal): return refusal.status
    case .request: return 0
    case .needsMore, .continueExpected: continue
    }
  }
  return nil
}

/// The requests in `text`.
func requests(_ text: String, step: Int = .max) -> [HTTPRequest] {
  parse(text.bytes, step: step).compactMap {
    if case .request(let request) = $0 { request } else { nil }
  }
}

/// SplitMix64: the same numbers on every run.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// `bytes` with one to four random edits.
func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
  var result = bytes
  for _ in 0..<Int.random(in: 1...4, using: &random) where !result.isEmpty {
    let index = Int.random(in: 0..<result.count, using: &random)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: result[index] = UInt8.random(in: 0...255, using: &random)
    case 1: result.remove(at: index)
    case 2: result.insert(UInt8.random(in: 0...255, using: &random), at: index)
    default: result.removeLast(result.count - index)
    }
  }
  return result
}
