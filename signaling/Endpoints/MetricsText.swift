// /metrics: the figures of the process in Prometheus's text form.

import HTTP
import Hooks
import MediaControl
import Messages
import Nodes
import Room
import Telemetry
import Web

extension ControlCore {
  func metricsText() -> HTTPResponse {
    var text = PrometheusText()
    writeRooms(&text)
    writeSessions(&text)
    writeSeats(&text)
    writeMedia(&text)
    writeWeb(&text)
    writeHooks(&text)
    writeNodes(&text)
    return HTTPResponse(200, mediaType: PrometheusText.mediaType, body: text.bytes)
  }

  private func writeRooms(_ text: inout PrometheusText) {
    text.family("hawker_rooms", .gauge, help: "Rooms in memory.")
    text.sample("hawker_rooms", [:], Double(rooms.count))
    text.family(
      "hawker_sections_without_codec", .gauge,
      help: "Viewers' sections that get nothing: they did not offer their track's codec.")
    text.sample("hawker_sections_without_codec", [:], Double(sectionsWithoutCodec))
    text.family("hawker_transports", .gauge, help: "WebRTC transports negotiated and not ended.")
    let watching = transports.values.count { $0.purpose == .watch }
    text.sample("hawker_transports", ["role": "viewer"], Double(watching))
    text.sample(
      "hawker_transports", ["role": "publisher"], Double(transports.count - watching))
  }

  private var sectionsWithoutCodec: Int {
    rooms.values.reduce(0) { count, room in
      count + room.subscriptions.count { foreignCodec(of: $0, in: room) != nil }
    }
  }

