// --protect: a content key out of a file that is its owner's alone, and the licence systems that know it.

import Glibc
import HLS

extension SidecarSettings {
  /// What samples are encrypted with, if they are to be.
  ///
  /// - Parameter isEncrypting: whether segments are encrypted as a whole already.
  static func protection(
    _ values: [String: [String]], isEncrypting: Bool
  ) throws(Fault) -> ContentProtection? {
    let path = values["--content-key"]?.last
    let licences = values["--licences"]?.last
    guard let scheme = values["--protect"]?.last else {
      if path == nil, licences == nil { return nil }
      throw Fault(text: "--content-key and --licences are of --protect cbcs", status: 2)
    }
    guard scheme == "cbcs" else { throw Fault(text: "--protect: cbcs, not \(scheme)", status: 2) }
    guard !isEncrypting else { throw Fault(text: "either --protect or --encrypt", status: 2) }
    guard let path else { throw Fault(text: "--protect needs --content-key FILE", status: 2) }
    let key = try text(of: path, flag: "--content-key", isSecret: true)
    var systems: String?
    if let licences { systems = try text(of: licences, flag: "--licences", isSecret: false) }
    do {
      return try ContentProtection(contentKey: key, licences: systems)
    } catch {
      throw Fault(text: SidecarSettings.text(error, path, licences ?? ""), status: 2)
    }
  }

  private static func text(
    _ fault: ContentProtection.Fault, _ path: String, _ licences: String
  ) -> String {
    switch fault {
    case .contentKey:
      "--content-key: \(path) needs KID KEY or KID KEY IV, of 32 hexadecimal digits each"
    case .licence(let line):
      "--licences: line \(line) of \(licences) is not SYSTEM-ID PSSH KEYFORMAT URI"
    case .licenceCount:
      "--licences: \(licences) needs 1 to \(HLSLimits.licenceSystemsMax) lines, one with a KEYFORMAT"
    }
  }

  private static func text(of path: String, flag: String, isSecret: Bool) throws(Fault) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Fault(text: "\(flag): can't read \(path)", status: 2) }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, !isSecret || status.st_mode & 0o077 == 0 else {
      throw Fault(
        text: "\(flag): others than its owner may use \(path); chmod 600 \(path)", status: 2)
    }
    // One byte more than the longest file shows one that is longer.
    var text = [UInt8](repeating: 0, count: protectionFileBytesMax + 1)
    let count = unsafe text.withUnsafeMutableBytes { bytes in
      unsafe read(file, bytes.baseAddress, bytes.count)
    }
    guard (0...protectionFileBytesMax).contains(count) else {
      throw Fault(text: "\(flag): can't read \(path), or it is too long", status: 2)
    }
    return String(decoding: text.prefix(count), as: UTF8.self)
  }

  /// As many `pssh` boxes as there may be, in base64.
  private static let protectionFileBytesMax =
    HLSLimits.licenceSystemsMax * HLSLimits.systemHeaderBytesMax * 3 / 2
}
