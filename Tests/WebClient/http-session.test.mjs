// WHIP and WHEP clients against a scripted server: POST, trickle and restart by PATCH, DELETE (RFC 9725, RFC 8840).

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { WhepClient, WhipClient } from "../../web/client/hawker.js";
import { applyFragment, writeFragment } from "../../web/client/sdpfrag.js";
import { FakePeerConnection } from "./support/peer.mjs";
import { camera, openPage } from "./support/browser.mjs";

const ANSWER = [
  "v=0", "a=ice-lite", "m=audio 7000 UDP/TLS/RTP/SAVPF 111", "a=ice-ufrag:s1", "a=ice-pwd:sp1", "a=mid:0",
  "a=candidate:1 1 udp 1 192.0.2.1 7000 typ host", "a=end-of-candidates", "m=video 7000 UDP/TLS/RTP/SAVPF 96", "a=ice-ufrag:s1",
  "a=ice-pwd:sp1", "a=mid:1", "",
].join("\r\n");

/** Installs `fetch`; answers are given in order, then 204. Returns the requests. */
function serve(...answers) {
  const requests = [];
  globalThis.fetch = async (url, init) => {
    requests.push({ url: String(url), ...init });
    const { status = 204, body = "", headers = {} } = answers.shift() ?? {};
    return {
      ok: status < 300, status, statusText: "", url: String(url), text: async () => body,
      headers: { get: (name) => headers[name] ?? null },
    };
  };
  return requests;
}

const CREATED = { status: 201, body: ANSWER, headers: { Location: "/whep/session/abc", ETag: '"e1"' } };

