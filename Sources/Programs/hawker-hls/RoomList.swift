// The list of rooms of a Hawker server: which are live.

import ClientShell
import HLS
import ClientTLS
import HLSFeed
import HTTP
import JSON

/// `GET /api/v1/rooms`.
enum RoomList {
  /// As many as a page may have, and more than one process relays.
  private static let limit = 100

  /// Asks for the live rooms; blocking, for a thread of its own.
  static func fetch(
    _ settings: SidecarSettings, _ tls: TLSClientContext
  ) -> Result<[ListedRoom], ClientFault> {
    do throws(ClientFault) {
      guard case .server(let origin, _) = settings.source else { return .success([]) }
      let url = try ServerURL("\(origin)/api/v1/rooms?phase=live&limit=\(limit)")
      let response = try HTTPClient(tls: tls).perform(
        HTTPRequest(.get, url.target, headers: ["Connection": "close"]), to: url)
      guard response.status == 200 else {
        throw ClientFault.refused(status: response.status, reason: "no list of rooms")
      }
      guard let rooms = parse(response.body, isSecure: url.isSecure) else {
        throw ClientFault.answer("it is no list")
      }
      return .success(rooms)
    } catch {
      return .failure(error)
    }
  }

  /// Rows that are none are passed over, and rooms of servers without TLS where ours has it: they would get the
  /// token in the clear. Nil for what is no list.
  static func parse(_ body: [UInt8], isSecure: Bool) -> [ListedRoom]? {
    guard let value = try? JSONValue.parse(body), case .object(let object) = value,
      case .array(let rows)? = object["rooms"]
    else { return nil }
    return rows.prefix(limit).compactMap { row in
      guard case .object(let members) = row, case .string(let name)? = members["room"],
        case .string(let phase)? = members["phase"],
        // It becomes a folder's name.
        ResourceNames.isSafe(folder: name)
      else { return nil }
      guard case .string(let server)? = members["server"] else {
        return ListedRoom(name: name, isLive: phase == "live")
      }
      if isSecure, !server.hasPrefix("https://") { return nil }
      return ListedRoom(name: name, isLive: phase == "live", server: server)
    }
  }
}
