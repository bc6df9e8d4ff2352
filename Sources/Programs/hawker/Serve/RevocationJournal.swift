// The file of revoked tokens in the data folder, and the thread that writes it.

import Access
import Config
import Glibc
import Loop
import Synchronization
import Wire

/// Appends changes to the file, one line each, and tells when each is on the disk.
///
/// Read and rewritten at start, so that it grows only while the process runs.
final class RevocationJournal: Sendable {
  /// The name of the file in the data folder.
  static let fileName = "revocations"
  /// The file's largest size: all revocations with long names, and their changes of months.
  static let bytesMax = 256 << 20
  /// Changes that wait for the disk: more than the control plane lets wait.
  private static let capacity = 4096

  private enum Message: Sendable {
    case write(RevocationChange, UInt64)
    case stop
  }

  private struct Parts: Sendable {
    let waker: Waker
    let mailbox: Mailbox<Message>
    let descriptor: Int32
    /// The folder, locked: it is freed when the process ends, however it ends.
    let folder: Int32
    let written: @Sendable (UInt64) -> Void
  }

  private let mailbox: Mailbox<Message>
  private let thread: Mutex<WorkerThread>

  /// Opens the file of `folder`; what it held and still counts at `now` comes with it.
  ///
  /// - Parameter written: called on the journal's thread with the number of a change that is on the
  ///   disk.
  static func open(
    in folder: String, at now: WallTime, written: @escaping @Sendable (UInt64) -> Void
  ) throws -> (RevocationJournal, Revocations) {
    try Files.makeFolder(folder)
    let locked = try lock(folder)
    let path = folder + "/" + fileName
    let text = try Files.textIfPresent(path, bytesMax: bytesMax) ?? ""
    guard var revocations = Revocations.parse(file: text, at: now) else {
      throw ConfigError("\(path) has a line that is no revocation: mend or remove that line")
    }
    revocations.expire(at: now)
    let lines = revocations.lines.map { $0 + "\n" }.joined()
    if lines != text { try Files.replace(fileName, in: folder, lines) }
    let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw ConfigError("cannot write \(path): \(Files.errorText())")
    }
    try Files.syncFolder(folder)
    return (try RevocationJournal(descriptor, folder: locked, written: written), revocations)
  }

  /// Two servers with one folder would each miss the other's revocations, and overwrite them.
  private static func lock(_ folder: String) throws(ConfigError) -> Int32 {
    let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ConfigError("cannot read \(folder): \(Files.errorText())")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw ConfigError("another hawker serves with the data folder \(folder)")
    }
    return descriptor
  }

  private init(
    _ descriptor: Int32, folder: Int32, written: @escaping @Sendable (UInt64) -> Void
  ) throws {
    let waker = try Waker()
    mailbox = Mailbox(capacity: RevocationJournal.capacity, waker: waker)
    let parts = Parts(
      waker: waker, mailbox: mailbox, descriptor: descriptor, folder: folder,
      written: written)
    thread = Mutex(
      try WorkerThread(name: "revocations", config: parts, body: RevocationJournal.run))
  }

  /// Leaves a change to be written; false when too many wait.
  func post(_ change: RevocationChange, _ number: UInt64) -> Bool {
    mailbox.post(.write(change, number))
  }

  /// Ends the thread after the changes so far.
  func stop() {
    _ = mailbox.post(.stop)
    thread.withLock { $0.join() }
  }

  private static func run(_ parts: Parts) {
    guard let loop = try? EventLoop(waker: parts.waker) else {
      fatalError("no event loop for the journal of revocations")
    }
    var messages: [Message] = []
    while true {
      loop.wait(until: .distantFuture)
      parts.mailbox.drain(into: &messages)
      var text = ""
      var numbers: [UInt64] = []
      var isLast = false
      for message in messages {
        switch message {
        case .write(let change, let number):
          text += change.line + "\n"
          numbers.append(number)
        case .stop: isLast = true
        }
      }
      // Whether the disk has it is unknown after an error; going on would be guessing (DESIGN 7.7).
      if !numbers.isEmpty, !Files.append(text, to: parts.descriptor) {
        fatalError("cannot write the revocations: \(Files.errorText())")
      }
      for number in numbers { parts.written(number) }
      if isLast { break }
    }
    close(parts.descriptor)
    close(parts.folder)
  }
}
