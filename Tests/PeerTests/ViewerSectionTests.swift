// What a section does with what its viewer says of its path.

import Forwarding
import MediaControl
import RTP
import Testing
import Wire

@testable import Peer

@Suite("A viewer's section follows what its path carries")
struct ViewerSectionTests {
  private func section() -> ViewerSection {
    ViewerSection(
      SendSection(
        index: 0, mid: "0", kind: .video, ssrc: 1, rtxSSRC: nil, formats: [], feedback: []),
      ids: ExtensionMap(), seed: 1, at: .zero)
  }

  /// Lets the guard look every 250 ms; `say` is called before each look.
  private func watch(
    _ section: inout ViewerSection, from: Int64 = 0, seconds: Int64,
    _ say: (inout ViewerSection, Instant) -> Void = { _, _ in }
  ) {
    for step in (from * 4)..<((from + seconds) * 4) {
      let now = Instant.zero + .milliseconds(step * 250)
      say(&section, now)
      section.advanceGuard(layerRate: .kilobits(1000), transportLoss: 0, at: now)
    }
  }

  @Test(
    "an estimate below the layer's rate steps down every 2 s, to the base temporal layer at last")
  func estimate() {
    var section = section()
    watch(&section, seconds: 3) { $0.observeEstimate(.kilobits(300), at: $1) }
    #expect(section.cap == .h)
    watch(&section, from: 3, seconds: 7) { $0.observeEstimate(.kilobits(300), at: $1) }
    #expect(section.cap == .q)
    #expect(section.stream.temporalMax == 0)
  }

  @Test("an estimate the viewer does not repeat counts no more after 3 s, and the layer comes back")
  func staleEstimate() {
    var section = section()
    section.observeEstimate(.kilobits(300), at: .zero)
    watch(&section, seconds: 6)
    #expect(section.cap == .h)
    watch(&section, from: 6, seconds: 9)
    #expect(section.cap == .f)
  }

  @Test("reported loss over 10 % for 2 s steps down")
  func loss() {
    var section = section()
    watch(&section, seconds: 3) { $0.observeLoss(0.2, at: $1) }
    #expect(section.cap == .h)
  }
}
