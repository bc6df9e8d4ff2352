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
    .executable(name: "hawker", targets: ["hawker"]),
    .executable(name: "hawker-hls", targets: ["hawker-hls"]),
  ],
  targets: [
    // C: module maps and shims, no logic.
    .target(name: "CLinux"),
    library("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
    library("CSRTP", pkgConfig: "libsrtp2", apt: "libsrtp2-dev"),
    library("CVPX", pkgConfig: "vpx", apt: "libvpx-dev"),
    library("COpus", pkgConfig: "opus", apt: "libopus-dev"),
    library("CAV", pkgConfig: "libavcodec", apt: "libavcodec-dev"),
    library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    library("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
    .systemLibrary(
      name: "CHiredis", path: "Sources/CHiredis", providers: [.apt(["libhiredis-dev"])]),
    library("CPQ", pkgConfig: "libpq", apt: "libpq-dev"),

    // Core: bytes, time and randomness are arguments; effects are returned values.
    module("Wire"),
    module("Crypto", ["Wire", "COpenSSL"]),
    module("STUN", ["Wire", "Crypto"]),
    module("ICE", ["Wire", "Crypto", "STUN"]),
    module("DTLS", ["Wire", "SRTP", "COpenSSL"]),
    module("SRTP", ["Wire", "COpenSSL"]),
    module("RTP", ["Wire"]),
    module("SDP", ["Wire"]),
    module("JSON"),
    module("Config", ["Wire", "RTP", "Telemetry", "Hooks", "Nodes"]),
    module("Doctor", ["Wire", "Config", "JSON", "Nodes"]),
    module("HTTP", ["Wire", "Crypto"]),
    module("Telemetry", ["Wire"]),
    module("Congestion", ["Wire", "RTP"]),
    module("MediaControl", ["Wire", "RTP", "ICE", "DTLS"]),
    module("Negotiation", ["Wire", "RTP", "ICE", "DTLS", "SDP", "MediaControl"]),
    module("Forwarding", ["Wire", "RTP", "Congestion", "MediaControl", "Telemetry"]),
    module(
      "Peer",
      [
        "Wire", "ICE", "DTLS", "SRTP", "RTP", "Congestion", "MediaControl", "Forwarding",
      ]),
    module(
      "Client",
      [
        "Wire", "Crypto", "STUN", "ICE", "DTLS", "SRTP", "RTP", "Congestion", "MediaControl",
      ]),
    module("Media", ["Wire", "RTP", "CVPX", "COpus"]),
    module("HLS", ["Wire", "RTP", "Crypto"]),
    // Apart from Media: the server itself needs no libavcodec.
    .target(
      name: "Transcoding", dependencies: ["Wire", "RTP", "Media", "CAV"], swiftSettings: strict,
      linkerSettings: [.linkedLibrary("avutil"), .linkedLibrary("swscale")]),
    module("HLSFeed", ["Wire", "Crypto", "RTP", "JSON", "Media", "HLS", "Transcoding"]),
    // Signed requests to S3-compatible storage.
    module("ObjectStore", ["Wire", "Crypto"]),
    module("HLSServing", ["Wire", "Crypto", "HTTP", "HLS", "Access", "CZlib"]),
    // The shell's part of HLS: shows on a disk.
    module("HLSKeeping", ["Wire", "Crypto", "HLS", "JSON"]),
    // And shows in a store.
    module("HLSPushing", ["Wire", "Crypto", "HLS", "HTTP", "Loop", "ClientTLS", "ObjectStore"]),
    module("RoomLog"),
    module("Nodes", ["Wire", "Crypto", "HTTP", "Hooks"]),
    module("Hooks", ["Wire", "Crypto", "JSON", "RoomLog"]),

    // Signaling: who may do what, rooms, messages, endpoints.
    signaling("Access", ["Wire", "Crypto", "JSON"]),
    signaling("Commerce", ["Wire", "JSON", "Crypto", "RoomLog"]),
    signaling(
      "Room",
      ["Wire", "RTP", "JSON", "Crypto", "Access", "Commerce", "MediaControl", "RoomLog"]),
    signaling("Messages", ["Wire", "RTP", "JSON", "MediaControl", "Access", "Commerce", "Room"]),
    signaling(
      "Endpoints",
      [
        "Wire", "Crypto", "ICE", "DTLS", "RTP", "SDP", "JSON", "HTTP", "Telemetry", "Negotiation",
        "MediaControl", "MediaWorker", "Access", "Commerce", "Room", "RoomLog", "Store", "Hooks",
        "Messages", "Nodes", "Web", "Loop",
      ]),

    // Shell: the only code that calls the kernel, the disk and the clock.
    module("Loop", ["Wire", "CLinux"]),
    module("ClientTLS", ["Wire", "Loop", "COpenSSL"]),
    module("Web", ["Wire", "Crypto", "HTTP", "Loop", "Telemetry", "COpenSSL", "CLinux"]),
    module("Store", ["Wire", "JSON", "Telemetry", "RoomLog", "Loop", "CSQLite", "CPQ"]),
    module(
      "HookDelivery", ["Wire", "Crypto", "HTTP", "RoomLog", "Hooks", "Loop", "ClientTLS"]),
    module(
      "MediaWorker",
      [
        "Wire", "Crypto", "STUN", "ICE", "DTLS", "SRTP", "RTP", "Congestion", "MediaControl",
        "Forwarding", "Peer", "Loop", "Telemetry",
      ]),

    module(
      "ClientShell",
      [
        "Wire", "Crypto", "ICE", "DTLS", "SDP", "RTP", "HTTP", "MediaControl", "Negotiation",
        "Client", "Loop", "ClientTLS",
      ]),

    module(
      "Courier", ["Wire", "HTTP", "Hooks", "HookDelivery", "Nodes", "Loop", "ClientTLS"]),
    module(
      "Bus", ["Wire", "Crypto", "Hooks", "HookDelivery", "Nodes", "Loop", "CHiredis", "ClientTLS"]),

    // Tests, load and simulation.
    module(
      "Simulation",
      [
        "Wire", "Crypto", "STUN", "ICE", "DTLS", "SRTP", "RTP", "Congestion", "MediaControl",
        "Forwarding", "Peer", "MediaWorker", "Telemetry", "Client",
      ]),

    // Programs.
    .executableTarget(
      name: "hawker",
      dependencies: [
        "Wire", "Crypto", "RTP", "SDP", "JSON", "HTTP", "Telemetry", "MediaControl", "Negotiation",
        "Peer", "Client", "ClientShell", "Media", "DTLS", "ICE", "SRTP", "Forwarding", "Config",
        "Doctor", "Access", "Commerce", "Room", "Messages", "Endpoints", "RoomLog", "Store",
        "Hooks", "HookDelivery", "Nodes", "Courier", "Bus", "Loop", "Web", "MediaWorker",
        "CLinux", "ClientTLS", "COpenSSL",
      ],
      path: "Sources/Programs/hawker", swiftSettings: strict),

    .executableTarget(
      name: "hawker-hls",
      dependencies: [
        "Wire", "Crypto", "RTP", "HTTP", "MediaControl", "Negotiation", "Client", "ClientShell",
        "Access", "HLS", "HLSFeed", "HLSKeeping", "HLSServing", "JSON", "Loop", "Media", "SDP",
        "ClientTLS", "HLSPushing", "ObjectStore", "Telemetry",
        "Transcoding", "Web",
      ],
      path: "Sources/Programs/hawker-hls", swiftSettings: strict),

    tests("Wire", ["Wire"]),
    tests("Crypto", ["Crypto"]),
    tests("Hooks", ["Crypto", "Hooks", "JSON", "RoomLog", "Wire"]),
    tests(
      "HookDelivery",
      [
        "COpenSSL", "ClientTLS", "Crypto", "HTTP", "HookDelivery", "Hooks", "JSON", "Loop",
        "RoomLog", "Web", "Wire",
      ]),
    tests("Nodes", ["Crypto", "HTTP", "Hooks", "Nodes", "Wire"]),
    tests(
      "Courier",
      ["ClientTLS", "Courier", "Crypto", "HookDelivery", "HTTP", "Loop", "Nodes", "Web", "Wire"]),
    tests("Bus", ["Bus", "ClientTLS", "HookDelivery", "Loop", "Nodes", "Wire"]),
    tests("STUN", ["STUN", "Wire", "Crypto"]),
    tests("ICE", ["ICE", "STUN", "Wire", "Crypto"]),
    tests("DTLS", ["DTLS", "SRTP", "Wire", "COpenSSL"]),
    tests("SRTP", ["SRTP", "Wire", "CSRTP"]),
    tests("RTP", ["RTP", "Wire"]),
    tests("SDP", ["SDP", "Wire"]),
    tests("JSON", ["JSON"]),
    tests("Config", ["Config", "Hooks", "Nodes", "RTP", "Telemetry", "Wire"]),
    tests("Doctor", ["Doctor", "Config", "JSON", "Wire"]),
    tests("Program", ["Config", "Crypto", "HTTP", "Hooks", "JSON", "Store", "hawker"]),
    tests("HTTP", ["HTTP", "Wire", "Crypto"]),
    tests("Telemetry", ["Telemetry", "Wire"]),
    tests("Congestion", ["Congestion", "RTP", "Wire"]),
    tests("Negotiation", ["Negotiation", "MediaControl", "ICE", "DTLS", "SDP", "RTP", "Wire"]),
    tests("Forwarding", ["Forwarding", "MediaControl", "Congestion", "RTP", "Wire", "Telemetry"]),
    tests(
      "Peer",
      ["Peer", "Forwarding", "MediaControl", "Congestion", "RTP", "Wire", "ICE", "DTLS", "SRTP"]),
    tests(
      "MediaWorker",
      [
        "MediaWorker", "Peer", "Forwarding", "MediaControl", "RTP", "Wire", "ICE", "DTLS", "SRTP",
        "STUN", "Crypto", "Loop",
      ]),
    tests("Loop", ["Loop", "Wire", "CLinux"]),
    tests("Web", ["Web", "HTTP", "Loop", "Wire", "Crypto", "Telemetry", "COpenSSL"]),
    tests("Media", ["Media", "RTP", "Wire"]),
    // What a recorded HLS session must keep; also for sessions recorded over HTTP.
    .target(
      name: "HLSConformance", dependencies: ["HLS", "Wire"], path: "Tests/HLSConformance",
      swiftSettings: strict),
    // Plays a room over HTTP and checks it; for the interop tests.
    .executableTarget(
      name: "HLSCheck",
      dependencies: ["ClientShell", "HLSConformance", "HTTP", "Loop", "Wire"],
      path: "Tests/HLSCheck", swiftSettings: strict),
    tests("HLSFeed", ["Crypto", "HLS", "HLSFeed", "JSON", "Media", "RTP", "Transcoding", "Wire"]),
    tests("Transcoding", ["CAV", "Media", "RTP", "Transcoding", "Wire"]),
    tests("HLSServing", ["Access", "COpenSSL", "CZlib", "HLS", "HLSServing", "HTTP", "Wire"]),
    tests("HLS", ["COpenSSL", "HLS", "HLSConformance", "Wire"]),
    tests("ObjectStore", ["ObjectStore", "Wire"]),
    tests("HLSKeeping", ["Crypto", "HLS", "HLSKeeping", "JSON", "Wire"]),
    // Beside the tests of the store: a disk that fails, and a program to be killed.
    .target(name: "CFaultyDisk", dependencies: ["CSQLite"], path: "Tests/CFaultyDisk"),
    .executableTarget(
      name: "StoreWriter", dependencies: ["RoomLog", "Store", "Wire"], path: "Tests/StoreWriter",
      swiftSettings: strict),
    tests(
      "Store",
      [
        "Access", "CFaultyDisk", "Commerce", "Endpoints", "JSON", "Loop", "Room", "RoomLog",
        "Store", "StoreWriter", "Wire",
      ]),
    tests(
      "Client",
      ["Client", "Crypto", "STUN", "SRTP", "RTP", "Wire", "ICE", "DTLS", "MediaControl"]),
    tests("Messages", ["Messages", "Commerce", "JSON", "MediaControl", "RTP", "Room", "Wire"]),
    tests("Access", ["Access", "Wire", "Crypto", "JSON"]),
    tests("ClientShell", ["ClientShell", "ClientTLS", "HTTP", "Loop", "RTP", "SDP", "Wire"]),
    tests("Commerce", ["Commerce", "JSON", "Crypto", "RoomLog", "Wire"]),
    tests(
      "Room",
      [
        "Room", "Access", "Commerce", "Crypto", "JSON", "MediaControl", "RTP", "RoomLog", "Wire",
      ]),
    tests(
      "Endpoints",
      [
        "Endpoints", "Access", "Commerce", "Crypto", "DTLS", "HTTP", "Hooks", "ICE", "JSON",
        "MediaControl", "Messages", "Negotiation", "Nodes", "RTP", "Room", "RoomLog", "SDP",
        "Store",
        "Web", "Wire",
      ]),
    // Replays Tests/Fuzz; a new fuzz body needs its target here.
    tests(
      "Fuzz",
      [
        "Access", "Commerce", "Config", "Congestion", "DTLS", "HLS", "HLSFeed", "HLSServing",
        "HTTP",
        "Hooks", "ICE",
        "JSON", "Loop", "Media", "Messages", "Negotiation", "Nodes", "RTP", "Room", "SDP", "SRTP",
        "STUN", "Transcoding", "Web",
      ]),
    .testTarget(
      name: "ScenariosTests",
      dependencies: [
        "Simulation", "Client", "Congestion", "Forwarding", "MediaControl", "MediaWorker", "Peer",
        "RTP", "STUN", "ICE", "DTLS", "Crypto", "Wire",
      ],
      path: "Tests/Scenarios", swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
