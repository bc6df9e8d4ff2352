// Signatures that Amazon has published, letter by letter.

import Testing
import Wire

@testable import ObjectStore

@Suite("AWS Signature Version 4")
struct SignatureV4Tests {
  private static let nothing: [UInt8] = []
  private let emptyDigest = SignatureV4.digest(nothing.span)
  private let host = (name: "Host", value: "examplebucket.s3.amazonaws.com")

  /// Of "Signature Calculations for the Authorization Header" in the S3 API reference.
  private func s3() throws -> SignatureV4 {
    SignatureV4(
      try #require(
        StoreCredentials(
          accessKey: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")),
      region: "us-east-1")
  }

  private func signature(_ request: SignableRequest) throws -> Substring {
    try s3().authorization(request, timestamp: "20130524T000000Z").suffix(64)
  }

  @Test("the S3 reference's GET Object, with a range")
  func getObject() throws {
    let request = SignableRequest(
      "GET", "/test.txt",
      headers: [
        host, ("Range", "bytes=0-9"), ("x-amz-content-sha256", emptyDigest),
        ("x-amz-date", "20130524T000000Z"),
      ], bodyDigest: emptyDigest)
    #expect(
      try s3().authorization(request, timestamp: "20130524T000000Z")
        == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
  }

  @Test("the S3 reference's PUT Object, whose name has to be encoded")
  func putObject() throws {
    let digest = SignatureV4.digest(Array("Welcome to Amazon S3.".utf8).span)
    #expect(digest == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
    let request = SignableRequest(
      "PUT", "/test$file.text",
      headers: [
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"), host, ("x-amz-content-sha256", digest),
        ("x-amz-date", "20130524T000000Z"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
      ], bodyDigest: digest)
    #expect(request.encodedPath == "/test%24file.text")
    #expect(
      try signature(request) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
  }

  @Test("the S3 reference's queries: one without a value, and two that have to be sorted")
  func queries() throws {
    var request = SignableRequest(
      "GET", "/", query: [("lifecycle", "")],
      headers: [
        host, ("x-amz-content-sha256", emptyDigest), ("x-amz-date", "20130524T000000Z"),
      ], bodyDigest: emptyDigest)
    #expect(
      try signature(request) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    request.query = [("prefix", "J"), ("max-keys", "2")]
    #expect(
      try signature(request) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
  }

  @Test("the test suite's get-vanilla, of another service")
  func vanilla() throws {
    let signer = SignatureV4(
      try #require(
        StoreCredentials(
          accessKey: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")),
      region: "us-east-1", service: "service")
    let request = SignableRequest(
      "GET", "/",
      headers: [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")],
      bodyDigest: emptyDigest)
    #expect(
      signer.authorization(request, timestamp: "20150830T123600Z").suffix(64)
        == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
  }

  @Test("the time of a request is its date in UTC without marks")
  func timestamp() {
    #expect(
      SignatureV4.timestamp(WallTime(nanoseconds: 1_369_353_600_000_000_000)) == "20130524T000000Z")
  }
}
