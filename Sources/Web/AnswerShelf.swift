// Answers that are there already, where the server's thread finds them without asking the application.

package import HTTP
import Synchronization
package import Wire

/// Whole encoded answers by what was asked for, until their owner takes them away or a moment has passed.
///
/// The application puts there what it has just answered; whoever asks for the same in the same form gets the same
/// bytes. It must call `clear` before it tells anybody what makes an answer old.
package final class AnswerShelf: Sendable {
  /// An answer and who may take it away.
  private struct Entry {
    let target: [UInt8]
    let acceptEncoding: [UInt8]
    let bytes: [UInt8]
    let owner: UInt64
    let until: Instant
  }

  private struct Shelves {
    var entries: [Int: Entry] = [:]
    var owned: [UInt64: [Int]] = [:]
    var byteCount = 0
  }

  private let shelves = Mutex(Shelves())

  /// A part of a second of 8 Mbit/s and every playlist; a segment goes out piece by piece.
  private static let answerBytesMax = 512 * 1024
  /// All answers together: the newest parts of some rooms.
  private static let bytesMax = 32 * 1024 * 1024
  /// How long an answer stands: its Date is no older, and the application hears of each kind of request as often.
  package static let lifetime = TimeSpan.seconds(1)

  /// Nothing is there.
  package init() {}

  /// Puts an answer there that depends on nothing but target and Accept-Encoding; one that can't be is passed over.
  ///
  /// - Parameters:
  ///   - owner: whom to `clear`.
  ///   - date: the time for the answer's `Date`.
  package func put(
    _ request: HTTPRequest, _ response: HTTPResponse, owner: UInt64, at now: Instant, date: WallTime
  ) {
    guard request.method == .get, response.status == 200,
      response.bodyByteCount <= AnswerShelf.answerBytesMax,
      request.headers.values("accept-encoding").count <= 1,
      !request.headers.fields.contains(where: { AnswerShelf.decides($0.name) })
    else { return }
    let target = Array(request.target.encoded.utf8)
    let coding = Array((request.headers["accept-encoding"] ?? "").utf8)
    // Browsers say less; others would fill it with one answer many times.
    guard coding.count <= AnswerShelf.codingBytesMax, hasRoom(for: response) else { return }
    var bytes: [UInt8] = []
    response.write(into: &bytes, date: date)
    let key = AnswerShelf.key(target.span, coding.span)
    let entry = Entry(
      target: target, acceptEncoding: coding, bytes: bytes, owner: owner,
      until: now + AnswerShelf.lifetime)
    shelves.withLock { shelves in
      guard shelves.byteCount + bytes.count <= AnswerShelf.bytesMax,
        shelves.entries[key].map({ $0.owner == owner }) ?? true
      else { return }
      if let old = shelves.entries.updateValue(entry, forKey: key) {
        shelves.byteCount -= old.bytes.count
      } else {
        shelves.owned[owner, default: []].append(key)
      }
      shelves.byteCount += bytes.count
    }
  }

  /// Whether it is worth encoding.
  private func hasRoom(for response: HTTPResponse) -> Bool {
    shelves.withLock { $0.byteCount + response.bodyByteCount <= AnswerShelf.bytesMax }
  }

  /// Of an Accept-Encoding.
  private static let codingBytesMax = 128

  /// Takes away all of an owner's answers: something has changed, or a moment has passed.
  package func clear(_ owner: UInt64) {
    shelves.withLock { shelves in
      for key in shelves.owned.removeValue(forKey: owner) ?? [] {
        shelves.byteCount -= shelves.entries.removeValue(forKey: key)?.bytes.count ?? 0
      }
    }
  }

  /// The encoded answer to the request in `bytes`.
  package func find(
    _ bytes: borrowing Span<UInt8>, _ glance: HTTPGlance, at now: Instant
  ) -> [UInt8]? {
    let target = bytes.extracting(glance.target)
    let coding = bytes.extracting(glance.acceptEncoding)
    let key = AnswerShelf.key(target, coding)
    let found = shelves.withLock { $0.entries[key] }
    guard let found, now < found.until, AnswerShelf.equal(found.target.span, target),
      AnswerShelf.equal(found.acceptEncoding.span, coding)
    else { return nil }
    return found.bytes
  }

  private static func decides(_ name: String) -> Bool {
    HTTPSyntax.equalIgnoringCase(name.prefix(3), "if-")
      || HTTPSyntax.equalIgnoringCase(name, "range")
  }

  /// Keyed anew in each process, so that nobody can choose targets that fall together.
  private static func key(
    _ target: borrowing Span<UInt8>, _ coding: borrowing Span<UInt8>
  ) -> Int {
    var hasher = Hasher()
    unsafe target.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    hasher.combine(target.count)
    unsafe coding.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    return hasher.finalize()
  }

  private static func equal(_ a: borrowing Span<UInt8>, _ b: borrowing Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    for index in 0..<a.count where a[index] != b[index] { return false }
    return true
  }
}
