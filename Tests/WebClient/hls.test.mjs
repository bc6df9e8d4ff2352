// The LL-HLS player against an origin in virtual time: near to live, whatever happens to the network or the show.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { decodeTimeOf, timescaleOf } from "../../web/client/hls/boxes.js";
import { Choice } from "../../web/client/hls/choice.js";
import { HlsPlayer } from "../../web/client/hls/hls-player.js";
import { LicenceDesk } from "../../web/client/hls/licence.js";
import { licencesFrom } from "../../web/client/hls/licence-service.js";
import { Pace } from "../../web/client/hls/pace.js";
import { readMedia, readMultivariant } from "../../web/client/hls/playlist.js";
import { openPage, record } from "./support/browser.mjs";
import { EPOCH, FakeMediaSource, FakeVideo, Origin, fragmentOf, initOf } from "./support/hls.mjs";

describe("playlists", () => {
  const head = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n";
  test("segments, parts, dates, hints, reports and ranges are read", () => {
    const playlist = readMedia(
      `${head}#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=24.0
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@20"
#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36.106Z
#EXTINF:4.00008,
266.mp4
#EXT-X-DISCONTINUITY
#EXT-X-PART:DURATION=0.33334,URI="267.0.mp4",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.3,URI="267.1.mp4",GAP=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="267.2.mp4"
#EXT-X-RENDITION-REPORT:URI="../1M/wait.php",LAST-MSN=273,LAST-PART=2
#EXT-X-DATERANGE:ID="pin-5",CLASS="pin",START-DATE="2019-02-14T02:13:40Z",DURATION=1.5,X-LISTING="a,b"`,
      "https://a.example/x/low.m3u8",
    );
    assert.deepEqual(playlist.segments.map(({ msn, discontinuity, duration }) => [msn, discontinuity, duration]), [[266, 3, 4.00008], [267, 4, 0.63334]]);
    assert.deepEqual(playlist.segments[0].init, { url: "https://a.example/x/init.mp4", range: { start: 20, length: 100 } });
    assert.equal(playlist.segments[1].startMs, Date.parse("2019-02-14T02:13:36.106Z") + 4000.08);
    assert.deepEqual(playlist.segments[1].parts.map(({ independent, gap }) => [independent, gap]), [[true, false], [false, true]]);
    assert.equal(playlist.hint?.url, "https://a.example/x/267.2.mp4");
    assert.deepEqual(playlist.reports, [{ url: "https://a.example/1M/wait.php", msn: 273, part: 2 }]);
    assert.equal(playlist.holdBack, 1);
    const [range] = playlist.dateRanges;
    assert.deepEqual([range.id, range.class, range.endMs - range.startMs, range.attributes["X-LISTING"]], ["pin-5", "pin", 1500, "a,b"]);
  });

  test("byte ranges follow one another", () => {
    const { segments } = readMedia(`${head}#EXT-X-BYTERANGE:10@5\n#EXTINF:4,\nall.mp4\n#EXT-X-BYTERANGE:20\n#EXTINF:4,\nall.mp4`, "https://a.example/");
    assert.deepEqual(segments.map(({ resource }) => resource.range), [{ start: 5, length: 10 }, { start: 15, length: 20 }]);
  });

  test("a delta update is the whole one", () => {
    const segment = (msn) => `#EXTINF:4,\n${msn}.mp4\n`;
    const date = "#EXT-X-PROGRAM-DATE-TIME:2019-02-14T02:13:36Z\n";
    const before = readMedia(`${head}#EXT-X-MEDIA-SEQUENCE:5\n${date}${[5, 6, 7, 8].map(segment).join("")}`, "https://a.example/");
    const delta = readMedia(`${head}#EXT-X-MEDIA-SEQUENCE:6\n#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n${segment(8)}${segment(9)}`, "https://a.example/", before);
    assert.deepEqual(delta.segments.slice(0, 3), before.segments.slice(1));
    assert.equal(delta.segments[3].startMs, before.segments[3].startMs + 4000);
    assert.throws(() => readMedia(`${head}#EXT-X-SKIP:SKIPPED-SEGMENTS=9\n`, "https://a.example/", before), { code: "bad-playlist" });
  });

  test("what is none is refused by name", () => {
    const bad = ["", "<html>", "#EXTM3U", `${head}x.mp4`, `${head}#EXTINF:-1,\nx`, `${head}#EXTINF:1e999,\nx`, "#EXTM3U\n#EXT-X-TARGETDURATION:\n",
      `${head}#EXT-X-PROGRAM-DATE-TIME:never\n`, `${head}#EXT-X-PART-INF:PART-TARGET=0`, `${head}#EXT-X-DATERANGE:CLASS="x"`, `${head}#EXT-X-MAP:URI="http://[::bad"\n`];
    for (const text of bad) assert.throws(() => readMedia(text, "https://a.example/"), { code: "bad-playlist" }, JSON.stringify(text));
    assert.throws(() => readMultivariant("#EXTM3U\n", "https://a.example/"), { code: "bad-playlist" });
  });
});

