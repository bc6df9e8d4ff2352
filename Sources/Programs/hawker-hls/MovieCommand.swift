// `hawker-hls mp4 DIR/ROOM/SHOW... -o FILE`: one file of a kept show.

import Glibc
import HLS
import HLSKeeping

/// Makes one MP4 of a kept show, or of several of one room in order.
enum MovieCommand {
  static let usage = """
    usage: hawker-hls mp4 DIR/ROOM/SHOW... -o FILE [--rendition NAME]
      DIR/ROOM/SHOW  a show that --keep has kept; with several, what lies between them is a gap
      -o             the file; it appears when it is whole, in the place of one of that name
      --rendition    of the picture: a folder of the show (the largest one)
    """

  /// Runs the command; the process's exit status.
  static func run(_ arguments: ArraySlice<String>) -> Int32 {
    var shows: [String] = []
    var (output, rendition): (String?, String?)
    var rest = arguments
    while let word = rest.popFirst() {
      switch word {
      case "-o": output = rest.popFirst()
      case "--rendition": rendition = rest.popFirst()
      case _ where word.hasPrefix("-"): return fail(usage, 2)
      case _: shows.append(word)
      }
    }
    guard let output, !shows.isEmpty else { return fail(usage, 2) }
    do throws(MovieFault) {
      let movie = try ShowMovie(shows.map { FolderDisk($0) }, rendition: rendition)
      try write(movie, to: output)
      tell(movie)
      return 0
    } catch {
      return fail("mp4: \(error.text)", 1)
    }
  }

  private static func fail(_ text: String, _ status: Int32) -> Int32 {
    SidecarLog.say(text)
    return status
  }

  private static func write(_ movie: ShowMovie<FolderDisk>, to path: String) throws(MovieFault) {
    let file = try DraftFile(path)
    try movie.write { bytes throws(DiskFault) in try file.append(bytes) }
    do throws(DiskFault) { try file.finish() } catch { throw MovieFault(text: "\(path): \(error)") }
  }

  /// What whoever asked for the file should know of it.
  private static func tell(_ movie: ShowMovie<FolderDisk>) {
    let names = movie.renditions.joined(separator: " with ")
    SidecarLog.say("mp4: \(names), \(Int(movie.seconds.rounded())) s")
    if movie.gapSeconds > 0.5 {
      SidecarLog.say(
        "mp4: for \(Int(movie.gapSeconds.rounded())) s of it there is no media: the picture stands")
    }
    let sizes = movie.sizes
    if sizes.count > 1 {
      SidecarLog.say(
        "mp4: the picture's coding changes \(sizes.count - 1) times (\(sizes.joined(separator: ", "))): the file has a "
          + "description of each; players that read only the first one must be given another file")
    }
  }
}

/// A file that appears when it is whole. A class: it is one descriptor and one draft, gone with it.
private final class DraftFile {
  private let path: String
  private let draft: String
  private let descriptor: Int32
  private var isFinished = false

  init(_ path: String) throws(MovieFault) {
    self.path = path
    draft = path + KeptNames.draftSuffix
    descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else {
      throw MovieFault(text: "\(path): \(DiskFault(code: errno))")
    }
  }

  func append(_ bytes: [UInt8]) throws(DiskFault) {
    try FolderDisk.write(descriptor, bytes)
  }

  func finish() throws(DiskFault) {
    guard fsync(descriptor) == 0, unsafe rename(draft, path) == 0 else {
      throw DiskFault(code: errno)
    }
    isFinished = true
  }

  deinit {
    close(descriptor)
    if !isFinished { _ = unsafe unlink(draft) }
  }
}
