// Browser media objects as far as the client library touches them: no media, states set by the test.

export class FakeTrack {
  constructor(kind, settings = {}) {
    this.kind = kind;
    this.settings = settings;
  }

  getSettings() {
    return this.settings;
  }
}

export class FakeMediaStream {
  #tracks;

  constructor(tracks = []) {
    this.#tracks = [...tracks];
  }

  getTracks() {
    return [...this.#tracks];
  }

  addTrack(track) {
    if (!this.#tracks.includes(track)) this.#tracks.push(track);
  }

  removeTrack(track) {
    this.#tracks = this.#tracks.filter((each) => each !== track);
  }
}

class FakeTransceiver {
  mid = null;

  constructor(kind, track, init) {
    this.init = init;
    this.receiver = { track: new FakeTrack(kind), getSynchronizationSources: () => [] };
    this.sender = {
      track,
      replaceTrack: async (other) => {
        this.sender.track = other;
      },
      parameters: {},
      getParameters: () => ({ ...this.sender.parameters }),
      setParameters: async (parameters) => {
        this.sender.parameters = parameters;
      },
    };
  }
}

/** Installed as RTCPeerConnection; `made` holds every one of a test. */
export class FakePeerConnection {
  static made = [];
  connectionState = "new";
  signalingState = "stable";
  localDescription = null;
  remoteDescription = null;
  transceivers = [];
  isClosed = false;
  rollbacks = 0;
  /** Grows with each ICE restart. */
  iceGeneration = 1;
  report = new Map();
  onconnectionstatechange = null;
  onicecandidate = null;

  constructor(configuration) {
    this.configuration = configuration;
    FakePeerConnection.made.push(this);
  }

  static get last() {
    return FakePeerConnection.made.at(-1);
  }

  addTransceiver(kindOrTrack, init) {
    const track = typeof kindOrTrack === "string" ? null : kindOrTrack;
    const transceiver = new FakeTransceiver(track?.kind ?? kindOrTrack, track, init);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async createOffer({ iceRestart = false } = {}) {
    const generation = iceRestart ? this.iceGeneration + 1 : this.iceGeneration;
    return { type: "offer", sdp: this.#sdp(generation), generation };
  }

  async setLocalDescription(description) {
    if (description?.type === "rollback") {
      this.rollbacks++;
      this.signalingState = "stable";
      return;
    }
    this.transceivers.forEach((each, index) => (each.mid = String(index)));
    this.iceGeneration = description?.generation ?? this.iceGeneration;
    this.localDescription = { type: "offer", sdp: this.#sdp(this.iceGeneration) };
    this.signalingState = "have-local-offer";
  }

  async setRemoteDescription(description) {
    this.remoteDescription = description;
    this.signalingState = "stable";
  }

  async getStats() {
    return this.report;
  }

  close() {
    this.isClosed = true;
    this.connectionState = "closed";
  }

  /** What the transport is from now on. */
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  found(candidate) {
    this.onicecandidate?.({ candidate: candidate === null ? null : { candidate } });
  }

  #sdp(generation) {
    return [
      "v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", `a=ice-ufrag:u${generation}`, `a=ice-pwd:p${generation}`, "a=mid:0", "",
    ].join("\r\n");
  }
}
