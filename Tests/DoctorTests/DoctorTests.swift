// The checks of `hawker doctor` on made-up machines: each fault is named with what to do about it.

import Config
import JSON
import Testing
import Wire

@testable import Doctor

@Suite("Doctor")
struct DoctorTests {
  private func configuration(_ flags: [String]) throws -> ServerConfiguration {
    try ServerConfiguration(try ConfigSource.flags(flags).0)
  }

  /// A machine on which everything is right.
  private var healthy: MachineFacts {
    var facts = MachineFacts()
    facts.addresses = ["192.0.2.2", "2001:db8::2", "127.0.0.1", "::1"].compactMap { IPAddress($0) }
    facts.mediaHasIPv6 = true
    facts.deliveries = facts.addresses.flatMap { ip in
      [
        Delivery(transport: .udp, address: ip, hasArrived: true),
        Delivery(transport: .tcp, address: ip, hasArrived: true),
      ]
    }
    facts.pages = "/usr/share/hawker/web"
    facts.cores = 4
    facts.descriptorsMax = 65_536
    facts.receiveBufferMax = 8 << 20
    facts.sendBufferMax = 8 << 20
    facts.wall = WallTime(nanoseconds: 1_800_000_000_000_000_000)
    facts.isClockSynchronised = true
    return facts
  }

  private func report(
    _ flags: [String] = [], _ change: (inout MachineFacts) -> Void = { _ in }
  ) throws -> DoctorReport {
    var facts = healthy
    change(&facts)
    return Diagnosis(facts, for: try configuration(flags)).report
  }

  /// The one finding that is not ok.
  private func complaint(
    _ flags: [String] = [], _ change: (inout MachineFacts) -> Void = { _ in }
  ) throws -> Finding {
    let complaints = try report(flags, change).findings.filter { $0.verdict != .ok }
    #expect(complaints.count == 1)
    return try #require(complaints.first)
  }

  @Test("what merchants are told of is shown; a topic nobody sends is the configuration's fault")
  func hooks() throws {
    let hook = ["--hook", "shop=https://shop.example/,other=https://other.example/"]
    let told = try report(hook + ["--hook-topics", "shop=*+price.check"])
    let finding = try #require(told.findings.first { $0.name == "hooks" })
    #expect(finding.verdict == .ok)
    #expect(finding.fact == "shop: * price.check; other: * or as chosen over REST")
    #expect(throws: ConfigError.self) { try report(hook + ["--hook-topics", "shop=order.payed"]) }
  }

  @Test("an HLS tier that viewers can't reach is named")
  func hls() throws {
    #expect(try report(["--hls", "https://live.example/hls/{room}/i.m3u8"]).hasFailures == false)
    #expect(try report(["--hls", "http://127.0.0.1:8088/hls/{room}/i.m3u8"]).hasFailures == false)
    let open = ["--http", "0.0.0.0:80", "--hls", "http://127.0.0.1:8088/hls/{room}/i.m3u8"]
    let findings = try report(open).findings.filter { $0.verdict == .fail }
    #expect(findings.map(\.name) == ["hls tier"])
    let mixed = ["--tls-cert", "c", "--tls-key", "k", "--hls", "http://live.example/{room}/i.m3u8"]
    let complaint = try complaint(mixed) { facts in
      facts.certificate = CertificateFacts()
      facts.certificate?.daysLeft = 60
    }
    #expect(complaint.verdict == .fail && complaint.name == "hls tier")
  }

  @Test("a healthy machine has one ok line for each check, and no advice")
  func healthyMachine() throws {
    let report = try report()
    #expect(report.findings.allSatisfy { $0.verdict == .ok && $0.advice == nil })
    #expect(Set(report.findings.map(\.name)).count == report.findings.count)
    #expect(report.findings.count == 17)
    #expect(!report.hasFailures)
  }

