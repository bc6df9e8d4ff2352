// A room server without a network: it answers the room protocol as signaling/PROTOCOL.md says, or as a test says.

/** One end of a socket, as the browser would give it. */
class FakeSocket {
  onopen = null;
  onclose = null;
  onmessage = null;
  isOpen = false;
  isClosed = false;

  constructor(server, url) {
    this.server = server;
    this.url = url;
    server.sockets.push(this);
    server.openedAt.push(server.time.now);
    queueMicrotask(() => (server.isReachable ? this.#open() : this.end()));
  }

  #open() {
    if (this.isClosed) return;
    this.isOpen = true;
    this.onopen?.();
  }

  send(text) {
    if (!this.isOpen || this.isClosed) throw new Error("a message on a socket that is not open");
    this.server.receive(this, JSON.parse(text));
  }

  close() {
    this.end();
  }

  /** The connection is over, from either side. */
  end() {
    if (this.isClosed) return;
    this.isClosed = true;
    queueMicrotask(() => this.onclose?.());
  }
}

export class FakeServer {
  sockets = [];
  /** When each socket was asked for, in ms. */
  openedAt = [];
  /** Every request, in order. */
  requests = [];
  isReachable = true;
  /** Whether requests are answered at all: a frozen server, or a path that swallows everything. */
  isSilent = false;
  session = "s_1";
  /** What the next `joined` says, over the usual. */
  joined = {};
  serverTimeMs = 1_000_000;
  /** Type of request → replies to give first, in place of the usual. */
  #scripted = new Map();
  #connections = 0;
  #generations = new Map();

  constructor(time) {
    this.time = time;
  }

  /** The constructor to install as WebSocket. */
  get WebSocket() {
    const server = this;
    return class extends FakeSocket {
      constructor(url) {
        super(server, url);
      }
    };
  }

  get socket() {
    return this.sockets.at(-1);
  }

  /** The next request of this type is refused. */
  refuse(type, code, more = {}) {
    this.script(type, { type: "error", code, message: `refused: ${code}`, ...more });
  }

  /** The next request of this type gets this reply. */
  script(type, reply) {
    this.#scripted.set(type, [...(this.#scripted.get(type) ?? []), reply]);
  }

  of(type) {
    return this.requests.filter((request) => request.type === type);
  }

  /** Sends an event on the newest socket. */
  event(message) {
    this.socket.onmessage?.({ data: JSON.stringify(message) });
  }

  /** Says good-bye and closes. */
  bye(reason, retryAfterMs, more = {}) {
    this.event({ type: "bye", reason, retryAfterMs, ...more });
    this.socket.end();
  }

  receive(socket, request) {
    this.requests.push(request);
    if (this.isSilent) return;
    const reply = this.#scripted.get(request.type)?.shift() ?? this.#usual(request);
    queueMicrotask(() => {
      if (!socket.isClosed) socket.onmessage?.({ data: JSON.stringify({ ...reply, ref: request.id }) });
    });
  }

  #usual(request) {
    switch (request.type) {
      case "join":
        return {
          type: "joined", version: 1, session: this.session, resumed: false,
          member: { identity: "ann", name: "Ann", role: "viewer" },
          permissions: { publish: true, subscribe: true },
          serverTimeMs: this.serverTimeMs + this.time.now, pingIntervalMs: 15_000, cursor: 1,
          room: { name: request.room, phase: "live", hostPresent: true },
          tracks: [], connections: [], iceServers: [], ...this.joined,
        };
      case "ping":
        return { type: "pong", time: request.time, serverTimeMs: this.serverTimeMs + this.time.now };
      case "publish":
      case "subscribe": {
        const connection = request.connection ?? `c${++this.#connections}`;
        const generation = (this.#generations.get(connection) ?? 0) + 1;
        this.#generations.set(connection, generation);
        return { type: "answer", connection, generation, sdp: "v=0\r\n", map: request.map };
      }
      default:
        return { type: "ok" };
    }
  }
}
