// --pathways: the file that says which CDN players shall use, read again when it changes.

import Glibc
import HLS
import Telemetry
import Wire

/// The newest steering that could be read.
final class SteeringFile {
  private(set) var current: Steering
  private let path: String
  private var checkedAt = Instant.zero
  private var seen: timespec

  /// How often the file is looked at.
  private static let interval = TimeSpan.seconds(2)

  /// Throws the reason why there is none, for the one who starts the process.
  init(_ path: String) throws(SidecarSettings.Fault) {
    self.path = path
    guard let changed = SteeringFile.changed(path), let text = SteeringFile.text(path) else {
      throw SidecarSettings.Fault(text: "--pathways: can't read \(path)", status: 2)
    }
    seen = changed
    do {
      current = try Steering(parsing: text)
    } catch {
      throw SidecarSettings.Fault(text: SteeringFile.text(error, path), status: 2)
    }
  }

  /// Reads it if it has changed. A file that can't be meant changes nothing, and is named once.
  func look(at now: Instant) {
    guard now - checkedAt >= SteeringFile.interval else { return }
    checkedAt = now
    guard let changed = SteeringFile.changed(path),
      changed.tv_sec != seen.tv_sec || changed.tv_nsec != seen.tv_nsec
    else { return }
    seen = changed
    guard let text = SteeringFile.text(path) else {
      return SidecarLog.write(.warning, "--pathways: can't read \(path)")
    }
    do {
      current = try Steering(parsing: text)
      SidecarLog.write(.info, "players are steered anew")
    } catch {
      SidecarLog.write(.warning, SteeringFile.text(error, path))
    }
  }

  private static func text(_ fault: Steering.Fault, _ path: String) -> String {
    fault.line == 0
      ? "--pathways: \(path) names no CDN"
      : "--pathways: line \(fault.line) of \(path) is not ID HOST"
  }

  private static func changed(_ path: String) -> timespec? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mtim : nil
  }

  private static func text(_ path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: Steering.fileBytesMax + 1)
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
      unsafe read(file, buffer.baseAddress, buffer.count)
    }
    guard (0...Steering.fileBytesMax).contains(count) else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
