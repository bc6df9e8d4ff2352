// Measures a machine for `hawker doctor`.

import COpenSSL
import Config
import Doctor
import Glibc
import Loop
import Wire

extension MachineFacts {
  /// How long the two clocks are compared.
  private static let clockInterval: UInt32 = 50_000

  /// Everything the checks look at, as it is now. Takes a tenth of a second, more if packets get lost.
  static func measured(
    for configuration: ServerConfiguration, _ sources: Configuration.Sources
  ) -> MachineFacts {
    var facts = MachineFacts()
    facts.sources = SourceFacts(sources)
    facts.addresses = NetworkInterfaces.addresses()
    let owners = PortOwners()
    facts.http = PortProbe.http(configuration.http, owners)
    facts.measureMedia(configuration, owners)
    facts.certificate = configuration.tls.map { CertificateFacts(of: $0) }
    facts.data = FolderFacts(measuring: configuration.data)
    facts.pages = (configuration.web ?? WebRoot.locate()).flatMap { folder in
      unsafe access(folder + "/watch/index.html", R_OK) == 0 ? folder : nil
    }
    facts.measureLimits()
    facts.measureClocks()
    facts.hasEntropy = RAND_status() == 1
    return facts
  }

  private mutating func measureMedia(_ configuration: ServerConfiguration, _ owners: PortOwners) {
    let own = addresses.filter { !$0.isLoopback }
    let advertised = configuration.mediaAddresses.isEmpty ? own : configuration.mediaAddresses
    let targets = addresses.filter { $0.isLoopback || advertised.contains($0) }
    let probe = PortProbe.media(configuration.udpPort, targets: targets, owners)
    media = probe.state
    mediaHasIPv6 = probe.hasIPv6
    deliveries = probe.deliveries
  }

  private mutating func measureLimits() {
    cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    var limit = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      descriptorsMax = UInt64(limit.rlim_cur)
    }
    receiveBufferMax = MachineFacts.number(in: "/proc/sys/net/core/rmem_max")
    sendBufferMax = MachineFacts.number(in: "/proc/sys/net/core/wmem_max")
  }

  private static func number(in path: String) -> Int? {
    (try? Files.text(path)).flatMap { Int($0.filter(\.isNumber)) }
  }

  private mutating func measureClocks() {
    let start = (mono: SystemClock.now(), wall: SystemClock.wallTime())
    usleep(MachineFacts.clockInterval)
    let elapsed = SystemClock.now() - start.mono
    wall = SystemClock.wallTime()
    isClockSynchronised = SystemClock.isSynchronised
    clockRate = (wall - start.wall).seconds / elapsed.seconds
  }
}

extension SourceFacts {
  fileprivate init(_ sources: Configuration.Sources) {
    self.init()
    file = sources.path
    hasSecretFlag = sources.flags.values[.apiSecret] != nil
    isFileExposed =
      sources.file.values[.apiSecret] != nil && (sources.path.map { Files.isExposed($0) } ?? false)
  }
}
