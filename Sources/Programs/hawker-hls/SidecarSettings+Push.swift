// --push: a store, and who we are to it, which is never said on the command line.

import ClientTLS
import Glibc
import HLSPushing
import ObjectStore

extension SidecarSettings {
  /// Where shows are pushed to, if they are to be.
  ///
  /// - Parameter isEncrypting: whether segments are encrypted as a whole: their keys are behind the token of those
  ///   who watch here, and a store knows nobody.
  static func push(
    _ values: [String: [String]], authorities: String?, isEncrypting: Bool
  ) throws(Fault) -> PushTarget? {
    let file = values["--push-credentials"]?.last
    guard let text = values["--push"]?.last else {
      if file == nil { return nil }
      throw Fault(text: "--push-credentials is of --push", status: 2)
    }
    guard let address = StoreAddress(text) else {
      throw Fault(
        text: "--push: not s3://BUCKET/PREFIX?endpoint=http(s)://HOST:PORT&region=NAME: \(text)",
        status: 2)
    }
    guard !isEncrypting else {
      throw Fault(
        text: "push-encrypted: either --push or --encrypt; a store would need the keys, too",
        status: 2)
    }
    if let file {
      guard readCredentials(file) != nil else {
        throw Fault(
          text: "--push-credentials: \(file) needs aws_access_key_id = … and"
            + " aws_secret_access_key = …, and may be its owner's alone (chmod 600)", status: 2)
      }
      return PushTarget(address, authorities: authorities) { readCredentials(file) }
    }
    let fixed = StoreCredentials(
      accessKey: variable("AWS_ACCESS_KEY_ID") ?? "",
      secret: variable("AWS_SECRET_ACCESS_KEY") ?? "", sessionToken: variable("AWS_SESSION_TOKEN"))
    guard let fixed else {
      throw Fault(
        text:
          "--push needs --push-credentials FILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        status: 2)
    }
    return PushTarget(address, authorities: authorities) { fixed }
  }

  /// Nil for a file that can't be read, that others may read, or that has none.
  private static func readCredentials(_ path: String) -> StoreCredentials? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0, status.st_mode & 0o077 == 0 else { return nil }
    // One byte more than the longest file shows one that is longer.
    var text = [UInt8](repeating: 0, count: StoreCredentials.fileBytesMax + 1)
    let count = unsafe text.withUnsafeMutableBytes { bytes in
      unsafe read(file, bytes.baseAddress, bytes.count)
    }
    guard (1...StoreCredentials.fileBytesMax).contains(count) else { return nil }
    return StoreCredentials(file: String(decoding: text.prefix(count), as: UTF8.self))
  }

  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}
