// URLs that try to lead a server into its own network. Port 9 stands for the canary's.

/// The list both tests use: reading, and sending.
enum HostileURLs {
  /// Refused as they are read.
  static let unreadable = [
    "", "/", "//127.0.0.1:9/", "127.0.0.1:9", "ftp://127.0.0.1:9/", "file:///etc/passwd",
    "gopher://127.0.0.1:9/_x", "javascript:alert(1)", "https:", "https://", "https:///x",
    "https:/127.0.0.1:9/", "https://:9/", "https://user@127.0.0.1:9/",
    "https://shop.example@127.0.0.1:9/", "https://shop.example:x@127.0.0.1:9/",
    "https://127.0.0.1:9#@shop.example/", "https://127.0.0.1:9\\@shop.example/",
    "https://shop.example\\.127.0.0.1:9/", "https://2130706433:9/", "https://0x7f000001:9/",
    "https://0x7f.0.0.1:9/", "https://017700000001:9/", "https://0177.0.0.1:9/",
    "https://127.1:9/", "https://127.0.1:9/", "https://127.0.0.01:9/", "https://127.0.0.1.:9/",
    "https://0:9/", "https://shop.0x7f:9/", "https://[::1:9/", "https://::1:9/",
    "https://[::1%25lo]:9/", "https://[::1%lo]:9/", "https://[127.0.0.1]:9/", "https://[]:9/",
    "https://127.0.0.1:0/", "https://127.0.0.1:65536/", "https://127.0.0.1:+9/",
    "https://127.0.0.1:9x/", "https://127.0.0.1: 9/", "https://127.0.0.1:9/ x",
    "https://127.0.0.1:9/\r\nHost: x", "https://127.0.0.1:9/\u{0}", "https://１２７.0.0.1:9/",
    "https://127。0。0。1:9/", "https://%31%32%37.0.0.1:9/", "https://localhost%00:9/",
    "https://a..b:9/", "https://-a.example/", "https://a.example/%2", "https://a.example/%zz",
    "https://a_é.example/", "https://\(String(repeating: "a", count: 64)).example/",
    "https://a.example/\(String(repeating: "a", count: 2048))",
  ]

  /// Read, and refused for where they lead.
  static let readable = [
    "https://127.0.0.1:9/", "https://127.255.255.254:9/", "https://0.0.0.0:9/",
    "https://[::1]:9/", "https://[::]:9/", "https://[::ffff:127.0.0.1]:9/",
    "https://[::ffff:7f00:1]:9/", "https://[::127.0.0.1]:9/", "https://[64:ff9b::7f00:1]:9/",
    "https://[2002:7f00:1::]:9/", "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]:9/",
    "https://[fe80::1]:9/", "https://[fd00::1]:9/", "https://10.0.0.1:9/",
    "https://169.254.169.254:9/latest/meta-data/", "https://100.100.100.200:9/",
    "https://192.168.0.1:9/", "https://172.17.0.1:9/", "https://localhost:9/",
    "https://LOCALHOST:9/", "http://127.0.0.1:9/", "http://localhost:9/",
  ]
}
