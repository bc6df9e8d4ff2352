// The room socket's messages as types, after signaling/PROTOCOL.md. Types only: no browser loads this file.

export type LayerName = "q" | "h" | "f";
export type LayerChoice = LayerName | "auto";
export type Role = "host" | "cohost" | "moderator" | "viewer" | "service";
export type Phase = "scheduled" | "waiting" | "live" | "away" | "ended";

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
  /** Absent: by WebRTC. */
  delivery?: Delivery;
}

/** Where a viewer gets their media. */
export interface Delivery {
  via: "webrtc" | "hls";
  /** The multivariant playlist of `hls`. */
  url?: string;
  /** Who gives the key if the show is protected: the first system that the browser has. */
  licences?: { keySystem: string; url: string }[];
  reason?: "full" | "network" | "policy" | "drop" | "free" | "buyer" | "asked";
}

/** How a viewer's picture really comes. */
export interface Watching {
  via: "webrtc" | "hls";
  /** How old the picture is. */
  delayMs?: number;
  /** A wish, answered with `delivery`: WebRTC does not get through; or `via` is what is wanted. */
  reason?: "network" | "asked";
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
  /** With `moved`: the origin of the server that has the room. */
  url?: string;
}

/** Any message, before its type has been looked at. */
export interface Message {
  type: string;
  id?: string;
  ref?: string;
  [field: string]: any;
}

// The room's half: what people do together in a show, as show.js keeps it. Times are ms since 1970 by the server's clock.

export interface Person {
  member: string;
  name: string;
  role: Role;
}

export interface ChatRules {
  mode: "everyone" | "followers" | "subscribers" | "staff" | "off";
  slowSeconds: number;
  hold: "off" | "links" | "all" | "newcomers";
  links: "allow" | "hold" | "refuse";
  emojiOnly: boolean;
  words?: string[];
}

export interface ChatMessage {
  id: number;
  at: number;
  mediaTime: number | null;
  from: Person;
  /** null: deleted or erased */
  text: string | null;
  replyTo: number | null;
  class: "plain" | "question" | "claim" | "bid";
  deleted: boolean;
  held: boolean;
}

/** Words that were said, for the frames they were said on. */
export interface Caption {
  /** A later one of the same id and language takes its place. */
  id: string;
  /** A BCP 47 tag. */
  language: string;
  /** One to three lines. */
  text: string;
  mediaTimeMs: number;
  durationMs: number;
  /** Another one takes its place. */
  partial: boolean;
}

export interface Poll {
  id: number;
  question: string;
  options: string[];
  multiple: boolean;
  changeable: boolean;
  results: "live" | "afterVote" | "afterClose";
  state: "open" | "closed" | "revealed";
  closesAt: number | null;
  /** null while hidden from this member */
  counts: number[] | null;
  voters: number;
  yours: number[] | null;
}

export interface Question {
  id: number;
  at: number;
  from: Person;
  text: string | null;
  upvotes: number;
  state: "open" | "answered" | "dismissed";
  highlighted: boolean;
  /** Whether this member upvoted it. */
  yours: boolean;
}

export interface Giveaway {
  id: number;
  prize: string;
  rule: "everyone" | "keyword" | "followers";
  keyword: string | null;
  winnersWanted: number;
  closesAt: number | null;
  /** Hex: SHA-256 of the seed and its context, published before anyone enters. */
  commitment: string;
  entries: number;
  state: "open" | "closed" | "drawn" | "cancelled";
  entered: boolean;
  winners: { member: string; name: string }[] | null;
  /** Hex; null until drawn. */
  seed: string | null;
}

export interface StageGuest {
  member: string;
  name: string;
  state: "invited" | "on";
}

export interface You extends Person {
  muted: boolean;
  timeoutUntil: number | null;
  stage: "none" | "invited" | "on";
  follows: boolean;
  /** Whether the token says so. */
  subscriber?: boolean;
  mayPublish: boolean;
}

export interface Words {
  title: string | null;
  description: string | null;
}

/** The whole state of a show, as a snapshot tells it. */
export interface Show {
  seq: number;
  phase: Phase;
  /** The room's own words, or else those of what is scheduled. */
  title: string;
  description: string;
  settings: Words;
  schedule: Words;
  startsAt: number | null;
  host: { member: string; name: string } | null;
  followers: number;
  chat: ChatRules;
  emojis: string[];
  /** Whether the list of rooms shows it. */
  listed?: boolean;
  reactions: Record<string, number>;
  messages: ChatMessage[];
  pinned: ChatMessage | null;
  polls: Poll[];
  questions: Question[];
  giveaways: Giveaway[];
  viewers: number;
  you: You;
  stage: StageGuest[];
  shop: ShopState;
  /** Staff only. */
  words?: string[];
  held?: ChatMessage[];
}

/** The reply to a command, after it was written durably. */
export interface Done {
  type: "ok";
  cursor?: number;
  /** What it made, by id. */
  message?: number;
  poll?: number;
  question?: number;
  giveaway?: number;
  listing?: number;
  pin?: number;
  drop?: number;
  claim?: number;
  lot?: number;
  bid?: number;
  order?: number;
  /** The message waits for review. */
  held?: boolean;
}

export interface PersonHere extends Person {
  since: number;
  muted: boolean;
  timeoutUntil: number | null;
  stage: "none" | "invited" | "on";
}

export interface BannedPerson {
  member: string;
  name: string;
  at: number | null;
  reason: string;
  device: boolean;
}

