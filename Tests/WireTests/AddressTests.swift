// Addresses as text and back: RFC 4291 section 2.2, RFC 5952, and everything that is neither.

import Testing
import Wire

@Suite("Addresses")
struct AddressTests {
  @Test(
    "an address is written in its canonical form",
    arguments: [
      ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
      ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("FE80::A", "fe80::a"),
      ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"), ("2001:0db8::0001", "2001:db8::1"),
      // RFC 5952 section 4.2: not a single group, the longest run, the first of equals.
      ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
      ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
      ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"),
      ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("::1.2.3.4", "::102:304"),
    ])
  func canonical(text: String, written: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.description == written)
    #expect(IPAddress(written) == address)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.+4", "1.2.3.-4", " 1.2.3.4",
      "1.2.3.4 ", "1..3.4", "1.2.3.", "0x1.2.3.4", "１.2.3.4", ":", ":::", "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", ":1:2:3:4:5:6:7", "12345::", "g::", "+1::",
      "fe80::1%eth0",
      "[::1]", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "localhost", "::ffff:1.2.3.4.5",
    ])
  func refused(text: String) { #expect(IPAddress(text) == nil) }

  @Test("a mapped IPv4 address is that IPv4 address")
  func mapped() {
    let mapped = IPAddress(high: 0, low: 0xFFFF_C000_0201)
    #expect(mapped == IPAddress(ipv4: 0xC000_0201))
    #expect(mapped.isIPv4)
    #expect(!IPAddress(high: 0, low: 0xC000_0201).isIPv4)
    #expect(IPAddress(high: 0, low: 0xC000_0201) != mapped)
  }

  @Test("kinds of address are told apart in both families")
  func kinds() throws {
    func kind(_ text: String) throws -> [Bool] {
      let ip = try #require(IPAddress(text))
      return [ip.isUnspecified, ip.isLoopback, ip.isLinkLocal]
    }
    #expect(try kind("0.0.0.0") == [true, false, false])
    #expect(try kind("::") == [true, false, false])
    #expect(try kind("127.255.0.9") == [false, true, false])
    #expect(try kind("::1") == [false, true, false])
    #expect(try kind("::ffff:127.0.0.1") == [false, true, false])
    #expect(try kind("169.254.3.4") == [false, false, true])
    #expect(try kind("fe80::1") == [false, false, true])
    #expect(try kind("febf::1") == [false, false, true])
    #expect(try kind("fec0::1") == [false, false, false])
    #expect(try kind("203.0.113.9") == [false, false, false])
  }

  @Test(
    "a socket address is an address and a port, IPv6 in brackets",
    arguments: ["192.0.2.1:7000", "[2001:db8::1]:443", "[::]:0", "0.0.0.0:65535"])
  func sockets(text: String) throws {
    #expect(try #require(SocketAddress(text)).description == text)
  }

  @Test(
    "what is no socket address is refused",
    arguments: [
      "", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:+80",
      "192.0.2.1: 80", "::1:80", "[::1]", "[::1]80", "[::1:80", "::1]:80", "[192.0.2.1]:80", "x:80",
      "192.0.2.1:8０",
    ])
  func refusedSockets(text: String) { #expect(SocketAddress(text) == nil) }
}