  private func writeSessions(_ text: inout PrometheusText) {
    text.family("hawker_joins_total", .counter, help: "Transports that connected.")
    text.sample("hawker_joins_total", [:], Double(metrics.joins))
    text.family(
      "hawker_ends_total", .counter, help: "Transports that ended by themselves, by reason.")
    for (reason, count) in metrics.ends.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      text.sample("hawker_ends_total", ["reason": reason.rawValue], Double(count))
    }
    text.family("hawker_join_seconds", .histogram, help: "From the offer to media keys.")
    text.sample("hawker_join_seconds", [:], metrics.joinTimes)
    text.family(
      "hawker_first_frame_seconds", .histogram, help: "From the offer to the first packet sent.")
    text.sample("hawker_first_frame_seconds", [:], metrics.firstFrameTimes)
  }

  private func writeSeats(_ text: inout PrometheusText) {
    guard let seats else { return }
    text.family("hawker_viewers", .gauge, help: "Viewers with role viewer, by how they watch.")
    text.sample("hawker_viewers", ["tier": "webrtc"], Double(seats.total.webRTC))
    text.sample("hawker_viewers", ["tier": "hls"], Double(seats.total.hls))
    text.family("hawker_seats_taken", .gauge, help: "Seats for WebRTC taken or promised.")
    text.sample("hawker_seats_taken", [:], Double(seats.total.taken))
    if let budget = seats.budget {
      text.family("hawker_seats", .gauge, help: "Seats for WebRTC there are.")
      text.sample("hawker_seats", [:], Double(budget))
    }
    text.family(
      "hawker_deliveries_total", .counter, help: "Viewers told to watch another way, by reason.")
    for (told, count) in metrics.deliveries.sorted(by: { $0.key.text < $1.key.text }) {
      text.sample(
        "hawker_deliveries_total", ["via": told.via.rawValue, "reason": told.reason.rawValue],
        Double(count))
    }
  }

  private func writeWeb(_ text: inout PrometheusText) {
    let web = metrics.web
    text.family("hawker_web_connections", .gauge, help: "HTTP connections, WebSockets included.")
    text.sample("hawker_web_connections", [:], Double(web.connections))
    text.family("hawker_web_sockets", .gauge, help: "Open room sockets, joined or not.")
    text.sample("hawker_web_sockets", [:], Double(web.webSockets))
    text.family("hawker_web_connections_total", .counter, help: "HTTP connections taken.")
    text.sample("hawker_web_connections_total", [:], web.acceptedConnections)
    text.family("hawker_web_requests_total", .counter, help: "Answers, by class of their status.")
    for (index, count) in web.answers.enumerated() {
      text.sample("hawker_web_requests_total", ["status": "\(index + 1)xx"], count)
    }
    text.family(
      "hawker_web_refusals_total", .counter,
      help: "Connections, requests and sockets that went no further, by reason.")
    for (reason, count) in web.refusals {
      text.sample("hawker_web_refusals_total", ["reason": reason], count)
    }
    text.family("hawker_tls_reloads_total", .counter, help: "Certificates read on SIGHUP.")
    text.sample("hawker_tls_reloads_total", ["result": "ok"], web.certificateReloads)
    text.sample("hawker_tls_reloads_total", ["result": "failed"], web.failedCertificateReloads)
  }

  private func writeHooks(_ text: inout PrometheusText) {
    let hooks = metrics.hooks
    text.family("hawker_hook_tries_total", .counter, help: "Tries of webhooks, by result.")
    text.sample("hawker_hook_tries_total", ["result": "delivered"], Double(hooks.delivered))
    text.sample("hawker_hook_tries_total", ["result": "failed"], Double(hooks.failedTries))
    text.family(
      "hawker_hooks_dead_total", .counter, help: "Webhooks given up after their last try.")
    text.sample("hawker_hooks_dead_total", [:], Double(hooks.dead))
    text.family("hawker_hook_calls_total", .counter, help: "Questions to shops, by result.")
    text.sample("hawker_hook_calls_total", ["result": "answered"], Double(hooks.answeredCalls))
    text.sample("hawker_hook_calls_total", ["result": "failed"], Double(hooks.failedCalls))
  }

  private func writeNodes(_ text: inout PrometheusText) {
    let forwards = metrics.forwards
    text.family(
      "hawker_forwards_total", .counter,
      help: "Requests passed on to the server that has their room, by result.")
    text.sample("hawker_forwards_total", ["result": "answered"], Double(forwards.answered))
    text.sample("hawker_forwards_total", ["result": "unreached"], Double(forwards.unreached))
    text.sample("hawker_forwards_total", ["result": "unanswered"], Double(forwards.unanswered))
    guard let bus = metrics.bus else { return }
    text.family("hawker_bus_connected", .gauge, help: "Whether Redis takes and brings hints.")
    text.sample("hawker_bus_connected", [:], Double(bus.isConnected ? 1 : 0))
    text.family("hawker_bus_connections_total", .counter, help: "How often Redis was found.")
    text.sample("hawker_bus_connections_total", [:], Double(bus.connections))
    text.family(
      "hawker_bus_failures_total", .counter,
      help: "Connections to Redis that ended or could not be made.")
    text.sample("hawker_bus_failures_total", [:], Double(bus.failures))
    text.family(
      "hawker_bus_hints_total", .counter, help: "Hints between servers by Redis, by what came.")
    text.sample("hawker_bus_hints_total", ["result": "sent"], Double(bus.sent))
    text.sample("hawker_bus_hints_total", ["result": "received"], Double(bus.received))
    text.sample("hawker_bus_hints_total", ["result": "garbage"], Double(bus.garbage))
    text.sample("hawker_bus_hints_total", ["result": "discarded"], Double(bus.discarded))
  }

  private func writeMedia(_ text: inout PrometheusText) {
    let media = metrics.media
    text.family("hawker_peers", .gauge, help: "Peers of the media workers.")
    text.sample("hawker_peers", [:], Double(media.peers))
    text.family("hawker_tracks", .gauge, help: "Tracks held by the media workers.")
    text.sample("hawker_tracks", [:], Double(media.tracks))
    text.family("hawker_packets_total", .counter, help: "Datagrams, by direction.")
    text.sample("hawker_packets_total", ["direction": "in"], Double(media.packetsReceived))
    text.sample("hawker_packets_total", ["direction": "out"], Double(media.packetsSent))
    text.family("hawker_bytes_total", .counter, help: "Bytes of datagrams, by direction.")
    text.sample("hawker_bytes_total", ["direction": "in"], Double(media.bytesReceived))
    text.sample("hawker_bytes_total", ["direction": "out"], Double(media.bytesSent))
    text.family("hawker_packets_unsent_total", .counter, help: "Datagrams the kernel refused.")
    text.sample("hawker_packets_unsent_total", [:], Double(media.packetsUnsent))
    text.family(
      "hawker_packets_handed_over_total", .counter,
      help: "Datagrams that came to another worker than their peer's.")
    text.sample("hawker_packets_handed_over_total", [:], Double(media.handedOver))
    text.family("hawker_nacks_total", .counter, help: "Packets asked for again, by direction.")
    text.sample("hawker_nacks_total", ["direction": "viewer"], Double(media.nacksReceived))
    text.sample("hawker_nacks_total", ["direction": "publisher"], Double(media.nacksSent))
    text.family("hawker_retransmissions_total", .counter, help: "Packets sent again to viewers.")
    text.sample("hawker_retransmissions_total", [:], Double(media.retransmissions))
    text.family(
      "hawker_keyframe_requests_total", .counter,
      help: "PLI and FIR, from viewers and to publishers.")
    text.sample(
      "hawker_keyframe_requests_total", ["direction": "viewer"],
      Double(media.keyframeRequestsReceived))
    text.sample(
      "hawker_keyframe_requests_total", ["direction": "publisher"],
      Double(media.keyframeRequestsSent))
    text.family("hawker_discards_total", .counter, help: "Packets that went no further, by reason.")
    for reason in DiscardReason.allCases {
      text.sample(
        "hawker_discards_total", ["reason": reason.metricName],
        Double(media.discards[Int(reason.rawValue)]))
    }
  }
}

extension ControlMetrics.DeliveryTold {
  fileprivate var text: String { via.rawValue + reason.rawValue }
}
