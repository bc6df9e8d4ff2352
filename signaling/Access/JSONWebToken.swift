// Tokens as JWT (RFC 7519) signed with HS256 (RFC 7515, RFC 7518 section 3.2). No other algorithm.

import Crypto
import JSON
package import Wire

/// Mints and verifies tokens under one set of keys.
package enum JSONWebToken {
  /// Clocks of different machines differ by this much at most.
  package static let leeway = TimeSpan.seconds(30)
  /// Bytes of a token: three times what the longest claims need.
  package static let bytesMax = 4096

  /// A signed token for `credential`; its issuer must be `key`.
  package static func mint(_ credential: Credential, key: APIKey, notBefore: WallTime? = nil)
    -> String
  {
    let header: JSONValue = ["alg": "HS256", "typ": "JWT"]
    var claims = JSONObject()
    claims["iss"] = .string(key.key)
    claims["sub"] = .string(credential.subject)
    if let name = credential.name { claims["name"] = .string(name) }
    claims["room"] = .string(credential.room)
    claims["role"] = .string(credential.role.rawValue)
    if credential.isSubscriber { claims["subscriber"] = true }
    if credential.isBoundToHLS { claims["delivery"] = "hls" }
    claims["exp"] = .integer(credential.expires.nanoseconds / 1_000_000_000)
    if let notBefore { claims["nbf"] = .integer(notBefore.nanoseconds / 1_000_000_000) }
    let signed =
      Base64.encode(header.write(), .url) + "."
      + Base64.encode(JSONValue.object(claims).write(), .url)
    return signed + "." + Base64.encode(signature(of: signed, key), .url)
  }

  /// The credential of a token, if `keys` has its issuer and everything is right at `now`.
  package static func verify(_ token: String, keys: [APIKey], at now: WallTime)
    throws(AccessRefusal) -> Credential
  {
    guard token.utf8.count <= bytesMax else { throw .malformed }
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = object(parts[0]), let claims = object(parts[1]),
      let tag = Base64.decode(String(parts[2]), .url)
    else { throw .malformed }
    guard (try? header.string("alg")) == "HS256" else { throw .malformed }
    // We understand no extension, so any that must be understood ends it (RFC 7515 section 4.1.11).
    guard header.object["crit"] == nil else { throw .malformed }
    guard let issuer = try? claims.string("iss") else { throw .malformed }
    guard let key = keys.first(where: { $0.key == issuer }) else { throw .unknownKey }
    let signed = "\(parts[0]).\(parts[1])"
    guard
      HMACSHA256(key: Array(key.secret.utf8).span).isValid(
        tag: tag.span, over: Array(signed.utf8).span)
    else { throw .badSignature }
    return try credential(claims, issuer, at: now)
  }

  private static func credential(_ claims: JSONFields, _ issuer: String, at now: WallTime)
    throws(AccessRefusal) -> Credential
  {
    guard let subject = try? claims.string("sub"), let room = try? claims.string("room"),
      let role = (try? claims.string("role")).flatMap(Role.init(rawValue:)),
      let expires = try seconds(claims, "exp")
    else { throw .malformed }
    let notBefore = try seconds(claims, "nbf")
    let name: String?
    let isSubscriber: Bool?
    let delivery: String?
    do {
      name = try claims.optionalString("name")
      isSubscriber = try claims.optionalBool("subscriber")
      delivery = try claims.optionalString("delivery")
    } catch {
      throw .malformed
    }
    let credential = Credential(
      issuer: issuer, subject: subject, name: name, room: room, role: role, expires: expires,
      isSubscriber: isSubscriber ?? false, isBoundToHLS: delivery == "hls")
    guard credential.isWellFormed else { throw .malformed }
    // "On or after" exp it is over (RFC 7519 section 4.1.4), at nbf itself it has begun (4.1.5).
    if now >= expires + leeway { throw .expired }
    if let notBefore, now + leeway < notBefore { throw .notYetValid }
    return credential
  }

  /// A NumericDate (RFC 7519 section 2) between 1970 and 2242; nil when absent.
  private static func seconds(_ claims: JSONFields, _ name: String) throws(AccessRefusal)
    -> WallTime?
  {
    let date: Double?
    do { date = try claims.optionalDouble(name) } catch { throw .malformed }
    guard let value = date else { return nil }
    guard value >= 0, value < 8_589_934_592 else { throw .malformed }
    return WallTime(nanoseconds: Int64(value * 1e9))
  }

  private static func object(_ part: Substring) -> JSONFields? {
    guard let bytes = Base64.decode(String(part), .url),
      let value = try? JSONValue.parse(bytes), let fields = try? JSONFields(document: value)
    else { return nil }
    return fields
  }

  private static func signature(of text: String, _ key: APIKey) -> [UInt8] {
    HMACSHA256(key: Array(key.secret.utf8).span).tag(over: Array(text.utf8).span)
  }
}
