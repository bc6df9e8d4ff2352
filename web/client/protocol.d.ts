// The room socket's messages as types, after signaling/PROTOCOL.md. Types only: no browser loads this file.

export type LayerName = "q" | "h" | "f";
export type LayerChoice = LayerName | "auto";
export type Role = "host" | "cohost" | "moderator" | "viewer" | "service";
export type Phase = "waiting" | "live" | "away" | "ended";

export interface Member {
  identity: string;
  name?: string;
  role: Role;
}

export interface Layer {
  name: LayerName;
  /** Pixels, 0 while unknown. */
  width: number;
  height: number;
  /** bit/s */
  bitrate: number;
  fps: number;
  active: boolean;
}

export interface Track {
  id: string;
  /** SUB/NAME */
  publication: string;
  member: string;
  name: string;
  role: Role;
  stream: string;
  kind: "audio" | "video";
  codec: string | null;
  active: boolean;
  layers: Layer[];
}

export interface RoomState {
  name: string;
  phase: Phase;
  hostPresent: boolean;
  viewers?: number;
}

export interface Permissions {
  publish: boolean;
  subscribe: boolean;
}

export interface LiveConnection {
  connection: string;
  kind: "publish" | "subscribe";
  stream?: string;
  generation: number;
  map?: Record<string, string | null>;
}

export interface Joined {
  type: "joined";
  session: string;
  resumed: boolean;
  member: Member;
  permissions: Permissions;
  expiresAtMs: number;
  serverTimeMs: number;
  pingIntervalMs: number;
  cursor: number;
  room: RoomState;
  tracks: Track[];
  connections: LiveConnection[];
  iceServers: RTCIceServer[];
}

export interface Answer {
  type: "answer";
  connection: string;
  generation: number;
  sdp: string;
  map?: Record<string, string | null>;
}

export interface LayerHealth {
  track: string;
  kind: "audio" | "video";
  name: LayerName;
  active: boolean;
  bitrate: number;
  fps: number;
  width: number;
  height: number;
  fractionLost: number;
  limitedByCode: string | null;
  limitedBy: string | null;
}

export interface Health {
  connection: string;
  stream: string;
  layers: LayerHealth[];
}

export interface LayerEvent {
  connection: string;
  mid: string;
  track: string | null;
  layer: LayerName | null;
  width?: number;
  height?: number;
  reason: string;
}

export interface MediaTimeEvent {
  connection: string;
  mid: string;
  /** Unsigned 32 bit, as on the wire to this viewer. */
  rtp: number;
  clockRate: number;
  wallclockMs: number;
}

export interface Bye {
  reason: string;
  retryAfterMs: number | null;
}

/** Any message, before its type has been looked at. */
export interface Message {
  type: string;
  id?: string;
  ref?: string;
  [field: string]: any;
}
