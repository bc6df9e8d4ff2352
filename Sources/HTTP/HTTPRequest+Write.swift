// The bytes of a request, for our own clients.

extension HTTPRequest {
  /// Appends the request's bytes to `output`; `host` is the authority it is sent to.
  package func write(into output: inout [UInt8], host: String) {
    var pairs = ""
    for parameter in target.query {
      pairs += pairs.isEmpty ? "?" : "&"
      pairs += PercentCoding.encode(parameter.name) + "=" + PercentCoding.encode(parameter.value)
    }
    var head = "\(method.rawValue) \(target.path)\(pairs) HTTP/1.1\r\nHost: \(host)\r\n"
    for field in headers.fields { head += "\(field.name): \(field.value)\r\n" }
    if !body.isEmpty || method == .post || method == .put || method == .patch {
      head += "Content-Length: \(body.count)\r\n"
    }
    output += head.utf8
    output += [HTTPSyntax.cr, HTTPSyntax.lf]
    output += body
  }
}
