// Where a webhook may go: addresses, and URLs that try to be read two ways.

import Testing
import Wire

@testable import Hooks

@Suite("Addresses and URLs of webhooks")
struct AddressTests {
  @Test(
    "private, loopback, link-local, shared, multicast and reserved addresses are refused in every form",
    arguments: [
      "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255",
      "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
      "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255",
      "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1",
      "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
      "::ffff:169.254.169.254", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1",
      "64:ff9b:1::8.8.8.8", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
      "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1",
      "2002:808:808::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fd00::1",
      "fdff::1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ffff::1",
    ])
  func refused(_ text: String) throws {
    let ip = try #require(IPAddress(text))
    #expect(!AddressRules.isPublic(ip))
    let address = SocketAddress(ip: ip, port: 443)
    #expect(!AddressRules().mayContact(address))
    #expect(AddressRules(allowing: [address]).mayContact(address))
    #expect(!AddressRules(allowing: [address]).mayContact(SocketAddress(ip: ip, port: 444)))
  }

  @Test(
    "public addresses are not",
    arguments: [
      "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
      "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "198.17.255.255",
      "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2001:4860:4860::8888",
      "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    ])
  func open(_ text: String) throws {
    let ip = try #require(IPAddress(text))
    #expect(AddressRules.isPublic(ip))
    #expect(!AddressRules().mayContact(SocketAddress(ip: ip, port: 0)))
    #expect(!AddressRules().mayBePlain(SocketAddress(ip: ip, port: 80)))
  }

  @Test("plain HTTP goes only to what is allowed, and one bad address speaks against all of a name")
  func names() throws {
    func address(_ text: String) throws -> SocketAddress {
      SocketAddress(ip: try #require(IPAddress(text)), port: 443)
    }
    let (open, home) = (try address("8.8.8.8"), try address("127.0.0.1"))
    let (rules, none) = (AddressRules(allowing: [home]), AddressRules())
    #expect(none.refusal(of: [open], isSecure: true) == nil)
    #expect(none.refusal(of: [open], isSecure: false) != nil)
    #expect(none.refusal(of: [open, home], isSecure: true) != nil)
    #expect(none.refusal(of: [], isSecure: true) != nil)
    #expect(rules.refusal(of: [home], isSecure: false) == nil)
    #expect(rules.refusal(of: [open, home], isSecure: true) == nil)
    #expect(rules.refusal(of: [open, home], isSecure: false) != nil)
  }

  @Test("a URL is read into host, port and target")
  func urls() throws {
    let url = try #require(HookURL("https://Shop.Example/hooks/live?x=%20"))
    #expect(url.host == .name("shop.example"))
    #expect(url.port == 443)
    #expect(url.target == "/hooks/live?x=%20")
    #expect(url.authority == "shop.example")
    #expect(url.origin == "https://shop.example")
    #expect(HookURL("https://a.example")?.target == "/")
    #expect(HookURL("https://a.example?q")?.target == "/?q")
    #expect(HookURL("http://127.0.0.1:8081/x")?.authority == "127.0.0.1:8081")
    #expect(HookURL("https://[2606:4700::1]:8443/")?.authority == "[2606:4700::1]:8443")
    #expect(HookURL("HTTPS://a.example")?.isSecure == true)
  }

  @Test("a URL that another reader could take otherwise is none")
  func hostile() {
    for text in HostileURLs.unreadable { #expect(HookURL(text) == nil, "\(text)") }
  }

  @Test("whatever hostile URL can be read leads to an address that is refused, or to a name")
  func hostileAddresses() {
    for text in HostileURLs.readable {
      guard let url = HookURL(text) else {
        Issue.record("\(text)")
        continue
      }
      guard case .address(let ip) = url.host else { continue }
      #expect(!AddressRules().mayContact(SocketAddress(ip: ip, port: url.port)), "\(text)")
    }
    #expect(HostileURLs.unreadable.count + HostileURLs.readable.count >= 60)
  }

  @Test("no text of small length, and no change of a good URL, traps")
  func total() {
    let good = Array("https://u@[::ffff:7f00:1]:8080/%2e?x#".utf8)
    for length in 0...good.count { _ = HookURL(String(decoding: good[..<length], as: UTF8.self)) }
    for index in good.indices {
      for byte in UInt8.min...UInt8.max {
        var text = good
        text[index] = byte
        HooksFuzzBody.run(text.span)
      }
    }
  }
}
