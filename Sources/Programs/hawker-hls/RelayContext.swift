// What all rooms of the process share.

import ClientShell
import ClientTLS
import Crypto
import HLS
import HLSFeed
import Loop
import Web
import Wire

/// The loop's clients, the web server and the settings, for every `RoomRelay`.
struct RelayContext {
  let settings: SidecarSettings
  let clients: ClientLoop
  let inbox: Mailbox<SidecarNews>
  let identity: ClientIdentity
  /// Who is believed to be a server of https.
  let tls: TLSClientContext
  let server: WebServer
  /// Where shows are kept; nil: nowhere.
  let keeping: Keeping?
  /// Where old segments are; nil: nowhere.
  let spooling: Spooling?
  /// The store shows are pushed to; nil: none.
  let pushing: Pushing?
  /// Where the web server finds answers that were just given.
  let shelf: AnswerShelf
  /// Which CDN players shall use; nil: nobody asks.
  let steering: SteeringFile?
  let tokens = SocketTokens()
  let runs: RunNames

  /// News of our own threads, which requests must not crowd out: a join, an address for each room, a list.
  static let ownNewsMax = 2 * SidecarSettings.roomsLimit + 1
  /// How long a show without media goes on: a host who comes back finds it, where the room's socket says
  /// when it is over.
  var silenceMax: TimeSpan {
    settings.origin.isEmpty || !settings.token.isGiven ? RoomFeed.silenceMax : RoomRoster.idleMax
  }
  /// What of a room is in files: all rooms share what there may be, as they need it.
  var spoolLimits: SpoolLimits? {
    spooling.map { _ in
      SpoolLimits(memory: settings.spoolAfter, bytesMax: settings.spoolBytesMax)
    }
  }
  /// Bytes of media that one room may keep in memory.
  var roomBytesMax: Int { settings.bytesMax / settings.roomsMax }
}
