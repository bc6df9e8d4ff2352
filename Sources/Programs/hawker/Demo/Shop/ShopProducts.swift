// What the demo shop sells: a few products with pictures of its own, as `listings.put` offers them.

import HTTP
import JSON

/// One product.
struct ShopProduct: Hashable, Sendable {
  /// One kind of it.
  struct Variant: Hashable, Sendable {
    let sku: String
    let title: String?
    let priceMinor: Int64
    let compareAtMinor: Int64?
    let units: Int64
  }

  let reference: String
  let title: String
  let description: String
  /// The colours of its picture.
  let colours: (String, String)
  let shape: String
  let variants: [Variant]

  static func == (a: ShopProduct, b: ShopProduct) -> Bool { a.reference == b.reference }

  func hash(into hasher: inout Hasher) { hasher.combine(reference) }

  /// The shelf of every demo shop.
  static let all: [ShopProduct] = [
    ShopProduct(
      reference: "scarf", title: "Merino scarf", description: "30 × 180 cm, woven in Porto.",
      colours: ("#1f6f8b", "#99d5c9"),
      shape:
        "<path d='M60 20c50 40-10 70 30 120s-40 50-10 80h60c-30-40 60-50 20-110s10-60-20-90z'/>",
      variants: [
        Variant(
          sku: "SCARF-BLUE", title: "Blue", priceMinor: 2900, compareAtMinor: 3900, units: 20),
        Variant(sku: "SCARF-SAND", title: "Sand", priceMinor: 2900, compareAtMinor: nil, units: 12),
      ]),
    ShopProduct(
      reference: "mug", title: "Stoneware mug", description: "0.3 l, glazed by hand.",
      colours: ("#b5532f", "#f6e3c5"),
      shape: "<path d='M60 70h100v90a40 40 0 0 1-40 40H100a40 40 0 0 1-40-40z'/>"
        + "<path d='M160 90h20a25 25 0 0 1 0 60h-20' fill='none' stroke-width='16'/>",
      variants: [
        Variant(sku: "MUG", title: nil, priceMinor: 1800, compareAtMinor: nil, units: 30)
      ]),
    ShopProduct(
      reference: "candle", title: "Beeswax candle", description: "Burns for forty hours.",
      colours: ("#6a4c93", "#ffd97d"),
      shape: "<rect x='85' y='90' width='70' height='120' rx='8'/>"
        + "<path d='M120 30c22 28 22 48 0 50-22-2-22-22 0-50z'/>",
      variants: [
        Variant(sku: "CANDLE", title: nil, priceMinor: 1250, compareAtMinor: 1500, units: 40)
      ]),
    ShopProduct(
      reference: "print", title: "Linocut print", description: "A3, numbered, one of fifty.",
      colours: ("#22333b", "#eae0d5"),
      shape: "<path d='M40 190l50-80 35 50 25-35 50 65z'/><circle cx='165' cy='70' r='20'/>",
      variants: [
        Variant(sku: "PRINT", title: nil, priceMinor: 4500, compareAtMinor: nil, units: 5)
      ]),
  ]

  /// The picture, drawn from nothing but shapes.
  var picture: HTTPResponse {
    let svg =
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 240 240' role='img'>"
      + "<rect width='240' height='240' fill='\(colours.1)'/>"
      + "<g fill='\(colours.0)' stroke='\(colours.0)'>\(shape)</g></svg>"
    var response = HTTPResponse(200, mediaType: "image/svg+xml", body: Array(svg.utf8))
    response.headers.set("Cache-Control", "max-age=3600")
    // A picture is all it may be.
    response.headers.set("Content-Security-Policy", "default-src 'none'; style-src 'none'")
    return response
  }

  /// As `listings.put` has it.
  ///
  /// - Parameter authority: where browsers reach this shop.
  func listing(at authority: String) -> JSONValue {
    [
      "reference": .string(reference), "title": .string(title),
      "description": .string(description), "currency": "EUR",
      "images": [.string("http://\(authority)/products/\(reference).svg")],
      "variants": .array(
        variants.map { variant in
          var object: JSONObject = [
            "sku": .string(variant.sku), "priceMinor": .integer(variant.priceMinor),
            "units": .integer(variant.units),
          ]
          if let title = variant.title { object["title"] = .string(title) }
          if let compare = variant.compareAtMinor { object["compareAtMinor"] = .integer(compare) }
          return .object(object)
        }),
    ]
  }
}
