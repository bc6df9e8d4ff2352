// What shows are called in the names of their files: caches keep those for long, and keys are made of them.

import Crypto

/// Gives each relay a name that none had, in this process or another. A class: all rooms share it.
final class RunNames {
  private var random = RandomSource.system
  /// With the number of a show 16 characters at most, as `ResourceNames` has it: ten of these.
  private static let mask: UInt64 = (1 << 48) - 1

  /// A name that was never given. A room that is forgotten and begins again counts its shows anew.
  func next() -> String { String(random.next() & RunNames.mask, radix: 36) }
}
