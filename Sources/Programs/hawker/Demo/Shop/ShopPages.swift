// The demo shop's pages: the fake payment page, and the one with switches and payments.

import HTTP

/// Renders pages. All that came from outside is escaped.
enum ShopPages {
  /// Where a buyer pays, or doesn't.
  static func payment(_ payment: ShopCore.Payment) -> HTTPResponse {
    let kind = payment.isCoins ? "Purchase" : "Order"
    let lines = payment.lines.map { "<li>\(escape($0))</li>" }.joined()
    let buttons =
      payment.status == "open"
      ? ["paid": "Pay", "failed": "Fail", "cancelled": "Cancel"].sorted { $0.value > $1.value }
        .map { button("/pay/\(payment.id)/\($0.key)", $0.value) }.joined()
      : "<p>You may close this page.</p>"
    return page(
      "Pay",
      """
      <h1>Demo payment</h1>
      <p>No money moves. \(kind) \(payment.order) of \(escape(payment.room)).</p>
      <ul>\(lines)</ul><p class=total>\(amount(payment))</p>
      <p>Status: <strong id=status>\(escape(payment.status))</strong></p>\(buttons)
      """)
  }

  /// What came, what was paid, and how well the shop behaves.
  static func overview(_ shop: ShopCore) -> HTTPResponse {
    let payments = shop.payments.suffix(50).reversed().map { payment in
      let more =
        payment.status == "paid" && !payment.isCoins
        ? button("/pay/\(payment.id)/shipped", "Ship")
          + button("/pay/\(payment.id)/refunded", "Refund") : ""
      return """
        <tr><td><a href="/pay/\(payment.id)">\(payment.order)</a></td>\
        <td>\(escape(payment.room))</td><td>\(amount(payment))</td>\
        <td>\(escape(payment.status))</td><td>\(more)</td></tr>
        """
    }
    let messages = shop.messages.suffix(50).reversed().map {
      "<tr><td>\(escape($0.type))</td><td>\(escape($0.id))</td><td>\(escape($0.note))</td></tr>"
    }
    let switches = shop.switches
    return page(
      "Demo shop",
      """
      <h1>Demo shop</h1>
      <form method=post action="/switches">
      <label>Slow, ms <input name=slow type=number min=0 max=30000 value="\(switches.slowMs)"></label>
      <label>Fail, % <input name=fail type=number min=0 max=100 value="\(switches.failPercent)"></label>
      <label>Repeat <input name=repeat type=number min=1 max=10 value="\(switches.repeats)"></label>
      <label><input name=lie type=checkbox \(switches.lies ? "checked" : "")> Lie</label>
      <button>Set</button></form>
      <h2>Payments</h2><table>\(payments.joined())</table>
      <h2>Messages</h2><table>\(messages.joined())</table>
      """)
  }

  /// After a form.
  static func redirect(_ path: String) -> HTTPResponse {
    HTTPResponse(303, headers: ["Location": path])
  }

  private static func button(_ action: String, _ text: String) -> String {
    "<form method=post action=\"\(action)\"><button>\(text)</button></form>"
  }

  private static func amount(_ payment: ShopCore.Payment) -> String {
    let (units, rest) = payment.totalMinor.quotientAndRemainder(dividingBy: 100)
    return "\(units).\(rest < 10 ? "0" : "")\(rest) \(escape(payment.currency))"
  }

  /// Text as HTML.
  static func escape(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  private static func page(_ title: String, _ body: String) -> HTTPResponse {
    let style =
      "body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem;"
      + "color:#1c1c1e;background:#fff}form{display:inline}button{font:inherit;padding:.4rem 1rem;"
      + "margin:.2rem}table{width:100%;border-collapse:collapse}td{border-top:1px solid #ddd;"
      + "padding:.3rem .5rem}label{margin-right:1rem}.total{font-size:1.6rem}"
      + "button{border:1px solid #8a8a90;border-radius:.6rem;background:#f2f2f4;min-height:2.75rem}"
      + "form[action$='/paid'] button{background:#ffb52e;border-color:#ffb52e;font-weight:700;"
      + "padding:.4rem 2.5rem}"
    var response = HTTPResponse(
      200, mediaType: "text/html; charset=utf-8",
      body: Array(
        """
        <!doctype html><html lang=en><meta charset=utf-8>\
        <meta name=viewport content="width=device-width,initial-scale=1">\
        <title>\(title)</title><style>\(style)</style>\(body)
        """.utf8))
    response.headers.set("Cache-Control", "no-store")
    response.headers.set(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
    return response
  }
}
