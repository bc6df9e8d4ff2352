// The checks that are about being reached: ports, addresses, secure pages.

import Config
import Nodes
import Wire

extension Diagnosis {
  var httpPort: Finding {
    portFinding("http port", facts.http, what: "\(configuration.http)", flag: "--http")
  }

  var mediaPort: Finding {
    let families =
      switch facts.mediaHasIPv6 {
      case true?: ", IPv4 and IPv6"
      case false?: ", IPv4 only: this machine has no IPv6"
      case nil: ""
      }
    return portFinding(
      "media port", facts.media, what: "\(configuration.udpPort) for UDP and TCP" + families,
      flag: "--udp-port")
  }

  private func portFinding(
    _ name: String, _ state: PortState, what: String, flag: String
  ) -> Finding {
    switch state {
    case .free: return .ok(name, "\(what) is free")
    case .taken(by: let owner?) where owner.hasPrefix(DoctorLimits.ownProgram):
      return .ok(name, "\(what): \(owner) is serving there already")
    case .taken(by: let owner?):
      return .fail(name, "\(what) is taken by \(owner)", "stop that, or choose another \(flag)")
    case .taken(by: nil):
      return .warn(
        name, "\(what) is taken by a program of another user",
        "if that is Hawker, all is well; else see `ss -lntup` as root, or choose another \(flag)")
    case .notOurs:
      let own = facts.addresses.map(\.description).joined(separator: ", ")
      return .fail(
        name, "\(what) is not an address of this machine", "it has \(own); or 0.0.0.0 for all")
    case .refused(let text):
      return .fail(
        name, "\(what): \(text)",
        "choose another \(flag), or for a port below 1024 give the program CAP_NET_BIND_SERVICE")
    }
  }

  var delivery: Finding {
    let name = "media path"
    let lost = facts.deliveries.filter { !$0.hasArrived }
    if !lost.isEmpty {
      let paths = lost.map { "\($0.transport.rawValue) to \($0.address)" }
      return .fail(
        name, "did not arrive: " + paths.joined(separator: ", "),
        "let the firewall of this machine pass port \(configuration.udpPort), UDP and TCP")
    }
    if facts.deliveries.isEmpty {
      return .warn(name, "not tried, the port could not be had", "run doctor again when it is free")
    }
    // The port of a running server is not ours to read from, and it answers no stranger.
    let kinds =
      facts.deliveries.contains { $0.transport == .udp } ? "UDP and TCP arrive" : "TCP arrives"
    return .ok(name, "\(kinds) from this machine; firewalls further out can't be seen from here")
  }

  var mediaAddress: Finding {
    configuration.mediaAddresses.isEmpty ? ownMediaAddress : configuredMediaAddress
  }

  private var ownMediaAddress: Finding {
    let name = "media address"
    let outside = facts.addresses.filter { !$0.isLoopback }
    if outside.isEmpty {
      return .warn(
        name, "this machine has only loopback: none but its own viewers can connect",
        "bring an interface up, or set --media-ip")
    }
    let list = outside.map(\.description).joined(separator: ", ")
    if outside.contains(where: { $0.reach == .everywhere }) || configuration.http.ip.isLoopback {
      return .ok(name, "viewers are told \(list)")
    }
    return .warn(
      name, "viewers are told \(list): private, so only this network can connect",
      "behind NAT set --media-ip to the public address and forward port "
        + "\(configuration.udpPort), UDP and TCP")
  }

  private var configuredMediaAddress: Finding {
    let name = "media address"
    let addresses = configuration.mediaAddresses
    let list = addresses.map(\.description).joined(separator: ", ")
    if addresses.allSatisfy({ $0.reach == .nowhere }) {
      return .fail(name, "\(list): no viewer can connect there", "set --media-ip to a real address")
    }
    if addresses.allSatisfy(\.isLoopback), !configuration.http.ip.isLoopback {
      return .fail(
        name, "\(list): pages are served to other machines, media only to this one",
        "set --media-ip to an address they reach, or leave it out")
    }
    let foreign = addresses.filter { !facts.addresses.contains($0) && !$0.isLoopback }
    if foreign.contains(where: { $0.reach != .everywhere }) {
      let wrong = foreign.map(\.description).joined(separator: ", ")
      return .warn(
        name, "\(wrong) is private and not an address of this machine",
        "check it: `hostname -I` lists what the machine has")
    }
    if let first = foreign.first {
      return .ok(
        name,
        "\(first) is public and not this machine's: the router in front must forward port "
          + "\(configuration.udpPort), UDP and TCP, to it unchanged")
    }
    return .ok(name, "viewers are told \(list)")
  }

  var hls: Finding {
    let name = "hls tier"
    guard let hls = configuration.hls else {
      return .ok(name, "none: everybody watches over WebRTC")
    }
    let example = hls.url(of: "ROOM")
    guard let origin = hls.origin else {
      return .ok(name, "\(example) at the pages' own address: a proxy must lead it to hawker-hls")
    }
    if configuration.tls != nil, origin.hasPrefix("http://") {
      return .fail(
        name, "\(example) without TLS: browsers load it from no page that has TLS",
        "serve HLS over https (config/nginx) and set --hls to that")
    }
    let isHere = ["//127.", "//localhost", "//[::1]"].contains { origin.contains($0) }
    if isHere, !configuration.http.ip.isLoopback {
      return .fail(
        name, "\(example) is on this machine only: viewers elsewhere get nothing from it",
        "set --hls to an address they reach")
    }
    let seats =
      configuration.webRTCViewers.map { "more than \($0) viewers" } ?? "who wants or needs it"
    return .ok(name, "\(seats) get \(example)")
  }

  var secureContext: Finding {
    let name = "secure context"
    if configuration.tls != nil { return .ok(name, "HTTPS: browsers give the studio a camera") }
    if configuration.http.ip.isLoopback {
      return .ok(
        name,
        "localhost: browsers of this machine give the studio a camera; a TLS proxy serves others")
    }
    return .warn(
      name,
      "plain HTTP on \(configuration.http): browsers refuse the camera to pages of other machines",
      "set --tls-cert and --tls-key, or listen on 127.0.0.1 behind a TLS proxy (config/nginx)")
  }
}
