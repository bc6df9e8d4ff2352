// Which program has a port, from /proc (proc(5)).

import Glibc

/// The sockets of this machine as far as this user may see.
struct PortOwners {
  /// Program and process by the inode of its socket.
  private let owners: [UInt64: String]

  /// Looks once through all processes.
  init() {
    var owners: [UInt64: String] = [:]
    for process in PortOwners.entries(of: "/proc") where process.allSatisfy(\.isNumber) {
      let folder = "/proc/\(process)/fd"
      var name: String?
      for descriptor in PortOwners.entries(of: folder) {
        guard let inode = PortOwners.socketInode(folder + "/" + descriptor) else { continue }
        name = name ?? PortOwners.name(of: process)
        owners[inode] = name
      }
    }
    self.owners = owners
  }

  /// The program that has the port for UDP or TCP, such as `janus (process 17)`; nil when none is
  /// ours to see.
  func owner(of port: UInt16, udp: Bool) -> String? {
    let tables = udp ? ["udp", "udp6"] : ["tcp", "tcp6"]
    for table in tables {
      guard let text = try? Files.text("/proc/net/" + table) else { continue }
      for line in text.split(separator: "\n").dropFirst() {
        if let inode = PortOwners.inode(line, port: port, listening: !udp),
          let owner = owners[inode]
        {
          return owner
        }
      }
    }
    return nil
  }

  /// The inode of a line of /proc/net/tcp or udp if its local port is `port`.
  private static func inode(_ line: Substring, port: UInt16, listening: Bool) -> UInt64? {
    let fields = line.split(separator: " ")
    guard fields.count > 9, let digits = fields[1].split(separator: ":").last,
      UInt16(digits, radix: 16) == port
    else { return nil }
    // 0A is TCP_LISTEN; connections of the port are not its owner.
    return listening && fields[3] != "0A" ? nil : UInt64(fields[9])
  }

  private static func name(of process: String) -> String {
    let comm = (try? Files.text("/proc/\(process)/comm")) ?? "a program"
    return comm.filter { $0 != "\n" } + " (process \(process))"
  }

  private static func socketInode(_ path: String) -> UInt64? {
    var buffer = [CChar](repeating: 0, count: 64)
    let length = unsafe readlink(path, &buffer, buffer.count)
    guard length > 0 else { return nil }
    let target = String(
      decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard target.hasPrefix("socket:["), target.hasSuffix("]") else { return nil }
    return UInt64(target.dropFirst(8).dropLast())
  }

  private static func entries(of folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}
