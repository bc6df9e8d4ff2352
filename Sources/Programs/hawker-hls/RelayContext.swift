// What all rooms of the process share.

import ClientShell
import Crypto
import HLSFeed
import Loop
import Web

/// The loop's clients, the web server and the settings, for every `RoomRelay`.
struct RelayContext {
  let settings: SidecarSettings
  let clients: ClientLoop
  let inbox: Mailbox<SidecarNews>
  let identity: ClientIdentity
  let server: WebServer
  let tokens = SocketTokens()
  /// Another one each time the process starts.
  let run: String

  /// Bytes of media that one room may keep.
  var roomBytesMax: Int { settings.bytesMax / settings.roomsMax }
}
