// What a page has and Node has not: installed before each test, so that nothing of one test reaches the next.

import { FakeMediaStream, FakePeerConnection, FakeTrack } from "./peer.mjs";
import { FakeServer } from "./server.mjs";
import { VirtualTime } from "./time.mjs";

/** A fresh page: its time, its server, and listeners' errors, which must stay empty unless a test wants one. */
export function openPage() {
  const time = new VirtualTime();
  const server = new FakeServer(time);
  const errors = [];
  time.install();
  FakePeerConnection.made = [];
  // The middle of the jitter: waits are then exactly the base.
  Math.random = () => 0.5;
  const document = new EventTarget();
  document.visibilityState = "visible";
  define({
    WebSocket: server.WebSocket,
    RTCPeerConnection: FakePeerConnection,
    MediaStream: FakeMediaStream,
    document,
    window: new EventTarget(),
    location: { protocol: "https:", host: "live.example", href: "https://live.example/watch/demo" },
    reportError: (error) => errors.push(error),
  });
  return { time, server, errors };
}

/** A room of this page, and everything it emitted. */
export async function joinedRoom(page, options = {}) {
  const { HawkerRoom } = await import("../../../web/client/room.js");
  const room = new HawkerRoom({ room: "demo", token: () => "token", ...options });
  const log = record(room, ["state", "failed", "tracks", "room", "permissions", "message"]);
  const joined = room.join();
  await page.time.settle();
  await joined;
  return { room, log };
}

/** Keeps what `emitter` emits under these names. */
export function record(emitter, names) {
  const log = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) emitter.on(name, (value) => log[name].push(value));
  return log;
}

/** A camera of this size and a microphone. */
export function camera(width = 1280, height = 720) {
  return new FakeMediaStream([new FakeTrack("audio"), new FakeTrack("video", { width, height })]);
}

function define(globals) {
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}
