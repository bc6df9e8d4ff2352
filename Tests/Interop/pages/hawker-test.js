// What the interop tests run inside a page: a picture source with a readable time code, plain WHIP
// and WHEP by fetch, and measurements taken from a <video>'s pixels and from getStats.
//
// It is loaded before any script of the page, so it also sees the peer connections that Hawker's own
// pages open. Geometry of the time code: `hawkerTest.geometry`, set by the harness from timecode.json.
(() => {
  "use strict";
  if (window.hawkerTest) return;

  const test = { geometry: null, connections: [], sockets: [], sources: {}, sessions: {}, watches: {} };
  window.hawkerTest = test;

  // Hawker's pages open their own peer connections; the tests read their statistics.
  const Native = window.RTCPeerConnection;
  if (Native) {
    window.RTCPeerConnection = class RTCPeerConnection extends Native {
      constructor(...args) {
        super(...args);
        test.connections.push(this);
      }
    };
  }

  const NativeSocket = window.WebSocket;
  window.WebSocket = class WebSocket extends NativeSocket {
    constructor(...args) {
      super(...args);
      test.sockets.push(this);
    }
  };

  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  async function until(condition, timeoutMs, what) {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const value = await condition();
      if (value) return value;
      if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}`);
      await sleep(20);
    }
  }
  test.until = until;

  // ---- Time code -------------------------------------------------------------------------------

  function bitsOf(milliseconds, counter) {
    const words = [
      Math.floor(milliseconds / 2 ** 32) & 0xffff,
      Math.floor(milliseconds / 2 ** 16) & 0xffff,
      milliseconds & 0xffff,
      counter & 0xffff,
    ];
    words.push(checksum(words));
    return words.flatMap((word) => Array.from({ length: 16 }, (_, i) => (word >> (15 - i)) & 1));
  }

  // CRC-16/CCITT-FALSE over the words' bytes, most significant byte first: unlike a sum or a XOR it
  // does not accept a strip that is all black or all white.
  function checksum(words) {
    let crc = 0xffff;
    for (const byte of words.flatMap((word) => [word >> 8, word & 0xff])) {
      crc ^= byte << 8;
      for (let i = 0; i < 8; i += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
    }
    return crc & 0xffff;
  }

  function drawTimeCode(context, width, height, milliseconds, counter) {
    const { x, y, width: w, height: h, columns, rows } = test.geometry;
    const bits = bitsOf(milliseconds, counter);
    context.fillStyle = "#000";
    // Black begins half a block above the code and reaches the bottom, docs/timecode.md.
    context.fillRect(x * width, (y - h / rows / 2) * height, w * width, height);
    context.fillStyle = "#fff";
    bits.forEach((bit, index) => {
      if (!bit) return;
      const left = (x + (w * (index % columns)) / columns) * width;
      const top = (y + (h * Math.floor(index / columns)) / rows) * height;
      context.fillRect(left, top, (w * width) / columns, (h * height) / rows);
    });
  }

  // The capture time in the picture's pixels, or null when the checksum doesn't match.
  // The strip is scaled so that a block is 8 by 8 pixels; the mean of its middle half decides.
  function readTimeCode(image, imageWidth, imageHeight, scratch) {
    const { x, y, width, height, columns, rows } = test.geometry;
    const cell = 8;
    scratch.canvas.width = columns * cell;
    scratch.canvas.height = rows * cell;
    scratch.drawImage(
      image, x * imageWidth, y * imageHeight, width * imageWidth, height * imageHeight,
      0, 0, columns * cell, rows * cell);
    const pixels = scratch.getImageData(0, 0, columns * cell, rows * cell).data;
    const bit = (index) => {
      let green = 0;
      for (let dy = cell / 4; dy < (3 * cell) / 4; dy += 1) {
        for (let dx = cell / 4; dx < (3 * cell) / 4; dx += 1) {
          const row = Math.floor(index / columns) * cell + dy;
          const column = (index % columns) * cell + dx;
          green += pixels[(row * columns * cell + column) * 4 + 1];
        }
      }
      return green >= 128 * (cell / 2) ** 2 ? 1 : 0;
    };
    const words = [0, 1, 2, 3, 4].map((word) => {
      let value = 0;
      for (let i = 0; i < 16; i += 1) value = (value << 1) | bit(word * 16 + i);
      return value;
    });
    if (checksum(words.slice(0, 4)) !== words[4]) return null;
    return {
      milliseconds: words[0] * 2 ** 32 + words[1] * 2 ** 16 + words[2],
      counter: words[3],
    };
  }

  function scratchContext() {
    const canvas = document.createElement("canvas");
    return canvas.getContext("2d", { willReadFrequently: true });
  }

  // ---- Source ----------------------------------------------------------------------------------

  // A canvas with moving content, a clock and the time code, and a quiet tone.
  // A fake camera will not do: Chromium's gives 20 frames a second at 720p.
  test.makeSource = ({ name = "main", width = 640, height = 360, fps = 30, audio = true } = {}) => {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d", { alpha: false });
    let counter = 0;
    const paint = () => {
      const now = Date.now();
      const phase = (now % 4000) / 4000;
      context.fillStyle = `hsl(${Math.round(phase * 360)} 45% 35%)`;
      context.fillRect(0, 0, width, height);
      context.fillStyle = "#ffb347";
      context.beginPath();
      context.arc(width * phase, height * (0.5 + 0.2 * Math.sin(phase * 6.283)), height / 8, 0, 6.3);
      context.fill();
      context.fillStyle = "#fff";
      context.font = `${Math.round(height / 9)}px monospace`;
      context.fillText(new Date(now).toISOString().slice(11, 23), width * 0.05, height * 0.25);
      drawTimeCode(context, width, height, now, (counter += 1));
    };
    paint();
    const timer = setInterval(paint, 1000 / fps);
    const stream = canvas.captureStream();
    let audioContext = null;
    if (audio) {
      audioContext = new AudioContext();
      const oscillator = audioContext.createOscillator();
      const gain = audioContext.createGain();
      gain.gain.value = 0.2;
      const destination = audioContext.createMediaStreamDestination();
      oscillator.frequency.value = 440;
      oscillator.connect(gain).connect(destination);
      oscillator.start();
      stream.addTrack(destination.stream.getAudioTracks()[0]);
    }
    const source = {
      stream, canvas,
      painted: () => counter,
      // As a camera that is turned: what follows has another size.
      resize: (newWidth, newHeight) => {
        [width, height] = [newWidth, newHeight];
        Object.assign(canvas, { width, height });
        paint();
      },
      stop: () => {
        clearInterval(timer);
        stream.getTracks().forEach((track) => track.stop());
        if (audioContext) audioContext.close();
      },
    };
    test.sources[name] = source;
    return source;
  };

  // Makes the page's camera, microphone and screen the canvas source, before the page asks for them.
  test.replaceCamera = (options) => {
    const devices = navigator.mediaDevices;
    const give = (name) => async (constraints) => {
      const wanted = constraints || { video: true };
      const { stream } = test.makeSource({ ...options, name, audio: Boolean(wanted.audio) });
      if (!wanted.video) stream.getVideoTracks().forEach((track) => stream.removeTrack(track));
      return stream;
    };
    devices.getUserMedia = give("main");
    devices.getDisplayMedia = give("screen");
  };

  // ---- WHIP and WHEP ---------------------------------------------------------------------------

  async function gathered(pc, timeoutMs = 2000) {
    if (pc.iceGatheringState === "complete") return;
    await Promise.race([
      new Promise((resolve) => {
        pc.addEventListener("icegatheringstatechange", () => {
          if (pc.iceGatheringState === "complete") resolve();
        });
      }),
      sleep(timeoutMs),
    ]);
  }

  async function exchange(pc, url, token) {
    await pc.setLocalDescription(await pc.createOffer());
    await gathered(pc);
    const postedAt = performance.now();
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${token}` },
      body: pc.localDescription.sdp,
    });
    const body = await response.text();
    if (response.status !== 201) throw new Error(`POST ${url}: ${response.status} ${body}`);
    const location = new URL(response.headers.get("Location"), new URL(url, document.baseURI)).href;
    await pc.setRemoteDescription({ type: "answer", sdp: body });
    return { location, etag: response.headers.get("ETag"), postedAt, answer: body };
  }

  const connected = (pc, timeoutMs) =>
    until(() => {
      if (pc.connectionState === "failed") throw new Error("the connection failed");
      return pc.connectionState === "connected";
    }, timeoutMs, "a connection");

  function preferCodec(transceiver, mimeType) {
    const codecs = RTCRtpReceiver.getCapabilities("video").codecs;
    const chosen = codecs.filter((c) => c.mimeType.toLowerCase() === mimeType.toLowerCase());
    const rest = codecs.filter((c) => /\/(rtx|red|ulpfec)$/i.test(c.mimeType));
    transceiver.setCodecPreferences([...chosen, ...rest]);
  }

  // The three layers of a host, smallest first, as Hawker's studio sends them.
  const simulcastEncodings = [
    { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150000 },
    { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500000 },
    { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1700000 },
  ];

  test.publish = async ({
    name = "host", url, token, codec = "video/VP8", simulcast = true, source = {},
    maxBitrate = 1200000, scalabilityMode = null, degradationPreference = null, timeoutMs = 10000,
  }) => {
    const { stream } = test.makeSource({ ...source, name });
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    const [video] = stream.getVideoTracks();
    const transceiver = pc.addTransceiver(video, {
      direction: "sendonly",
      streams: [stream],
      sendEncodings: simulcast
        ? simulcastEncodings : [{ maxBitrate, ...(scalabilityMode && { scalabilityMode }) }],
    });
    if (codec) preferCodec(transceiver, codec);
    if (degradationPreference) {
      const parameters = transceiver.sender.getParameters();
      await transceiver.sender.setParameters({ ...parameters, degradationPreference });
    }
    for (const track of stream.getAudioTracks()) {
      pc.addTransceiver(track, { direction: "sendonly", streams: [stream] });
    }
    const session = await exchange(pc, url, token);
    test.sessions[name] = { pc, token, stream, ...session };
    await connected(pc, timeoutMs);
    return { location: session.location, etag: session.etag, answer: session.answer };
  };

  // A layer that a sender gives up, as it does when its network carries no more.
  test.sendLayers = async ({ name = "host", rids }) => {
    const sender = test.sessions[name].pc.getSenders().find((each) => each.track?.kind === "video");
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) encoding.active = rids.includes(encoding.rid);
    await sender.setParameters(parameters);
  };

  test.watch = async ({
    name = "viewer", url, token, kinds = ["video", "audio"], timeoutMs = 10000, waitConnected = true,
  }) => {
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    const video = document.createElement("video");
    Object.assign(video, { muted: true, autoplay: true, playsInline: true });
    video.style.width = "640px";
    video.dataset.session = name;
    const stream = new MediaStream();
    video.srcObject = stream;
    document.body.append(video);
    pc.addEventListener("track", (event) => stream.addTrack(event.track));
    for (const kind of kinds) pc.addTransceiver(kind, { direction: "recvonly" });
    test.observe({ name, video });
    const session = await exchange(pc, url, token);
    test.sessions[name] = { pc, token, stream, video, ...session };
    test.watches[name].since = session.postedAt;
    if (waitConnected) await connected(pc, timeoutMs);
    return { location: session.location, etag: session.etag, answer: session.answer };
  };

  test.end = async ({ name }) => {
    const session = test.sessions[name];
    delete test.sessions[name];
    if (session.video) session.video.remove();
    if (test.sources[name]) test.sources[name].stop();
    session.pc.close();
    const response = await fetch(session.location, {
      method: "DELETE", headers: { Authorization: `Bearer ${session.token}` },
    });
    return response.status;
  };

  // Leaves without a word, as a crashed page does.
  test.vanish = ({ name }) => {
    test.sessions[name].pc.close();
    if (test.sources[name]) test.sources[name].stop();
    delete test.sessions[name];
  };

  // ICE restart by PATCH with If-Match: *, draft-ietf-wish-whep and RFC 9725 section 4.3.3.
  test.restartIce = async ({ name, timeoutMs = 10000 }) => {
    const session = test.sessions[name];
    const { pc } = session;
    const offer = await pc.createOffer({ iceRestart: true });
    await pc.setLocalDescription(offer);
    await gathered(pc);
    const lines = pc.localDescription.sdp.split("\r\n");
    const pick = (prefix) => lines.filter((line) => line.startsWith(prefix));
    const fragment = [
      pick("a=group:BUNDLE")[0], pick("a=ice-ufrag:")[0], pick("a=ice-pwd:")[0],
      lines.find((line) => line.startsWith("m=")), pick("a=mid:")[0],
      ...new Set(pick("a=candidate:")), "a=end-of-candidates", "",
    ].join("\r\n");
    const response = await fetch(session.location, {
      method: "PATCH",
      headers: {
        "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*",
        Authorization: `Bearer ${session.token}`,
      },
      body: fragment,
    });
    if (response.status !== 200) throw new Error(`restart: ${response.status}`);
    const reply = (await response.text()).split(/\r?\n/);
    const value = (prefix) => reply.find((line) => line.startsWith(prefix));
    const answer = pc.currentRemoteDescription.sdp.split("\r\n")
      .filter((line) => !/^a=(candidate|end-of-candidates)/.test(line))
      .map((line) => (/^a=ice-(ufrag|pwd):/.test(line) ? value(line.split(":")[0] + ":") : line));
    const last = answer.findIndex((line) => line.startsWith("a=mid:"));
    answer.splice(last + 1, 0, ...reply.filter((line) => line.startsWith("a=candidate:")));
    await pc.setRemoteDescription({ type: "answer", sdp: answer.join("\r\n") });
    session.etag = response.headers.get("ETag");
    await connected(pc, timeoutMs);
    return { etag: session.etag, ufrag: value("a=ice-ufrag:") };
  };

  // ---- Measurements ----------------------------------------------------------------------------

  // Logs each picture a <video> presents: when, its size, and the time code in its pixels.
  test.observe = ({ name = "viewer", video = null, selector = "video" } = {}) => {
    const element = video || document.querySelector(selector);
    if (!element) throw new Error(`no <video> matches ${selector}`);
    const watch = { since: performance.now(), frames: [], element };
    test.watches[name] = watch;
    const scratch = scratchContext();
    const onFrame = (now, metadata) => {
      if (test.watches[name] !== watch) return;
      const at = performance.now();
      const code = metadata.width
        ? readTimeCode(element, metadata.width, metadata.height, scratch) : null;
      watch.frames.push({
        at, wall: performance.timeOrigin + at, width: metadata.width, height: metadata.height,
        presented: metadata.presentedFrames, rtp: metadata.rtpTimestamp ?? null,
        captured: code ? code.milliseconds : null, counter: code ? code.counter : null,
      });
      element.requestVideoFrameCallback(onFrame);
    };
    element.requestVideoFrameCallback(onFrame);
  };

  // Logs what a person sees on a stage whose <video> elements come and go: the one in view at each paint.
  test.observeStage = ({ name = "stage", selector = ".tile.focus video" } = {}) => {
    const watch = { since: performance.now(), frames: [], sounds: 0 };
    test.watches[name] = watch;
    const scratch = scratchContext();
    let last = null;
    const paint = () => {
      if (test.watches[name] !== watch) return;
      requestAnimationFrame(paint);
      const all = [...document.querySelectorAll(selector)];
      watch.sounds = Math.max(watch.sounds, all.filter((video) => !video.muted && !video.paused && video.readyState > 2).length);
      const video = all.find((each) => getComputedStyle(each).opacity !== "0" && each.videoWidth > 0);
      if (!video) return;
      const code = readTimeCode(video, video.videoWidth, video.videoHeight, scratch);
      if (!code || code.counter === last) return;
      last = code.counter;
      const at = performance.now();
      watch.frames.push({
        at, wall: performance.timeOrigin + at, width: video.videoWidth, height: video.videoHeight,
        presented: 0, rtp: null, captured: code.milliseconds, counter: code.counter,
      });
    };
    requestAnimationFrame(paint);
  };

  // Forgets the pictures seen so far, so that a measurement covers only what follows.
  test.clear = ({ name = "viewer" } = {}) => {
    test.watches[name].frames = [];
    test.watches[name].since = performance.now();
  };

  test.waitForFrame = async ({ name = "viewer", timeoutMs = 10000, width = 0, count = 1 } = {}) => {
    const watch = test.watches[name];
    const enough = () =>
      watch.frames.filter((frame) => (width ? frame.width === width : frame.width)).length >= count;
    await until(enough, timeoutMs, `${count} pictures${width ? ` ${width} wide` : ""}`);
    return test.seen({ name });
  };

  const percentile = (sorted, share) =>
    sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] : null;

  // What a <video> showed since the measurement began: times in ms, latency = shown - captured.
  test.seen = ({ name = "viewer" } = {}) => {
    const { frames, since } = test.watches[name];
    const readable = frames.filter((frame) => frame.captured !== null);
    const latencies = readable.map((f) => f.wall - f.captured).sort((a, b) => a - b);
    const gaps = frames.slice(1).map((frame, i) => frame.at - frames[i].at);
    const ends = frames.length ? performance.now() - frames.at(-1).at : performance.now() - since;
    const first = frames[0];
    const live = readable.find((frame) => frame.wall - frame.captured <= 300);
    const backwards = readable.slice(1).filter((f, i) => f.captured < readable[i].captured).length;
    return {
      count: frames.length, readable: readable.length,
      fps: frames.length > 1
        ? ((frames.length - 1) * 1000) / (frames.at(-1).at - frames[0].at) : 0,
      latency: {
        p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95),
        max: latencies.length ? latencies.at(-1) : null,
      },
      longestGap: Math.max(0, ends, ...gaps), backwards,
      firstFrameAfter: first ? first.at - since : null,
      liveAfter: live ? live.at - since : null,
      width: frames.length ? frames.at(-1).width : 0,
      height: frames.length ? frames.at(-1).height : 0,
      widths: [...new Set(frames.map((frame) => frame.width))],
      sounds: test.watches[name].sounds ?? null,
    };
  };

  const reports = async (pc) => [...(await pc.getStats()).values()];
  const live = () => test.connections.filter((pc) => pc.connectionState !== "closed");

  // Outbound video encodings and inbound tracks of one named session, or of all the page's connections.
  test.stats = async ({ name = null } = {}) => {
    const connections = name ? [test.sessions[name].pc] : live();
    const all = (await Promise.all(connections.map(reports))).flat();
    const sizes = (r) => ({ width: r.frameWidth || 0, height: r.frameHeight || 0 });
    const pairs = all.filter((r) => r.type === "candidate-pair" && r.state === "succeeded");
    const used = pairs.find((r) => r.nominated) || pairs[0];
    const local = used && all.find((r) => r.id === used.localCandidateId);
    const remote = used && all.find((r) => r.id === used.remoteCandidateId);
    return {
      outbound: all.filter((r) => r.type === "outbound-rtp" && r.kind === "video").map((r) => ({
        rid: r.rid || null, ssrc: r.ssrc, framesEncoded: r.framesEncoded || 0,
        framesSent: r.framesSent || 0, keyframes: r.keyFramesEncoded || 0, bytes: r.bytesSent,
        fps: r.framesPerSecond || 0, pli: r.pliCount || 0, nack: r.nackCount || 0,
        limited: r.qualityLimitationReason || null, ...sizes(r),
      })),
      inbound: all.filter((r) => r.type === "inbound-rtp").map((r) => ({
        kind: r.kind, framesDecoded: r.framesDecoded || 0, framesReceived: r.framesReceived || 0,
        framesDropped: r.framesDropped || 0, freezes: r.freezeCount || 0, lost: r.packetsLost || 0,
        packets: r.packetsReceived || 0, bytes: r.bytesReceived, fps: r.framesPerSecond || 0,
        keyframes: r.keyFramesDecoded || 0, pli: r.pliCount || 0, nack: r.nackCount || 0,
        samples: r.totalSamplesReceived || 0, concealed: r.concealedSamples || 0,
        audioEnergy: r.totalAudioEnergy || 0, ...sizes(r),
      })),
      pair: used ? {
        localProtocol: local && local.protocol, remoteProtocol: remote && remote.protocol,
        remoteAddress: remote && remote.address, rtt: used.currentRoundTripTime || null,
      } : null,
    };
  };

  // Whether the sound of a session's stream is a tone: the loudest frequency in Hz, or null for silence.
  test.loudestFrequency = async ({ name = "viewer", selector = null, listenMs = 1000 } = {}) => {
    const stream = selector
      ? document.querySelector(selector).srcObject : test.sessions[name].stream;
    const context = new AudioContext();
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    context.createMediaStreamSource(stream).connect(analyser);
    await sleep(listenMs);
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const loudest = bins.reduce((best, value, i) => (value > bins[best] ? i : best), 0);
    const hz = (loudest * context.sampleRate) / analyser.fftSize;
    const level = bins[loudest];
    await context.close();
    return level > -70 ? hz : null;
  };

  // Plays HLS with the client library in a page of its server's.
  // `key`: {kid, key} in base64url, for shows that are protected; null: nobody gives one.
  test.playHls = async ({ name = "viewer", url, timeoutMs = 20000, muted = true, key = null, native = false, awaited = true } = {}) => {
    const { HlsPlayer, NativePlayer } = await import("/assets/client/hawker.js");
    const video = document.createElement("video");
    Object.assign(video, { muted, playsInline: true, ...(native ? { crossOrigin: "anonymous" } : {}) });
    video.style.width = "640px";
    video.dataset.session = name;
    document.body.append(video);
    test.observe({ name, video });
    const asked = [];
    const answer = async (message) => {
      asked.push(JSON.parse(new TextDecoder().decode(message)));
      return new TextEncoder().encode(JSON.stringify({ keys: [{ kty: "oct", kid: key.kid, k: key.key }], type: "temporary" }));
    };
    const player = native ? new NativePlayer({ url, video }) : new HlsPlayer({ url, video, licence: key && { answer } });
    const log = { asked, states: [], renditions: [], events: [], failed: null };
    const at = () => Math.round(performance.now());
    player.on("state", (state) => log.states.push([at(), state]));
    player.on("rendition", (index) => log.renditions.push([at(), index]));
    player.on("event", ({ range, late }) =>
      log.events.push({ at: at(), id: range.id, class: range.class, startMs: range.startMs, late, shownMs: player.mediaTimeMs }));
    player.on("failed", (error) => (log.failed = `${error.code}: ${error.message}`));
    test.sessions[name] = { player, video, log };
    player.play();
    if (awaited) await test.waitForFrame({ name, timeoutMs });
    return log;
  };

  test.hlsSays = ({ name = "viewer" } = {}) => {
    const { player, video, log } = test.sessions[name];
    const quality = video.getVideoPlaybackQuality();
    return {
      ...log, state: player.state, behind: player.behind, rendition: player.rendition,
      heights: player.renditions.map((each) => each.height), rate: video.playbackRate,
      dropped: quality.droppedVideoFrames, shown: quality.totalVideoFrames,
      // How far the player's media time is from the capture time in the picture.
      current: video.currentTime, mediaTimeMs: player.mediaTimeMs,
      buffered: Array.from({ length: video.buffered.length }, (_, i) => [video.buffered.start(i), video.buffered.end(i)]),
    };
  };

  // Two peer connections in one page: proves browser, namespace and time code without any server.
  test.loopback = async ({ name = "loopback", source = {}, codec = "video/VP8" } = {}) => {
    const { stream } = test.makeSource({ ...source, name });
    const sender = new RTCPeerConnection();
    const receiver = new RTCPeerConnection();
    const remote = new MediaStream();
    const video = document.createElement("video");
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, srcObject: remote });
    document.body.append(video);
    receiver.addEventListener("track", (event) => remote.addTrack(event.track));
    for (const track of stream.getTracks()) {
      const transceiver = sender.addTransceiver(track, { direction: "sendonly" });
      if (track.kind === "video") preferCodec(transceiver, codec);
    }
    await sender.setLocalDescription(await sender.createOffer());
    await gathered(sender);
    await receiver.setRemoteDescription(sender.localDescription);
    await receiver.setLocalDescription(await receiver.createAnswer());
    await gathered(receiver);
    test.observe({ name, video });
    await sender.setRemoteDescription(receiver.localDescription);
    test.sessions[name] = { pc: receiver, sender, stream: remote, video };
    await connected(receiver, 10000);
    return { candidates: sender.localDescription.sdp.match(/a=candidate:.*/g) || [] };
  };
})();