describe("a WHEP player", () => {
  let page;
  beforeEach(() => (page = openPage()));
  const open = async () => {
    const player = new WhepClient({ endpoint: "/whep/demo", token: "secret" });
    await player.play();
    return player;
  };

  test("posts its offer with the token as header and takes a relative Location", async () => {
    const requests = serve(CREATED);
    const player = await open();
    const [post] = requests;
    assert.equal(post.url, "https://live.example/whep/demo");
    assert.equal(post.method, "POST");
    assert.deepEqual(post.headers, { "Content-Type": "application/sdp", Authorization: "Bearer secret" });
    assert.match(post.body, /^v=0/);
    assert.equal(player.url.href, "https://live.example/whep/session/abc");
    assert.equal(player.mediaStream.getTracks().length, 2);
    assert.deepEqual(FakePeerConnection.last.transceivers.map((each) => each.init.direction), ["recvonly", "recvonly"]);
  });

  test("candidates found within 50 ms go in one PATCH with the current ETag", async () => {
    const requests = serve(CREATED);
    await open();
    const pc = FakePeerConnection.last;
    pc.found("candidate:1 1 udp 1 198.51.100.2 4000 typ host");
    await page.time.advance(40);
    pc.found("candidate:2 1 udp 1 198.51.100.3 4000 typ host");
    pc.found(null);
    await page.time.advance(49);
    assert.equal(requests.length, 1);
    await page.time.advance(1);
    const [, patch] = requests;
    assert.equal(patch.method, "PATCH");
    assert.equal(patch.url, "https://live.example/whep/session/abc");
    assert.equal(patch.headers["If-Match"], '"e1"');
    assert.equal(patch.headers["Content-Type"], "application/trickle-ice-sdpfrag");
    assert.equal(patch.body, [
      "a=ice-ufrag:u1", "a=ice-pwd:p1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0",
      "a=candidate:1 1 udp 1 198.51.100.2 4000 typ host", "a=candidate:2 1 udp 1 198.51.100.3 4000 typ host",
      "a=end-of-candidates", "",
    ].join("\r\n"));
    FakePeerConnection.last.found("candidate:3 1 udp 1 198.51.100.4 4000 typ host");
    await page.time.advance(50);
    assert.equal(requests[2].body.match(/a=candidate/g).length, 1);
  });

  test("candidates found before the answer wait for the session's URL", async () => {
    const requests = serve(CREATED);
    const player = new WhepClient({ endpoint: "/whep/demo" });
    FakePeerConnection.last.found("candidate:1 1 udp 1 198.51.100.2 4000 typ host");
    await page.time.advance(1000);
    assert.equal(requests.length, 0);
    await player.play();
    await page.time.advance(50);
    assert.deepEqual(requests.map((each) => each.method), ["POST", "PATCH"]);
    assert.equal(requests[0].headers.Authorization, undefined);
  });

  test("a server that takes no candidates is sent no more, and the session goes on", async () => {
    const requests = serve(CREATED, { status: 405 });
    await open();
    FakePeerConnection.last.found("candidate:1 1 udp 1 198.51.100.2 4000 typ host");
    await page.time.advance(50);
    FakePeerConnection.last.found("candidate:2 1 udp 1 198.51.100.3 4000 typ host");
    await page.time.advance(1000);
    assert.equal(requests.length, 2);
    assert.equal(FakePeerConnection.last.isClosed, false);
  });

  test("a restart sends fresh credentials with If-Match *, and applies the server's to its answer", async () => {
    const fragment = "a=ice-ufrag:s2\r\na=ice-pwd:sp2\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
      + "a=candidate:1 1 udp 1 192.0.2.9 7000 typ host\r\na=end-of-candidates\r\n";
    const requests = serve(CREATED, { status: 200, body: fragment, headers: { ETag: '"e2"' } });
    const player = await open();
    await player.restart();
    assert.equal(requests[1].headers["If-Match"], "*");
    assert.match(requests[1].body, /ice-ufrag:u2/);
    const { sdp } = FakePeerConnection.last.remoteDescription;
    assert.equal(sdp.match(/a=ice-ufrag:s2/g).length, 2);
    assert.ok(!sdp.includes("s1") && !sdp.includes("192.0.2.1 "));
    assert.equal(sdp.match(/192\.0\.2\.9/g).length, 1);
    FakePeerConnection.last.found("candidate:1 1 udp 1 198.51.100.2 4000 typ host");
    await page.time.advance(50);
    assert.equal(requests[2].headers["If-Match"], '"e2"');
  });

  test("a refused restart is rolled back: the old path carries on", async () => {
    serve(CREATED, { status: 503, headers: { "Retry-After": "3" }, body: "full" });
    const player = await open();
    await assert.rejects(player.restart(), { code: "http-503", message: "full", retryAfterMs: 3000 });
    assert.equal(FakePeerConnection.last.rollbacks, 1);
    assert.equal(FakePeerConnection.last.isClosed, false);
    assert.ok(player.url);
  });

  test("a refused offer says the status; nothing is left to delete", async () => {
    const requests = serve({ status: 403, body: "another room" });
    const player = new WhepClient({ endpoint: "/whep/demo", token: "secret" });
    await assert.rejects(player.play(), { code: "http-403", message: "another room", retryAfterMs: null });
    await player.close();
    assert.equal(requests.length, 1);
  });

  test("closing deletes the session once, also while the page is left", async () => {
    const requests = serve(CREATED);
    const player = await open();
    await player.close();
    await player.close();
    assert.deepEqual(requests.slice(1).map((each) => [each.method, each.keepalive]), [["DELETE", true]]);
    assert.ok(FakePeerConnection.last.isClosed);
    FakePeerConnection.last.found("candidate:1 1 udp 1 198.51.100.2 4000 typ host");
    await page.time.advance(1000);
    assert.equal(requests.length, 2);
  });
});

describe("a WHIP client", () => {
  beforeEach(() => openPage());

  test("publishes layers of a camera and tells its transport's state", async () => {
    serve(CREATED);
    const client = new WhipClient({ endpoint: "/whip/demo", token: "secret" });
    const states = [];
    client.on("state", (state) => states.push(state));
    await client.publish(camera());
    const [audio, video] = FakePeerConnection.last.transceivers;
    assert.deepEqual(audio.init.sendEncodings, [{}]);
    assert.deepEqual(video.init.sendEncodings.map((each) => each.rid), ["q", "h", "f"]);
    FakePeerConnection.last.become("connected");
    assert.deepEqual(states, ["connected"]);
  });
});

describe("trickle fragments", () => {
  test("without an m-line in the description a fragment still has one", () => {
    assert.match(writeFragment("a=ice-ufrag:u\r\na=ice-pwd:p\r\n", [], false), /m=audio 9 /);
  });

  test("a description with bare line feeds is understood", () => {
    const text = applyFragment(ANSWER.replaceAll("\r\n", "\n"), "a=ice-ufrag:x\na=ice-pwd:y\n");
    assert.equal(text.match(/a=ice-pwd:y\r\n/g).length, 2);
    assert.ok(!text.includes("a=candidate"));
  });
});
