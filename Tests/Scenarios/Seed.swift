// What every scenario begins with: a world from a seed that may be given from outside.

import Glibc
import MediaControl
import Simulation
import Testing
import Wire

/// A world and the words that replay it.
struct Scenario {
  let world: World
  /// Said beside every failed expectation.
  let replay: Comment

  /// A scenario; the variable SEED replaces its seed.
  init(
    seed: UInt64, workers: Int = 1, misdelivery: Double = 0, test: String = #function
  ) throws {
    let text = unsafe getenv("SEED").flatMap { unsafe String(validatingCString: $0) }
    let chosen = text.flatMap { UInt64($0) } ?? seed
    world = try World(seed: chosen, workers: workers, misdelivery: misdelivery)
    let name = test.prefix { $0 != "(" }
    replay = "replay with: SEED=\(chosen) swift test --filter ScenariosTests.*\(name)"
  }

  /// The span between so many seconds after the beginning.
  func span(_ from: Double, _ to: Double) -> Range<Instant> {
    world.instant(from)..<world.instant(to)
  }

  /// Keyframes the server has asked a publisher for.
  var keyframeRequests: UInt64 { world.statistics.keyframeRequestsSent }
}