describe("boxes", () => {
  test("timescale and decode time are found; nothing is read beyond the bytes", () => {
    assert.equal(timescaleOf(initOf(48_000)), 48_000);
    assert.equal(decodeTimeOf(fragmentOf(2 ** 40 + 7, 1)), 2 ** 40 + 7);
    const fragment = fragmentOf(1, 1);
    for (let length = 0; length < fragment.length - 12; length++) assert.throws(() => decodeTimeOf(fragment.slice(0, length)), { code: "bad-media" });
  });
});

describe("pace", () => {
  test("it closes a distance without a jump, and a large one with", () => {
    const pace = new Pace();
    assert.deepEqual(pace.next({ behind: 1, holdBack: 1, now: 0 }), { rate: 1, jump: false });
    assert.ok(pace.next({ behind: 1.5, holdBack: 1, now: 1 }).rate > 1);
    assert.ok(pace.next({ behind: 1.1, holdBack: 1, now: 2 }).rate > 1, "not back and forth");
    assert.equal(pace.next({ behind: 1.04, holdBack: 1, now: 3 }).rate, 1);
    assert.ok(pace.next({ behind: 0.7, holdBack: 1, now: 4 }).rate < 1);
    assert.ok(pace.next({ behind: 2.5, holdBack: 1, now: 5 }).rate > pace.next({ behind: 1.5, holdBack: 1, now: 5 }).rate, "farther behind, faster");
    assert.equal(pace.next({ behind: 9, holdBack: 1, now: 6 }).jump, true);
  });

  test("stalls keep it farther behind, for a while", () => {
    const pace = new Pace();
    for (let stall = 0; stall < 20; stall++) pace.stalled(0);
    assert.equal(pace.extra, 2);
    pace.next({ behind: 3, holdBack: 1, now: 31_000 });
    assert.equal(pace.extra, 1.75);
  });
});

describe("the choice of a rendition", () => {
  test("three slow parts or one stall: down; up only after a fast trial", () => {
    const choice = new Choice(3, 1, 0);
    for (let part = 0; part < 3; part++) choice.came({ ms: 300, durationMs: 320, now: 0 });
    assert.equal(choice.current, 0);
    assert.equal(choice.trial(1000), null);
    assert.equal(choice.trial(20_000), 1);
    assert.equal(choice.trial(20_001), null, "one at a time");
    choice.tried({ index: 1, bandwidth: 1_000_000, bytes: 250_000, ms: 1900, now: 21_000 });
    assert.equal(choice.current, 0, "1.05 of what it needs is not enough");
    assert.equal(choice.trial(100_000), 1);
    choice.tried({ index: 1, bandwidth: 1_000_000, bytes: 250_000, ms: 1000, now: 100_000 });
    assert.equal(choice.current, 1);
    choice.pin(2);
    choice.stalled(100_001);
    assert.equal(choice.current, 2);
  });
});

