// Judges what was measured: one finding per check, each with what to do.

package import Config
import Wire

/// The checks of `hawker doctor`, on facts alone.
package struct Diagnosis: Sendable {
  let facts: MachineFacts
  let configuration: ServerConfiguration

  /// Checks `facts` for a server that runs with `configuration`.
  package init(_ facts: MachineFacts, for configuration: ServerConfiguration) {
    self.facts = facts
    self.configuration = configuration
  }

  /// All findings, always of the same checks in the same order.
  package var report: DoctorReport {
    DoctorReport([
      source, httpPort, mediaPort, delivery, mediaAddress, secureContext, hls, certificate,
      dataFolder,
      keysFile, hooks, pages, workers, openFiles, socketBuffers, clock, entropy,
    ])
  }

  private var source: Finding {
    let name = "configuration"
    let origin = facts.sources.file.map { "read from \($0)" } ?? "no file; flags and variables only"
    if facts.sources.hasSecretFlag {
      return .warn(
        name, "the API secret is on the command line, where every user of the machine sees it",
        "give it in a file or as HAWKER_API_SECRET")
    }
    if facts.sources.isFileExposed {
      return .warn(
        name, "\(origin), which holds a secret and is readable by everyone", "chmod o-rwx it")
    }
    return .ok(name, origin)
  }

  /// What merchants are told of and asked is easily one word short, and nobody misses what never comes.
  private var hooks: Finding {
    let told = configuration.hooks.map { hook in
      "\(hook.merchant): \(hook.topics?.joined(separator: " ") ?? "* or as chosen over REST")"
    }
    return .ok("hooks", told.isEmpty ? "none in the configuration" : told.joined(separator: "; "))
  }

  private var pages: Finding {
    guard let folder = facts.pages else {
      let looked = configuration.web.map { "\($0) has no watch/index.html" }
      return .fail("pages", looked ?? "not found beside the binary", "set --web to their folder")
    }
    return .ok("pages", folder)
  }

  private var workers: Finding {
    let workers = configuration.workers ?? facts.cores
    guard workers <= facts.cores else {
      return .warn(
        "workers", "\(workers) on \(facts.cores) cores: they take turns, which delays packets",
        "leave --workers out")
    }
    return .ok("workers", "\(workers) on \(facts.cores) cores")
  }

  private var openFiles: Finding {
    let count = facts.descriptorsMax
    let shown = count > 1 << 40 ? "unlimited" : String(count)
    guard count >= DoctorLimits.descriptorsWanted else {
      return .warn(
        "open files", "\(shown) allowed: each viewer takes one",
        "raise it to \(DoctorLimits.descriptorsWanted) (LimitNOFILE= in systemd, ulimit -n in a shell)"
      )
    }
    return .ok("open files", "\(shown) allowed")
  }

  private var socketBuffers: Finding {
    let name = "socket buffers"
    guard let receive = facts.receiveBufferMax, let send = facts.sendBufferMax else {
      return .warn(
        name, "the limits can't be read", "see to net.core.rmem_max and wmem_max yourself")
    }
    let wanted = DoctorLimits.bufferBytesWanted
    guard min(receive, send) >= wanted else {
      return .warn(
        name, "at most \(receive) bytes in and \(send) out: bursts of many viewers get lost",
        "sysctl -w net.core.rmem_max=\(wanted) net.core.wmem_max=\(wanted), and keep it in /etc/sysctl.d"
      )
    }
    return .ok(name, "up to \(receive) bytes in and \(send) out")
  }

  private var clock: Finding {
    if facts.wall < DoctorLimits.earliestTime {
      return .fail(
        "clock", "the date is before this program was written: tokens and certificates fail",
        "set the clock")
    }
    if !(0.9...1.1).contains(facts.clockRate) {
      return .warn(
        "clock", "the wall clock was moving against the monotonic one",
        "let an NTP client slew it, not step it")
    }
    return facts.isClockSynchronised
      ? .ok("clock", "right, and kept right")
      : .warn(
        "clock", "not synchronised as far as the kernel knows: delays shown to hosts may be off",
        "run an NTP client (apt-get install systemd-timesyncd); in a container, on its host")
  }

  private var entropy: Finding {
    facts.hasEntropy
      ? .ok("entropy", "the generator of keys is seeded")
      : .fail(
        "entropy", "the generator of keys is not seeded", "give the machine a virtio-rng device")
  }
}
