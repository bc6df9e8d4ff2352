// Addresses, credentials and requests of a store: what is taken, what is refused, what is sent.

import Testing
import Wire

@testable import ObjectStore

@Suite("A store")
struct StoreAddressTests {
  @Test("an address names bucket, prefix, server and region")
  func address() throws {
    let full = try #require(
      StoreAddress("s3://shows/live/eu?endpoint=http://127.0.0.1:9000&region=eu-central-1"))
    #expect(full.path(of: "demo/index.m3u8") == "/shows/live/eu/demo/index.m3u8")
    #expect(full.authority == "127.0.0.1:9000" && !full.isSecure && full.region == "eu-central-1")
    let amazon = try #require(StoreAddress("s3://shows/?region=eu-west-1"))
    #expect(amazon.authority == "s3.eu-west-1.amazonaws.com" && amazon.isSecure)
    #expect(amazon.port == 443 && amazon.path(of: "a") == "/shows/a")
    let six = try #require(StoreAddress("s3://shows?endpoint=https://[fd99::1]:9000/"))
    #expect(six.authority == "[fd99::1]:9000" && six.host == "fd99::1")
  }

  @Test(
    "what can't be meant is refused",
    arguments: [
      "", "s3://", "https://shows", "s3:///prefix", "s3://a//b", "s3://a/../b", "s3://a b",
      "s3://a?endpoint=ftp://b", "s3://a?endpoint=https://", "s3://a?endpoint=https://b:0",
      "s3://a?endpoint=https://b:99999", "s3://a?endpoint=https://b/path", "s3://a?style=path",
      "s3://a?region=eu&region=us", "s3://a?region=", "s3://a?endpoint=http://user@b",
      "s3://a?endpoint=http://[b]", "s3://a?endpoint=http://a:b:1", "s3://a\r\nb",
    ])
  func refused(_ text: String) { #expect(StoreAddress(text) == nil) }

  @Test("credentials are read as the AWS tools write them, and never printed")
  func credentials() throws {
    let text = """
      # ours
      [other]
      aws_access_key_id = WRONG
      aws_secret_access_key = WRONG
      [default]
      aws_access_key_id = AKID
      aws_secret_access_key=se=cret+/
      aws_session_token = token
      """
    let read = try #require(StoreCredentials(file: text))
    #expect(read == StoreCredentials(accessKey: "AKID", secret: "se=cret+/", sessionToken: "token"))
    #expect(StoreCredentials(file: "aws_access_key_id = AKID") == nil)
    #expect(StoreCredentials(accessKey: "a\r\nb", secret: "c") == nil)
    var dumped = ""
    dump(read, to: &dumped)
    #expect(!"\(read) \(String(reflecting: read)) \(dumped)".contains("cret"))
  }

  @Test("a request has its length, its type and its signature, and no secret")
  func request() throws {
    let requests = StoreRequests(
      try #require(StoreAddress("s3://shows/live?endpoint=http://store:9000")))
    let credentials = try #require(
      StoreCredentials(accessKey: "AKID", secret: "hidden", sessionToken: "token"))
    let head = String(
      decoding: requests.put(
        "demo/a.m4s", [[1, 2], [3]], mediaType: "video/mp4", cacheControl: "public, max-age=1",
        credentials, at: WallTime(nanoseconds: 1_369_353_600_000_000_000)), as: UTF8.self)
    #expect(head.hasPrefix("PUT /shows/live/demo/a.m4s HTTP/1.1\r\nHost: store:9000\r\n"))
    #expect(head.hasSuffix("\r\nContent-Length: 3\r\n\r\n"))
    for line in [
      "x-amz-date: 20130524T000000Z", "x-amz-security-token: token", "Content-Type: video/mp4",
      "Cache-Control: public, max-age=1",
      "x-amz-content-sha256: 039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81",
      "SignedHeaders=cache-control;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token",
    ] { #expect(head.contains(line), "\(line)") }
    #expect(!head.contains("hidden"))
  }

  @Test("a refusal is called by its code, whatever else its body is")
  func refusals() {
    let body =
      "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message>no</Message></Error>"
    #expect(StoreRequests.code(of: Array(body.utf8)) == "NoSuchBucket")
    for other in ["", "<Code>", "<html>502</html>", "<Code><script>"] {
      #expect(StoreRequests.code(of: Array(other.utf8)) == "")
    }
    for length in 0..<body.utf8.count {
      _ = StoreRequests.code(of: Array(body.utf8.prefix(length)))
    }
  }
}