describe("a live show", () => {
  let page, origin, video, player, log;
  const later = (ms) => page.time.advance(ms);
  const edge = () => EPOCH + page.time.now;
  beforeEach(async () => {
    page = openPage();
    await page.time.advance(60_000);
    FakeMediaSource.made = [];
    Object.assign(globalThis, { MediaSource: FakeMediaSource });
    URL.createObjectURL = () => "blob:show";
    origin = new Origin(page.time, 30_000);
    video = new FakeVideo(page.time);
    player = new HlsPlayer({ url: `${origin.base}index.m3u8`, video });
    log = record(player, ["state", "rendition", "event", "failed"]);
  });
  const play = async (ms = 5000) => {
    player.play();
    await later(ms);
  };
  /** How far what is shown is behind what was captured, in seconds. */
  const latency = () => (edge() - player.mediaTimeMs) / 1000;

  test("it plays at once, and stays as near to live as it may", async () => {
    await play(400);
    assert.equal(player.state, "playing");
    for (let second = 0; second < 60; second++) {
      await later(1000);
      assert.ok(latency() < 1.7 && latency() > 0.6, `${latency()} s behind after ${second} s`);
    }
    assert.deepEqual(log.state, ["loading", "playing"]);
  });

  test("each part is fetched once, and was asked for before it was there", async () => {
    await play(10_000);
    const parts = origin.requests.filter((each) => /v180\/\d+\.\d+\.m4s/.test(each));
    assert.ok(parts.length >= 25);
    assert.equal(new Set(parts).size, parts.length);
    const ahead = origin.requests.at(-1).includes("_HLS") ? origin.requests.at(-2) : origin.requests.at(-1);
    assert.match(ahead, /\.m4s$/);
  });

  test("delta updates do as well", async () => {
    origin.delta = true;
    await play(20_000);
    assert.ok(origin.requests.some((each) => each.includes("_HLS_skip=YES")));
    assert.ok(latency() < 1.7);
    assert.deepEqual(log.state, ["loading", "playing"]);
  });

  test("with room to spare it moves up, at a segment's beginning, without a stop", async () => {
    await play(20_000);
    assert.deepEqual(log.rendition, [0, 1]);
    const [first] = origin.requests.filter((each) => /v720\/\d+\.\d+\.m4s/.test(each));
    assert.match(first, /\.0\.m4s$/);
    assert.deepEqual(log.state, ["loading", "playing"]);
    assert.equal(FakeMediaSource.made[0].sourceBuffers[0].ranges.length, 1);
  });

  test("a network that becomes slow moves it down", async () => {
    await play(20_000);
    origin.speed = 600_000;
    await later(20_000);
    assert.equal(player.rendition, 0);
    await later(60_000);
    assert.equal(player.state, "playing");
    assert.equal(player.rendition, 0, "it does not come back to what does not fit");
  });

  test("a gap is passed over", async () => {
    const next = Math.floor((page.time.now + 8000 - 30_000) / 1920);
    for (let part = 0; part < 6; part++) origin.gaps.add(`${next}.${part}`);
    await play(20_000);
    assert.ok(!log.state.includes("failed"));
    assert.equal(player.state, "playing");
    assert.ok(latency() < 2.5, `${latency()} s behind`);
  });

  test("a publisher that comes again with clocks of its own goes on where the show is", async () => {
    const next = Math.floor((page.time.now + 6000 - 30_000) / 1920);
    origin.cuts.push(next);
    await play(20_000);
    assert.deepEqual(log.state, ["loading", "playing"]);
    assert.equal(FakeMediaSource.made[0].sourceBuffers.every(({ ranges }) => ranges.length === 1), true);
    assert.ok(latency() < 1.7);
  });

  test("events come on their frame, once; those before it are said to be late", async () => {
    const at = (ms) => new Date(EPOCH + ms).toISOString();
    origin.dateRanges.push(`ID="old",CLASS="pin",START-DATE="${at(page.time.now - 20_000)}"`);
    await play(3000);
    assert.deepEqual(log.event.map(({ range, late }) => [range.id, late]), [["old", true]]);
    const startMs = page.time.now;
    origin.dateRanges.push(`ID="new",CLASS="pin",START-DATE="${at(startMs)}"`);
    while (log.event.length < 2) {
      assert.ok(player.mediaTimeMs < EPOCH + startMs + 110, "told within a tenth of a second of its frame");
      await later(50);
    }
    assert.ok(player.mediaTimeMs >= EPOCH + startMs);
    assert.equal(log.event[1].late, false);
    await later(5000);
    assert.equal(log.event.length, 2);
  });

  test("a cut of ten seconds is survived, and live is live again", async () => {
    await play(10_000);
    origin.instead = () => Promise.reject(new TypeError("network"));
    await later(10_000);
    assert.equal(player.state, "stalled");
    origin.instead = null;
    await later(15_000);
    assert.equal(player.state, "playing");
    assert.ok(latency() < 2.5, `${latency()} s behind`);
  });

  test("a server that begins anew with other numbers is joined anew", async () => {
    await play(10_000);
    Object.assign(origin, { beganMs: page.time.now, firstMsn: 0 });
    await later(15_000);
    assert.equal(player.state, "playing");
    assert.ok(latency() < 2.5, `${latency()} s behind`);
  });

  test("a request that is lost on its way is asked again as soon as its part is listed", async () => {
    await play(5000);
    let lost = 0;
    // What is asked for before it is there is never answered.
    origin.instead = (url) => {
      const [, msn, part] = /\/(\d+)\.(\d+)\.m4s$/.exec(url.href) ?? [];
      if (msn === undefined || Number(msn) * 6 + Number(part) < origin.parts) return null;
      lost++;
      return new Promise(() => {});
    };
    await later(20_000);
    assert.equal(player.state, "playing");
    assert.ok(lost >= 2 && lost <= 8, `${lost} lost: of sound and picture, then no hints for a while`);
    assert.ok(latency() < 3, `${latency()} s behind`);
  });

  test("parts that are gone are not waited for: it begins anew at the live edge", async () => {
    await play(10_000);
    const old = new Set(origin.requests.filter((each) => each.endsWith(".m4s")));
    let refused = 0;
    origin.instead = (url) => {
      const name = url.href.slice(origin.base.length);
      if (!name.endsWith(".m4s") || old.has(name) || refused > 6) return null;
      refused++;
      return new Response("", { status: 404 });
    };
    await later(6000);
    assert.equal(player.state, "playing");
    assert.ok(latency() < 3, `${latency()} s behind`);
  });

  test("a server that is not ready yet is asked every other second", async () => {
    const begins = page.time.now + 20_000;
    origin.instead = () => (page.time.now < begins ? new Response("", { status: 503, headers: { "Retry-After": "1" } }) : null);
    await play(22_500);
    assert.equal(player.state, "playing");
    assert.ok(origin.requests.filter((each) => each === "index.m3u8").length <= 21);
  });

  test("after a long pause it is live again", async () => {
    await play(10_000);
    video.pause();
    await later(120_000);
    const asked = origin.requests.length;
    await later(10_000);
    assert.ok(origin.requests.length - asked < 5, "a paused page loads no whole show");
    await video.play();
    await later(5000);
    assert.ok(latency() < 2.5, `${latency()} s behind`);
    assert.equal(player.state, "playing");
  });

  test("the end is the end", async () => {
    await play(5000);
    origin.endedAt = page.time.now + 2000;
    await later(20_000);
    assert.equal(player.state, "ended");
    const asked = origin.requests.length;
    await later(20_000);
    assert.equal(origin.requests.length, asked);
  });

  test("who wants live is not shown a show that is over", async () => {
    origin.endedAt = page.time.now;
    const live = new HlsPlayer({ url: `${origin.base}index.m3u8`, video, live: true });
    const told = record(live, ["failed"]);
    live.play();
    await later(1000);
    assert.equal(told.failed[0]?.code, "show-over");
    assert.ok(!origin.requests.some((each) => each.endsWith(".m4s")));
  });

  test("a refusal is told by name, and nothing is asked again", async () => {
    origin.instead = () => new Response("", { status: 403 });
    await play(1000);
    assert.equal(player.state, "failed");
    assert.equal(log.failed[0].code, "http-403");
    assert.equal(origin.requests.length, 1);
  });

  test("closed, it asks for nothing more", async () => {
    await play(5000);
    player.close();
    const asked = origin.requests.length;
    await later(20_000);
    assert.equal(origin.requests.length, asked);
    assert.deepEqual(page.errors, []);
  });
});

