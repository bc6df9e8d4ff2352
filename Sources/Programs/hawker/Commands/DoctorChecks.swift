// The checks of `hawker doctor`, one function each.

import Config
import Glibc
import Loop
import Web
import Wire

/// What a check found.
struct DoctorFinding {
  enum Verdict: String { case ok, warn, fail = "FAIL" }
  let verdict: Verdict
  let name: String
  let text: String
}

/// Checks of a machine and a configuration.
enum DoctorChecks {
  /// Descriptors a busy server needs: one per viewer's WebSocket and some.
  static let descriptorsWanted: UInt64 = 16_384
  /// Kernel buffer that covers 20 ms at 1 Gbit/s.
  static let bufferWanted = 2_500_000

  static func all(_ configuration: ServerConfiguration) -> [DoctorFinding] {
    [
      httpPort(configuration), mediaPort(configuration), mediaAddress(configuration),
      secureContext(configuration), certificate(configuration), dataFolder(configuration),
      pages(configuration), descriptors(), buffers(), clock(),
    ]
  }

  private static func finding(
    _ verdict: DoctorFinding.Verdict, _ name: String, _ text: String
  ) -> DoctorFinding { DoctorFinding(verdict: verdict, name: name, text: text) }

  private static func httpPort(_ configuration: ServerConfiguration) -> DoctorFinding {
    do {
      _ = try TCPListener(binding: configuration.http)
      return finding(.ok, "http port", "\(configuration.http) is free")
    } catch {
      return finding(
        error.isAddressInUse ? .warn : .fail, "http port",
        "\(configuration.http): \(error). If Hawker runs already, that is it; else choose another --http"
      )
    }
  }

  private static func mediaPort(_ configuration: ServerConfiguration) -> DoctorFinding {
    let name = "media port"
    do {
      let sockets = try MediaSockets.open(port: configuration.udpPort, workers: 1)
      let families =
        sockets[0].udpIPv6 == nil ? "IPv4 only: this machine has no IPv6" : "IPv4 and IPv6"
      return finding(.ok, name, "\(sockets[0].port) is free for UDP and TCP, \(families)")
    } catch {
      return finding(
        error.isAddressInUse ? .warn : .fail, name,
        "\(configuration.udpPort): \(error). If Hawker runs already, that is it; else choose another --udp-port"
      )
    }
  }

  private static func mediaAddress(_ configuration: ServerConfiguration) -> DoctorFinding {
    let own = NetworkInterfaces.addresses()
    let name = "media address"
    if configuration.mediaAddresses.isEmpty {
      let reachable = own.filter { !$0.isLoopback }
      if reachable.isEmpty {
        return finding(.warn, name, "only loopback: viewers on this machine alone can connect")
      }
      return finding(
        .ok, name,
        "advertising \(reachable.map(\.description).joined(separator: ", ")); behind NAT set --media-ip to the public address"
      )
    }
    let foreign = configuration.mediaAddresses.filter { !own.contains($0) }
    if foreign.isEmpty { return finding(.ok, name, "set to addresses of this machine") }
    return finding(
      .warn, name,
      "\(foreign.map(\.description).joined(separator: ", ")) is not on this machine: the router must pass port \(configuration.udpPort), UDP and TCP, to it"
    )
  }

  private static func secureContext(_ configuration: ServerConfiguration) -> DoctorFinding {
    let name = "secure context"
    if configuration.tls != nil {
      return finding(.ok, name, "HTTPS: browsers give the studio a camera")
    }
    if configuration.http.ip.isLoopback {
      return finding(.ok, name, "localhost: browsers on this machine give the studio a camera")
    }
    return finding(
      .warn, name,
      "plain HTTP on \(configuration.http): browsers elsewhere refuse the camera; set --tls-cert and --tls-key, or put a TLS proxy in front"
    )
  }

  private static func certificate(_ configuration: ServerConfiguration) -> DoctorFinding {
    let name = "certificate"
    guard let tls = configuration.tls else { return finding(.ok, name, "none configured") }
    do {
      var web = WebConfig(address: SocketAddress(ip: .anyIPv4, port: 0))
      web.tls = TLSFiles(certificate: tls.certificate, key: tls.key)
      let server = try WebServer(web) { _ in }
      server.stop()
      return finding(.ok, name, "\(tls.certificate) loads and matches its key")
    } catch {
      return finding(.fail, name, "\(tls.certificate): \(error)")
    }
  }

  private static func dataFolder(_ configuration: ServerConfiguration) -> DoctorFinding {
    Files.makeFolder(configuration.data)
      ? finding(.ok, "data folder", "\(configuration.data) is writable")
      : finding(.fail, "data folder", "\(configuration.data) can't be made or written: set --data")
  }

  private static func pages(_ configuration: ServerConfiguration) -> DoctorFinding {
    guard let root = configuration.web ?? WebRoot.locate() else {
      return finding(.fail, "pages", "not beside the binary: set --web to their folder")
    }
    return unsafe access(root + "/watch/index.html", R_OK) == 0
      ? finding(.ok, "pages", root) : finding(.fail, "pages", "\(root) has no watch/index.html")
  }

  private static func descriptors() -> DoctorFinding {
    var limit = rlimit()
    _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return limit.rlim_cur >= descriptorsWanted
      ? finding(.ok, "open files", "\(limit.rlim_cur) allowed")
      : finding(
        .warn, "open files",
        "\(limit.rlim_cur) allowed; raise to \(descriptorsWanted) (ulimit -n, LimitNOFILE=)")
  }

  private static func buffers() -> DoctorFinding {
    let paths = ["/proc/sys/net/core/rmem_max", "/proc/sys/net/core/wmem_max"]
    let values = paths.compactMap { Files.read($0).flatMap { Int($0.filter(\.isNumber)) } }
    guard values.count == 2 else { return finding(.warn, "socket buffers", "limits can't be read") }
    return values.allSatisfy { $0 >= bufferWanted }
      ? finding(.ok, "socket buffers", "up to \(values[0]) and \(values[1]) bytes")
      : finding(
        .warn, "socket buffers",
        "net.core.rmem_max \(values[0]), wmem_max \(values[1]): raise both to \(bufferWanted) with sysctl, or bursts are lost"
      )
  }

  private static func clock() -> DoctorFinding {
    // Media time and tokens need a clock that is about right; 2025-01-01 is before this program.
    guard SystemClock.wallTime().nanoseconds > 1_735_689_600_000_000_000 else {
      return finding(.fail, "clock", "the date is before this program was written: set the clock")
    }
    return !SystemClock.isSynchronised
      ? finding(.warn, "clock", "not synchronised: run an NTP client, or latency figures are off")
      : finding(.ok, "clock", "set and synchronised")
  }
}
