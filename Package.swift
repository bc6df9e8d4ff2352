// swift-tools-version: 6.2
// One package, three rings: core (sans-IO), shell (kernel, disk, clock), programs. ARCHITECTURE.md draws them.
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// A target under Sources/ named after its folder.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A target under signaling/.
func signaling(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "signaling/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, path: "Tests/\(name)Tests",
    swiftSettings: strict)
}

func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
  name: "hawker",
  products: [
    .executable(name: "hawker", targets: ["hawker"])
  ],
  targets: [
    // C: module maps and shims, no logic.
    .target(name: "CLinux"),
    library("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
    library("CSRTP", pkgConfig: "libsrtp2", apt: "libsrtp2-dev"),
    library("CVPX", pkgConfig: "vpx", apt: "libvpx-dev"),
    library("COpus", pkgConfig: "opus", apt: "libopus-dev"),

    // Core: bytes, time and randomness are arguments; effects are returned values.
    module("Wire"),
    module("Crypto", ["Wire", "COpenSSL"]),
    module("STUN", ["Wire", "Crypto"]),
    module("ICE", ["Wire", "Crypto", "STUN"]),
    module("DTLS", ["Wire", "SRTP", "COpenSSL"]),
    module("SRTP", ["Wire", "COpenSSL", "CSRTP"]),
    module("RTP", ["Wire"]),
    module("SDP", ["Wire"]),
    module("JSON"),
    module("HTTP", ["Wire", "Crypto"]),
    module("Telemetry", ["Wire"]),
    module("Congestion", ["Wire", "RTP"]),
    module("MediaControl", ["Wire", "RTP", "ICE", "DTLS"]),
    module("Negotiation", ["Wire", "RTP", "ICE", "DTLS", "SDP", "MediaControl"]),
    module("Forwarding", ["Wire", "RTP", "Congestion", "MediaControl", "Telemetry"]),
    module(
      "Peer",
      [
        "Wire", "Crypto", "STUN", "ICE", "DTLS", "SRTP", "RTP", "Congestion", "MediaControl",
        "Telemetry",
      ]),
    module("Media", ["Wire", "RTP", "CVPX", "COpus"]),

    // Signaling: who may do what, rooms, messages, endpoints.
    signaling("Access", ["Wire", "Crypto", "JSON"]),
    signaling("Room", ["Wire", "RTP", "Access", "MediaControl"]),
    signaling("Messages", ["JSON", "Room", "Access", "MediaControl"]),
    signaling(
      "Endpoints",
      [
        "Wire", "Crypto", "RTP", "SDP", "JSON", "HTTP", "Telemetry", "Negotiation", "MediaControl",
        "Access", "Room", "Messages", "Web", "Loop",
      ]),

    // Shell: the only code that calls the kernel, the disk and the clock.
    module("Loop", ["Wire", "CLinux"]),
    module("Web", ["Wire", "Crypto", "HTTP", "Loop", "Telemetry", "COpenSSL", "CLinux"]),
    module(
      "MediaWorker",
      [
        "Wire", "Crypto", "STUN", "ICE", "DTLS", "SRTP", "RTP", "Congestion", "MediaControl",
        "Forwarding", "Peer", "Loop", "Telemetry",
      ]),

    // Tests, load and simulation.
    module(
      "Simulation",
      [
        "Wire", "Crypto", "STUN", "ICE", "DTLS", "SRTP", "RTP", "Congestion", "MediaControl",
        "Forwarding", "Peer", "MediaWorker", "Telemetry",
      ]),

    // Programs.
    .executableTarget(
      name: "hawker",
      dependencies: [
        "Wire", "Crypto", "RTP", "SDP", "JSON", "HTTP", "Telemetry", "MediaControl", "Negotiation",
        "Peer", "Media", "Access", "Room", "Messages", "Endpoints", "Loop", "Web", "MediaWorker",
      ],
      path: "Sources/Programs/hawker", swiftSettings: strict),

    tests("Wire", ["Wire"]),
    tests("STUN", ["STUN", "Wire", "Crypto"]),
    tests("ICE", ["ICE", "STUN", "Wire", "Crypto"]),
    tests("DTLS", ["DTLS", "SRTP", "Wire", "COpenSSL"]),
    tests("SRTP", ["SRTP", "Wire", "CSRTP"]),
    tests("RTP", ["RTP", "Wire"]),
    tests("SDP", ["SDP", "Wire"]),
    tests("JSON", ["JSON"]),
    tests("HTTP", ["HTTP", "Wire", "Crypto"]),
    tests("Telemetry", ["Telemetry", "Wire"]),
    tests("Congestion", ["Congestion", "RTP", "Wire"]),
    tests("Negotiation", ["Negotiation", "MediaControl", "ICE", "DTLS", "SDP", "RTP", "Wire"]),
    tests("Forwarding", ["Forwarding", "MediaControl", "Congestion", "RTP", "Wire", "Telemetry"]),
    tests("Loop", ["Loop", "Wire"]),
    tests("Web", ["Web", "HTTP", "Loop", "Wire", "Telemetry"]),
    tests("Media", ["Media", "RTP", "Wire"]),
    tests("Access", ["Access", "Wire"]),
  ],
  swiftLanguageModes: [.v6]
)
