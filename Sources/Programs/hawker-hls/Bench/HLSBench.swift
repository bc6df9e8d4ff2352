// `hawker-hls bench`: what repackaging and serving cost, for scripts/bench.

import Glibc

/// The subjects of `hawker-hls bench`; each prints one line of JSON, but `room`, which serves until SIGTERM.
enum HLSBench {
  static let usage = """
    usage: hawker-hls bench repackage [--sound]         CPU of a 3-layer room, in virtual time
           hawker-hls bench window S                    a part and its playlists in a window of S seconds
           hawker-hls bench room ADDR:PORT              serves a made-up room of three layers
           hawker-hls bench load ADDR:PORT PATH N S     N connections ask for PATH for S seconds
           hawker-hls bench blocked ADDR:PORT N PARTS   N players wait for each of so many parts
    """

  /// Runs a subject; the process's exit status.
  static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
    let rest = Array(arguments.dropFirst())
    switch (arguments.first, rest.count) {
    case ("repackage", _): say(try RepackageBench.run(hasSound: rest == ["--sound"]))
    case ("window", 1): say(try WindowBench.run(rest[0]))
    case ("room", 1): return try BenchRoom.run(at: rest[0])
    case ("load", 4): say(try ServeLoad.run(rest[0], rest[1], rest[2], rest[3]))
    case ("blocked", 3): say(try BlockedLoad.run(rest[0], rest[1], rest[2]))
    case _:
      SidecarLog.say(usage)
      return 2
    }
    return 0
  }

  /// Figures as one line of JSON on stdout.
  private static func say(_ figures: KeyValuePairs<String, Double>) {
    let members = figures.map { "\"\($0.key)\":\(($0.value * 1000).rounded() / 1000)" }
    print("{\(members.joined(separator: ","))}")
  }
}