  @Test("a port that Hawker has is fine, another program's is a failure that names it")
  func takenPorts() throws {
    #expect(try !report([]) { $0.http = .taken(by: "hawker (process 7)") }.hasFailures)
    let other = try complaint { $0.http = .taken(by: "nginx (process 7)") }
    #expect(other.verdict == .fail)
    #expect(other.name == "http port")
    #expect(other.fact == "127.0.0.1:8080 is taken by nginx (process 7)")
    #expect(try complaint { $0.media = .taken(by: "janus (process 7)") }.name == "media port")
    #expect(try complaint { $0.media = .taken(by: nil) }.verdict == .warn)
    #expect(try complaint { $0.http = .refused("bind: Permission denied") }.verdict == .fail)
    #expect(try complaint { $0.http = .notOurs }.fact.contains("not an address of this machine"))
  }

  @Test("packets that don't arrive are named with transport and address")
  func lostPackets() throws {
    let lost = try complaint {
      $0.deliveries.append(
        Delivery(transport: .udp, address: IPAddress(ipv4: 0xC000_0202), hasArrived: false))
    }
    #expect(lost.verdict == .fail)
    #expect(lost.fact == "did not arrive: UDP to 192.0.2.2")
    #expect(lost.advice?.contains("port 7000, UDP and TCP") == true)
    #expect(try complaint { $0.deliveries = [] }.verdict == .warn)
  }

  @Test(
    "a media address nobody can reach is told from one behind NAT",
    arguments: [
      (["--media-ip", "192.0.2.2"], Finding.Verdict.ok, "viewers are told 192.0.2.2"),
      (["--media-ip", "203.0.113.9"], .ok, "203.0.113.9 is public and not this machine's"),
      (["--media-ip", "10.0.0.9"], .warn, "10.0.0.9 is private and not an address"),
      (["--media-ip", "224.0.0.1"], .fail, "no viewer can connect there"),
      (["--media-ip", "ff02::1"], .fail, "no viewer can connect there"),
      (["--media-ip", "127.0.0.1"], .ok, "viewers are told 127.0.0.1"),
    ])
  func mediaAddresses(flags: [String], verdict: Finding.Verdict, text: String) throws {
    let finding = try #require(try report(flags).findings.first { $0.name == "media address" })
    #expect(finding.verdict == verdict)
    #expect(finding.fact.contains(text))
  }

