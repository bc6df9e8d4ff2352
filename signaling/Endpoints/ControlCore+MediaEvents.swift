// What the media plane reports, and who hears of it.

import HTTP
package import MediaControl
import Room
package import Wire

extension ControlCore {
  /// Takes news from a worker.
  package mutating func take(_ event: MediaEvent, at now: Instant) {
    switch event {
    case .connected(let peer):
      guard transports[peer] != nil else { return }
      transports[peer]?.isConnected = true
      if let created = transports[peer]?.createdAt { metrics.joined(after: now - created) }
      effects.append(.transport(peer, .connected))
    case .ended(let peer, let reason):
      guard let record = transports[peer] else { return }
      metrics.ended(reason)
      leaveRoom(record, at: now)
      _ = forget(peer)
      if reason == .closedByPeer { farewells.add(record) }
      effects.append(.transport(peer, .ended(reason)))
    case .firstFrame(let peer, _):
      if let created = transports[peer]?.createdAt { metrics.firstFrame(after: now - created) }
      effects.append(.transport(peer, .event(event)))
    case .reachable(let peer, _), .layer(let peer, _, _), .mediaTime(let peer, _, _, _):
      effects.append(.transport(peer, .event(event)))
    case .trackActive(let track, let isActive):
      update(track) { $0.activity(track, isActive: isActive) }
    case .trackStatus(let track, let layers):
      update(track) { $0.status(track, layers: layers) }
    case .statistics(let request, let statistics):
      metrics.take(statistics, of: Int(request % ControlCore.statisticsNumbers))
    case .workerFailed:
      break  // The shell ends the process.
    }
  }

  /// Asks all workers for their figures. A request's number says which worker it was put to.
  package mutating func askForStatistics() {
    lastStatisticsRound += 1
    for worker in 0..<config.workers {
      let request = lastStatisticsRound * ControlCore.statisticsNumbers + UInt64(worker)
      effects.append(
        .media(.reportStatistics(request: request), WorkerIndex(UInt8(worker))))
    }
  }

  /// More than there are workers.
  private static let statisticsNumbers: UInt64 = 64

  /// Tells a track's room.
  private mutating func update(_ track: TrackID, _ body: (inout RoomMedia) -> [RoomChange]) {
    guard let name = trackRooms[track], var room = rooms[name] else { return }
    let changes = body(&room)
    rooms[name] = room
    apply(changes, in: name)
  }
}