describe("protected media", () => {
  const initData = new Uint8Array([1, 2, 3]).buffer;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  let video, sessions, asked, failures;
  beforeEach(() => {
    openPage();
    video = new FakeVideo({ now: 0 });
    video.setMediaKeys = async (keys) => (video.keys = keys);
    [sessions, asked, failures] = [[], [], []];
    const requestMediaKeySystemAccess = async (name, wanted) => {
      asked.push([name, wanted]);
      if (name === "none") throw new Error("no such system");
      return {
        createMediaKeys: async () => ({
          createSession: () => {
            const session = Object.assign(new EventTarget(), {
              updates: [],
              closed: false,
              generateRequest: async (type, data) => {
                session.dispatchEvent(Object.assign(new Event("message"), { message: data, messageType: "license-request" }));
              },
              update: async (licence) => void session.updates.push(licence),
              close: async () => void (session.closed = true),
            });
            sessions.push(session);
            return session;
          },
        }),
      };
    };
    Object.defineProperty(globalThis, "navigator", { value: { requestMediaKeySystemAccess }, configurable: true });
  });
  const desk = (licence) => new LicenceDesk(video, [licence ?? []].flat(), (failure) => failures.push(failure.code));
  const named = (data = initData) => video.listeners.get("encrypted")({ initData: data, initDataType: "cenc" });
  const types = { video: ["video/mp4"], audio: ["audio/mp4"] };

  test("each key is asked for once, of the page's service, however many tracks name it", async () => {
    const messages = [];
    const licences = desk({ answer: async (message, type) => (messages.push([message, type]), "the licence") });
    await licences.open(types);
    assert.equal(asked[0][0], "org.w3.clearkey");
    assert.equal(asked[0][1][0].videoCapabilities[0].encryptionScheme, "cbcs");
    for (const data of [initData, initData.slice(0), new Uint8Array([9]).buffer]) named(data);
    await settle();
    assert.equal(sessions.length, 2);
    assert.deepEqual(messages.map(([, type]) => type), ["license-request", "license-request"]);
    assert.deepEqual(sessions.map(({ updates }) => updates), [["the licence"], ["the licence"]]);
    licences.close();
    assert.ok(sessions.every(({ closed }) => closed));
    assert.deepEqual(failures, []);
  });

  test("of several services the first is asked whose system the browser has", async () => {
    const answers = [];
    const service = (keySystem) => ({ keySystem, answer: async () => (answers.push(keySystem), "licence") });
    const licences = desk([service("none"), service("some"), service("other")]);
    await licences.open(types);
    assert.deepEqual(asked.map(([name]) => name), ["none", "some"]);
    named();
    await settle();
    assert.deepEqual(answers, ["some"]);
    assert.deepEqual(failures, []);
  });

  test("a service that a server names gets the browser's message and the viewer's newest token", async () => {
    const posts = [];
    const { fetch } = globalThis;
    let [status, token] = [200, "first"];
    globalThis.fetch = async (url, options) => {
      posts.push([url, options.headers.Authorization, options.credentials, options.body]);
      return new Response("keys", { status });
    };
    try {
      const [service] = licencesFrom([{ keySystem: "some", url: "https://keys.example/demo" }], () => token);
      assert.equal(service.keySystem, "some");
      token = "second";
      assert.equal(new TextDecoder().decode(await service.answer("message", "license-request")), "keys");
      assert.deepEqual(posts, [["https://keys.example/demo", "Bearer second", "omit", "message"]]);
      status = 403;
      await assert.rejects(service.answer("message", "license-request"), { code: "licence" });
    } finally {
      globalThis.fetch = fetch;
    }
  });

  test("no service, a browser without the system, a service that refuses: each has a name", async () => {
    await desk(null).open(types);
    assert.equal(asked.length, 0);
    named();
    assert.deepEqual(failures, ["protected"]);
    const lacking = desk({ keySystem: "none", answer: async () => "" });
    // A show that is not protected after all plays.
    await lacking.open(types);
    assert.deepEqual(failures, ["protected"]);
    named();
    lacking.close();
    const refused = desk({ answer: async () => { throw new Error("not paid"); } });
    await refused.open(types);
    named();
    await settle();
    assert.deepEqual(failures, ["protected", "unsupported", "licence"]);
  });
});
