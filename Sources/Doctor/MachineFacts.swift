// What was measured on a machine: the shell fills it in, the diagnosis judges it.

package import Wire

/// Everything the checks look at.
package struct MachineFacts: Sendable {
  /// Where the configuration came from.
  package var sources = SourceFacts()
  /// The machine's own addresses, without link-local ones.
  package var addresses: [IPAddress] = []
  package var http = PortState.free
  /// UDP and TCP together.
  package var media = PortState.free
  /// Whether the media port was opened for IPv6 as well; nil when it could not be tried.
  package var mediaHasIPv6: Bool?
  /// Packets and connections sent to our own addresses on the media port.
  package var deliveries: [Delivery] = []
  /// Nil when no certificate is configured.
  package var certificate: CertificateFacts?
  package var data = FolderFacts()
  /// The folder of the pages that was found; nil when there is none.
  package var pages: String?
  package var cores = 1
  /// Descriptors this process may open.
  package var descriptorsMax: UInt64 = 0
  /// net.core.rmem_max and wmem_max in bytes; nil when they can't be read.
  package var receiveBufferMax: Int?
  package var sendBufferMax: Int?
  package var wall = WallTime(nanoseconds: 0)
  /// Whether the kernel believes that its clock is kept right.
  package var isClockSynchronised = false
  /// Seconds of wall clock per second of monotonic clock, over some tens of milliseconds.
  package var clockRate = 1.0
  /// Whether the generator of keys has been seeded.
  package var hasEntropy = true

  /// Nothing measured yet.
  package init() {}
}

/// Where the configuration was read from, as far as its secrets are concerned.
package struct SourceFacts: Sendable {
  /// Nil without a file.
  package var file: String?
  /// Whether the file holds a secret and users other than its owner and group may read it.
  package var isFileExposed = false
  /// Whether a secret stands on the command line.
  package var hasSecretFlag = false
  /// No file, no secrets.
  package init() {}
}

/// Whether a port can be had.
package enum PortState: Hashable, Sendable {
  case free
  /// Taken by a program; nil when that is not ours to see.
  case taken(by: String?)
  /// The kernel refuses it, with its text.
  case refused(String)
  /// The address is not this machine's.
  case notOurs
}

/// One try to reach the media port from this machine.
package struct Delivery: Hashable, Sendable {
  package enum Transport: String, Hashable, Sendable { case udp = "UDP", tcp = "TCP" }
  package let transport: Transport
  package let address: IPAddress
  package let hasArrived: Bool
  /// The outcome of a try.
  package init(transport: Transport, address: IPAddress, hasArrived: Bool) {
    self.transport = transport
    self.address = address
    self.hasArrived = hasArrived
  }
}

/// A certificate file and its key file.
package struct CertificateFacts: Hashable, Sendable {
  /// Why it can't be used at all; nil when it was read and matches its key.
  package var problem: String?
  /// From now until it expires; negative afterwards.
  package var daysLeft = 0
  /// Whether its time has not come yet.
  package var isEarly = false
  package var isSelfSigned = false
  /// Whether anyone on the machine may read the key.
  package var isKeyExposed = false
  /// A good certificate without a future.
  package init() {}
}

/// The data folder.
package struct FolderFacts: Hashable, Sendable {
  /// What the folder is on.
  package enum Storage: Hashable, Sendable {
    case disk
    /// Gone after a restart of the machine.
    case memory
    /// Gone with the container.
    case container
    /// On another machine; by its kind.
    case network(String)
  }
  /// Why it can't be used, or can't be made; nil when it can.
  package var problem: String?
  package var storage = Storage.disk
  /// Bytes an ordinary user may still write.
  package var freeBytes: UInt64 = .max
  /// Whether others than the owner may read the keys file.
  package var areKeysExposed = false
  /// A usable folder.
  package init() {}
}
