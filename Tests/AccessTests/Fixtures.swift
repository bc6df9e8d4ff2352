// Tokens as an attacker would make them: any header, any claims, signed or not.

import Crypto
import JSON
import Wire

@testable import Access

/// A moment in 2026, on a whole second.
let noon = WallTime(nanoseconds: 1_793_534_400_000_000_000)

/// The same moment as a NumericDate.
let noonSeconds: Int64 = 1_793_534_400

struct FixtureFault: Error {}

func makeKey(_ name: String = "first", secret: String = "0123456789abcdef") throws -> APIKey {
  guard let key = APIKey(key: name, secret: secret) else { throw FixtureFault() }
  return key
}

/// The claims of a viewer's token that is good at `noon`.
func goodClaims() -> JSONObject {
  JSONObject([
    ("iss", "first"), ("sub", "ann"), ("room", "show"), ("role", "viewer"),
    ("exp", .integer(noonSeconds + 60)),
  ])
}

/// A token of these texts, signed with `secret` whatever they say.
func forge(
  header: String = #"{"alg":"HS256","typ":"JWT"}"#, claims: String,
  secret: String = "0123456789abcdef"
) -> String {
  let signed =
    Base64.encode(Array(header.utf8), .url) + "." + Base64.encode(Array(claims.utf8), .url)
  let tag = HMACSHA256(key: Array(secret.utf8).span).tag(over: Array(signed.utf8).span)
  return signed + "." + Base64.encode(tag, .url)
}

/// A signed token of `goodClaims` with one claim set to something else, or left out.
func forge(_ claim: String, _ value: JSONValue?) -> String {
  var claims = goodClaims()
  claims[claim] = value
  return forge(claims: String(decoding: JSONValue.object(claims).write(), as: UTF8.self))
}

/// What `keys` make of `token`: the refusal, or nil when it is accepted.
func refusal(_ token: String, keys: [APIKey]? = nil, at now: WallTime = noon) throws
  -> AccessRefusal?
{
  let keys = try keys ?? [makeKey()]
  do throws(AccessRefusal) {
    _ = try JSONWebToken.verify(token, keys: keys, at: now)
    return nil
  } catch {
    return error
  }
}