  @Test("pages for other machines need media they can reach, and TLS for their cameras")
  func otherMachines() throws {
    let plain = ["--http", "0.0.0.0:8080"]
    #expect(try complaint(plain).name == "secure context")
    let secure = plain + ["--tls-cert", "c", "--tls-key", "k"]
    let certificate: (inout MachineFacts) -> Void = {
      $0.certificate = CertificateFacts()
      $0.certificate?.daysLeft = 60
    }
    #expect(try report(secure, certificate).findings.allSatisfy { $0.verdict == .ok })
    #expect(try complaint(secure + ["--media-ip", "127.0.0.1"], certificate).verdict == .fail)
    let narrow = try complaint(secure) { facts in
      certificate(&facts)
      facts.addresses = [IPAddress("192.168.1.5"), IPAddress("127.0.0.1")].compactMap { $0 }
    }
    #expect(narrow.verdict == .warn)
    #expect(narrow.advice?.contains("--media-ip") == true)
    #expect(
      try complaint(secure) { facts in
        certificate(&facts)
        facts.addresses = [IPAddress(ipv4: 0x7F00_0001)]
      }.fact.contains("only loopback"))
  }

  @Test("each fault of a certificate is told apart")
  func certificates() throws {
    let flags = ["--tls-cert", "c.pem", "--tls-key", "k.pem"]
    func fault(_ change: (inout CertificateFacts) -> Void) throws -> Finding {
      var certificate = CertificateFacts()
      certificate.daysLeft = 60
      change(&certificate)
      return try complaint(flags) { $0.certificate = certificate }
    }
    #expect(try fault { $0.problem = "k.pem is not the key of c.pem" }.verdict == .fail)
    #expect(try fault { $0.daysLeft = -1 }.fact == "c.pem has expired")
    #expect(try fault { $0.daysLeft = 13 }.verdict == .warn)
    #expect(try fault { $0.daysLeft = 0 }.fact == "c.pem expires in 0 days")
    #expect(try fault { $0.isEarly = true }.verdict == .fail)
    #expect(try fault { $0.isKeyExposed = true }.advice == "chmod o-rwx it")
    #expect(try fault { $0.isSelfSigned = true }.verdict == .warn)
  }

  @Test("a data folder must be writable, roomy and lasting, its keys its owner's")
  func dataFolder() throws {
    #expect(try complaint { $0.data.problem = "Permission denied" }.verdict == .fail)
    #expect(try complaint { $0.data.freeBytes = 1 << 20 }.fact == "var/data: only 1 MiB free")
    #expect(try complaint { $0.data.storage = .memory }.verdict == .warn)
    #expect(try complaint { $0.data.storage = .container }.advice == "mount a volume there")
    #expect(try complaint { $0.data.storage = .network("nfs4") }.fact.contains("nfs4"))
    #expect(try complaint { $0.data.areKeysExposed = true }.name == "keys")
  }

  @Test("limits and clocks that hurt are warnings, impossible ones failures")
  func limits() throws {
    #expect(try complaint { $0.descriptorsMax = 1024 }.name == "open files")
    #expect(try complaint { $0.receiveBufferMax = 212_992 }.advice?.contains("4194304") == true)
    #expect(try complaint { $0.sendBufferMax = nil }.name == "socket buffers")
    #expect(try complaint { $0.isClockSynchronised = false }.verdict == .warn)
    #expect(try complaint { $0.clockRate = 3 }.verdict == .warn)
    #expect(try complaint { $0.wall = WallTime(nanoseconds: 0) }.verdict == .fail)
    #expect(try complaint { $0.hasEntropy = false }.verdict == .fail)
    #expect(try complaint { $0.pages = nil }.verdict == .fail)
    #expect(try complaint(["--workers", "5"]).name == "workers")
  }

  @Test("exposed secrets are warned of, and never shown")
  func secrets() throws {
    let flags = ["--api-key", "k", "--api-secret", "sixteen-characters"]
    let report = try report(flags) { $0.sources.hasSecretFlag = true }
    #expect(report.findings.first?.verdict == .warn)
    #expect(!report.text.contains("sixteen-characters"))
    #expect(
      try complaint {
        $0.sources.file = "h.conf"
        $0.sources.isFileExposed = true
      }.advice == "chmod o-rwx it")
  }

  @Test("text has a line for each finding, JSON the same in fields")
  func rendering() throws {
    let report = DoctorReport([.ok("a", "b"), .warn("c", "d", "e"), .fail("f", "g", "h")])
    #expect(report.text == "ok    a: b\nwarn  c: d; e\nFAIL  f: g; h\n")
    #expect(
      report.json.text
        == #"{"ok":false,"checks":[{"verdict":"ok","name":"a","fact":"b","advice":null},"#
        + #"{"verdict":"warn","name":"c","fact":"d","advice":"e"},"#
        + #"{"verdict":"fail","name":"f","fact":"g","advice":"h"}]}"#)
    #expect(DoctorReport(configurationError: "x").hasFailures)
  }

  @Test(
    "addresses are told apart by their ranges",
    arguments: [
      ("8.8.8.8", Reach.everywhere), ("10.1.2.3", .nearby), ("172.15.0.1", .everywhere),
      ("172.16.0.1", .nearby), ("172.31.255.255", .nearby), ("172.32.0.1", .everywhere),
      ("192.168.0.1", .nearby), ("192.167.0.1", .everywhere), ("100.63.0.1", .everywhere),
      ("100.64.0.1", .nearby), ("100.127.0.1", .nearby), ("100.128.0.1", .everywhere),
      ("127.0.0.1", .nearby), ("169.254.1.1", .nearby), ("0.0.0.0", .nowhere),
      ("0.1.2.3", .nowhere), ("223.255.255.255", .everywhere), ("224.0.0.1", .nowhere),
      ("255.255.255.255", .nowhere), ("::", .nowhere), ("::1", .nearby), ("fe80::1", .nearby),
      ("fd00::1", .nearby), ("fc00::1", .nearby), ("ff02::1", .nowhere),
      ("2001:db8::1", .everywhere), ("3fff::1", .everywhere), ("4000::1", .nowhere),
    ])
  func reach(text: String, reach: Reach) throws {
    #expect(try #require(IPAddress(text)).reach == reach)
  }
}
