// Every fuzz body by the name `make fuzz` knows it under.

import Access
import Commerce
import Config
import Congestion
import DTLS
import HLS
import HLSFeed
import HLSServing
import HTTP
import Hooks
import ICE
import JSON
import Loop
import Media
import Messages
import Negotiation
import Nodes
import RTP
import Room
import SDP
import SRTP
import STUN
import Transcoding
import Web

/// The fuzz targets.
enum FuzzBodies {
  /// Name of the target → its body.
  static let all: [String: @Sendable (borrowing Span<UInt8>) -> Void] = [
    "access": { AccessFuzzBody.run($0) },
    "commerce": { CommerceFuzzBody.run($0) },
    "config": { ConfigFuzzBody.run($0) },
    "congestion": { CongestionFuzzBody.run($0) },
    "dtls": { DTLSFuzzBody.run($0) },
    "hls": { HLSFuzzBody.run($0) },
    "hlsfeed": { HLSFeedFuzzBody.run($0) },
    "hlsserving": { HLSServingFuzzBody.run($0) },
    "http": { HTTPFuzzBody.run($0) },
    "hooks": { HooksFuzzBody.run($0) },
    "ice": { ICEFuzzBody.run($0) },
    "json": { JSONFuzzBody.run($0) },
    "loop": { LoopFuzzBody.run($0) },
    "media": { MediaFuzzBody.run($0) },
    "messages": { MessagesFuzzBody.run($0) },
    "negotiation": { NegotiationFuzzBody.run($0) },
    "nodes": { NodesFuzzBody.run($0) },
    "rtcp": { RTCPFuzzBody.run($0) },
    "room": { RoomFuzzBody.run($0) },
    "rtp": { RTPFuzzBody.run($0) },
    "sdp": { SDPFuzzBody.run($0) },
    "srtp": { SRTPFuzzBody.run($0) },
    "stun": { STUNFuzzBody.run($0) },
    "transcoding": { TranscodingFuzzBody.run($0) },
    "web": { WebFuzzBody.run($0) },
  ]
}
