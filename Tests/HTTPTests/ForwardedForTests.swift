import Testing
import Wire

@testable import HTTP

@Suite("Clients behind trusted proxies, RFC 7239")
struct ForwardedForTests {
  private func client(
    _ headers: HTTPHeaders, from remote: String = "127.0.0.1",
    trusting proxies: [String] = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"]
  ) throws -> String {
    let request = HTTPRequest(.get, try HTTPTarget("/"), headers: headers)
    let remote = try #require(IPAddress(remote))
    return ForwardedFor.client(
      of: request, from: remote, trusting: proxies.compactMap { AddressRange($0) }
    ).description
  }

  @Test("nobody is believed by default, and who is not a trusted proxy never")
  func untrusted() throws {
    let headers: HTTPHeaders = ["X-Forwarded-For": "203.0.113.1"]
    #expect(try client(headers, trusting: []) == "127.0.0.1")
    #expect(try client(headers, from: "198.51.100.9") == "198.51.100.9")
  }

  @Test(
    "the client is the nearest hop that is not a trusted proxy, whatever stands before it",
    arguments: [
      ("203.0.113.1", "203.0.113.1"), ("1.1.1.1, 203.0.113.1", "203.0.113.1"),
      ("1.1.1.1, 203.0.113.1, 10.1.2.3", "203.0.113.1"), ("10.9.9.9", "10.9.9.9"),
      ("2001:db8::1", "2001:db8::1"), ("[2001:db8::1]:443, 10.0.0.1", "2001:db8::1"),
      ("203.0.113.1:5000", "203.0.113.1"), ("::ffff:203.0.113.1", "203.0.113.1"),
      ("203.0.113.1, unknown", "127.0.0.1"), ("203.0.113.1, ", "127.0.0.1"), ("", "127.0.0.1"),
    ])
  func list(value: String, expected: String) throws {
    #expect(try client(["X-Forwarded-For": value]) == expected)
  }

  @Test("several header lines are one list")
  func lines() throws {
    let headers: HTTPHeaders = ["X-Forwarded-For": "1.1.1.1", "x-forwarded-for": "203.0.113.1"]
    #expect(try client(headers) == "203.0.113.1")
  }

  @Test(
    "Forwarded is read by its for parameters",
    arguments: [
      ("for=203.0.113.1", "203.0.113.1"),
      ("for=1.1.1.1, For=\"203.0.113.1:80\";proto=https", "203.0.113.1"),
      ("proto=https;for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
      ("for=\"[2001:db8::1]\", for=10.0.0.3;by=10.0.0.4", "2001:db8::1"),
      ("for=_hidden", "127.0.0.1"), ("by=203.0.113.1", "127.0.0.1"),
    ])
  func standard(value: String, expected: String) throws {
    #expect(try client(["Forwarded": value]) == expected)
  }

  @Test("a quote the client left open does not swallow what the proxy appended")
  func openQuote() throws {
    #expect(try client(["Forwarded": "for=1.1.1.1;x=\", for=203.0.113.1"]) == "127.0.0.1")
    let odd = "for=1.1.1.1;x=\"a, for=\"[2001:db8::1]:1\""
    #expect(try client(["Forwarded": odd]) == "127.0.0.1")
  }

  @Test("with both headers nobody knows which one the proxy wrote: it is the proxy's own")
  func both() throws {
    let headers: HTTPHeaders = ["X-Forwarded-For": "203.0.113.1", "Forwarded": "for=1.1.1.1"]
    #expect(try client(headers) == "127.0.0.1")
  }

  @Test("a row of proxies without end is followed for 16 hops")
  func manyHops() throws {
    let hops = Array(repeating: "10.0.0.1", count: 40).joined(separator: ",")
    #expect(try client(["X-Forwarded-For": "203.0.113.1," + hops]) == "10.0.0.1")
  }

  @Test("random text is never a reason to trap")
  func hostile() {
    var state: UInt64 = 1
    let letters = Array("for=,;\"\\[]:.0123456789abcdef /_".utf8)
    for length in 0...200 {
      var bytes: [UInt8] = []
      for _ in 0..<length {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(letters[Int(state >> 33) % letters.count])
      }
      HTTPFuzzBody.run(bytes.span)
    }
  }
}

@Suite("Ranges of addresses")
struct AddressRangeTests {
  @Test(
    "a range holds what shares its prefix, of its family",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
      ("0.0.0.0/0", "255.255.255.255", true), ("0.0.0.0/0", "::1", false),
      ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
      ("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
      ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("::/0", "fe80::1", true),
      ("::1", "::1", true), ("::1/128", "::2", false),
    ])
  func contains(range: String, address: String, isIn: Bool) throws {
    let range = try #require(AddressRange(range))
    #expect(range.contains(try #require(IPAddress(address))) == isIn)
    #expect(AddressRange(range.description) == range)
  }

  @Test(
    "what is no range, or an address beyond its prefix, is refused",
    arguments: [
      "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "::/129",
      "2001:db8::1/64", "example", "10.0.0.0/8/8", "::ffff:10.0.0.0/104", "10.0.0.0/0008",
    ])
  func refused(text: String) { #expect(AddressRange(text) == nil) }
}