export interface AuditEntry {
  seq: number;
  at: number;
  by: { member: string; name: string } | null;
  kind: string;
  member?: string;
  text?: string;
}

// The shop. Names are the wire's: …Minor is money in the currency's smallest unit, …Ms the server's clock.

export interface Someone {
  identity: string;
  name: string;
}

export interface Variant {
  sku: string;
  title: string | null;
  priceMinor: number;
  compareAtMinor: number | null;
  available: number;
  sold: number;
  /** Staff only: all that are allotted, kept for buyers who have not paid, and set apart for drops and auctions. */
  units?: number;
  held?: number;
  reserved?: number;
  /** Asked of the merchant, who has not answered. */
  pending?: number;
  /** Asked of the merchant again and again, who never answered. */
  unanswered?: number;
}

export interface Gift {
  id: string;
  emoji: string;
  coins: number;
}

export interface CoinPack {
  id: string;
  coins: number;
  priceMinor: number;
  currency: string;
}

export interface Listing {
  id: number;
  reference: string;
  title: string;
  description: string | null;
  images: string[];
  url: string | null;
  variants: Variant[];
}

export interface ListingDraft {
  reference: string;
  title: string;
  description?: string;
  images?: string[];
  url?: string;
  currency: string;
  variants: { sku: string; title?: string; priceMinor: number; compareAtMinor?: number; units: number }[];
}

export interface Pin {
  id: number;
  slot: number;
  listing: number;
  atMs: number;
  mediaTimeMs: number | null;
}

export interface Drop {
  id: number;
  listing: number | null;
  sku: string;
  quantity: number;
  priceMinor: number;
  perBuyer: number;
  mode: "hold" | "firstPaid";
  holdSeconds: number;
  countdownSeconds: number;
  durationSeconds: number;
  stage: "scheduled" | "window" | "open" | "ended";
  startsAtMs: number | null;
  windowMs: number;
  endsAtMs: number | null;
  endWhy: "soldOut" | "time" | "cancelled" | null;
  /** Nothing can come free any more. */
  settled: boolean;
  /** Units that nobody holds or has bought. */
  remaining: number;
  sold: number;
  waiting: number;
  commitment: string;
  seed: string | null;
}

export interface Lot {
  id: number;
  listing: number | null;
  sku: string;
  stage: "upcoming" | "open" | "closing" | "sold" | "unsold" | "cancelled";
  startMinor: number;
  priceMinor: number;
  nextMinor: number;
  bids: number;
  leader: Someone | null;
  reserveMet: boolean;
  winner: Someone | null;
  startsAtMs: number;
  endsAtMs: number;
  closesAtMs: number | null;
  softClose: boolean;
  softSeconds: number;
}

export interface Claim {
  id: number;
  drop: number;
  /** Units it still waits for. */
  quantity: number;
  status: "pending" | "waiting" | "entitled" | "held";
  /** 1 is next; null where nothing is waited for in a line. */
  position: number | null;
}

export interface Hold {
  id: number;
  sku: string;
  quantity: number;
  priceMinor: number;
  /** Whether the merchant has said that it stands; absent from older servers. */
  priced?: boolean;
  untilMs: number;
  source: "drop" | "lot";
  drop?: number;
  lot?: number;
  /** The open order that would pay for it. */
  order: number | null;
}

export interface VoucherInCart {
  code: string;
  kind: "percent" | "amount";
  value: number;
  minimumMinor: number | null;
}

export interface Voucher extends VoucherInCart {
  usesMax: number | null;
  perBuyer: number;
  startsAtMs: number | null;
  endsAtMs: number | null;
  uses: number;
}

export interface Order {
  id: number;
  status: "creating" | "awaitingPayment" | "paid" | "shipped" | "failed" | "cancelled" | "expired" | "refundRequested" | "refunded";
  lines: { sku: string; quantity: number; priceMinor: number }[];
  totalMinor: number;
  discountMinor: number;
  voucher: string | null;
  currency: string | null;
  untilMs: number;
  atMs: number;
  hold: number | null;
  claim: number | null;
  reason: string | null;
  /** Where to pay; for the buyer alone. */
  paymentURL?: string | null;
  /** For staff. */
  member?: Someone | null;
}

export interface Revenue {
  paidCount: number;
  paidMinor: number;
  refundedCount: number;
  refundedMinor: number;
}

export interface Leader {
  member: Someone | null;
  coins: number;
}

export interface OwnShop {
  cart: { lines: { sku: string; quantity: number }[]; voucher: VoucherInCart | null };
  holds: Hold[];
  claims: Claim[];
  /** Up to where the server bids for this member in the lot. */
  bids: { lot: number; maxMinor: number }[];
  /** The newest first. */
  orders: Order[];
}

export interface ShopState {
  currency: string | null;
  paused: boolean;
  holdSeconds: number;
  /** Staff only, as `revenue`, `vouchers`, `orders` and `seen`. */
  merchant: string | null;
  listings: Listing[];
  pins: Pin[];
  drops: Drop[];
  lot: Lot | null;
  leaderboard: Leader[];
  /** What this server lets people give, and the packs of coins it sells. */
  gifts: Gift[];
  packs: CoinPack[];
  revenue: Revenue | null;
  vouchers: Voucher[];
  /** Those that changed since the page came, newest first; the others by the query. */
  orders: Order[];
  /** By pin: how many of the viewers say that they see it. */
  seen: Record<string, { seen: number; viewers: number }>;
  /** The last one. */
  gift: { member: Someone | null; gift: string; count: number; combo: number; atMs: number } | null;
  you: OwnShop;
}
