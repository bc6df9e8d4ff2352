// One measured run of an engine: things begun, carried on, and when each was done.

import ClientShell
import Glibc
import JSON
import Loop
import Wire

/// As many things as are wanted, so many at once.
struct ShopRun {
  private let count: Int
  private let underWay: Int
  private var beganAt: [Instant] = []
  private var done = 0
  private var waits = LatencyHistogram()
  private var seconds = 0.0
  private var cpuNanoseconds: Int64 = 0
  /// However slow the disk is.
  private static let patience = TimeSpan.seconds(120)

  init(count: Int, underWay: Int) {
    self.count = count
    self.underWay = underWay
    beganAt.reserveCapacity(count)
  }

  /// Begins all, and carries each on with every answer.
  ///
  /// - Parameters:
  ///   - begin: false when the store takes no more now.
  ///   - next: given a thing's number modulo the count and the reply; false when it is done.
  mutating func drive(
    _ engine: ShopEngine, begin: (Int) -> Bool, next: (Int, [UInt8]) throws -> Bool
  ) throws {
    let start = SystemClock.now()
    let cpu = ShopRun.cpu()
    while done < count {
      guard SystemClock.now() - start < ShopRun.patience else {
        throw UsageError(text: "\(done) of \(count) after \(ShopRun.patience.seconds) s")
      }
      while beganAt.count < count, beganAt.count - done < underWay, begin(beganAt.count) {
        beganAt.append(SystemClock.now())
      }
      engine.turn(until: start + ShopRun.patience)
      let now = SystemClock.now()
      for answer in engine.takeAnswers() {
        guard answer.isAccepted else {
          throw UsageError(text: "refused: \(engine.firstRefusal ?? "")")
        }
        let number = answer.number % count
        if try next(number, answer.body) { continue }
        done += 1
        waits.record(now - beganAt[number])
      }
    }
    seconds = (SystemClock.now() - start).seconds
    cpuNanoseconds = ShopRun.cpu() - cpu
  }

  func report(of name: String) -> JSONObject {
    let each = Double(cpuNanoseconds) / Double(count) / 100
    return JSONObject([
      (name, .integer(Int64(count))),
      ("\(name)_per_s", .integer(Int64(Double(count) / seconds))),
      ("cpu_us_each", .double(each.rounded() / 10)),
      ("done_p50_ms", BenchWaits.milliseconds(waits, 0.5)),
      ("done_p99_ms", BenchWaits.milliseconds(waits, 0.99)),
    ])
  }

  private static func cpu() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
