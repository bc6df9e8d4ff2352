// Live sessions in virtual time keep every rule, and every rule notices when it is broken.

import HLS
import HLSConformance
import Testing
import Wire

@Suite("LL-HLS conformance of live sessions, RFC 8216bis")
struct ConformanceTests {
  @Test(
    "a session keeps every rule",
    arguments: [
      SessionScript(seed: 1),
      SessionScript(seed: 2, restart: 9.3...11.9, hasCaptions: true),
      SessionScript(seed: 3, layerLoss: 8.05...14.4, hasCaptions: true),
      SessionScript(seed: 4, resize: 10.77),
      SessionScript(seed: 5, restart: 6...6.4, layerLoss: 15...15.9, resize: 20.2),
      SessionScript(seed: 6, frameRates: [15, 12, 24.5], jitterMilliseconds: 25),
      SessionScript(seed: 7, frameRates: [5, 2, 60]),
      SessionScript(seed: 8, keyframeDelay: nil),
      SessionScript(seed: 9, jitterMilliseconds: 60, keyframeDelay: 0.4),
      SessionScript(seed: 10, restart: 9...9.6, resize: 14.3, isProtected: true, hasCaptions: true),
    ])
  func sessions(script: SessionScript) throws {
    let session = try LiveSession.run(script)
    let violations = ConformanceChecker.check(session.exchanges)
    #expect(violations.isEmpty, "\(violations.count): \(violations.prefix(5))")
    #expect(session.exchanges.count > 500)
  }

  /// A session with everything in it that a fault needs.
  private static let clean = Result {
    try LiveSession.run(
      SessionScript(seed: 5, seconds: 26, restart: 6...6.4, resize: 12.2, hasCaptions: true)
    ).exchanges
  }

  @Test("a planted fault breaks its rule", arguments: ConformanceRule.allCases)
  func faults(rule: ConformanceRule) throws {
    let clean = try ConformanceTests.clean.get()
    let violations = ConformanceChecker.check(PlantedFault.plant(rule, in: clean))
    #expect(violations.contains { $0.rule == rule }, "\(violations.prefix(5))")
  }

  @Test("the session in which faults are planted has none")
  func clean() throws {
    #expect(ConformanceChecker.check(try ConformanceTests.clean.get()).isEmpty)
  }
}
