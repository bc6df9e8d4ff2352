// Captions come with their frame, are refined in their place, and never stay longer than they should.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Captions } from "../../web/client/captions.js";
import { InStep } from "../../web/client/in-step.js";
import { LiveShow } from "../../web/client/live-show.js";
import { openPage } from "./support/browser.mjs";

describe("captions", () => {
  let page, show, captions;
  const DELAY = 1500;
  const now = () => 1_000_000 + page.time.now;
  const say = (text, more = {}) => show.receive({ type: "caption", caption: "#1", language: "en", text, mediaTimeMs: now(), durationMs: 1000, partial: false, ...more });
  const frames = async (ms, behind = DELAY) => {
    for (let at = 0; at < ms; at += 33) {
      captions.shows(now() - behind);
      await page.time.advance(33);
    }
  };
  const shown = (language = "en") => captions.shown(language).map(({ text }) => text);
  beforeEach(() => {
    page = openPage();
    show = new LiveShow();
    captions = new Captions(show, now);
  });

  test("one is shown from its frame on, for as long as it says, within two frames", async () => {
    await frames(500);
    const at = now();
    let from = 0;
    let until = 0;
    captions.on("change", () => (shown().length > 0 ? (from = now()) : (until = now())));
    say("hello");
    assert.deepEqual(shown(), []);
    await frames(4000);
    assert.ok(from - DELAY - at >= -5 && from - DELAY - at <= 70, `${from - DELAY - at} ms after its frame`);
    assert.ok(until - from >= 930 && until - from <= 1070, `${until - from} ms`);
  });

  test("one that comes after its frame is shown at once, as long as it would have been", async () => {
    await frames(500, 200);
    say("late", { mediaTimeMs: now() - 3000, durationMs: 800 });
    assert.deepEqual(shown(), ["late"]);
    await frames(700, 200);
    assert.deepEqual(shown(), ["late"]);
    await frames(200, 200);
    assert.deepEqual(shown(), []);
  });

  test("a refined one takes the place of the one before, in its own language only", async () => {
    await frames(500, 0);
    say("I scr", { caption: "u1", partial: true });
    say("Ich schr", { caption: "u1", language: "de", partial: true });
    await frames(300, 0);
    assert.deepEqual(shown(), ["I scr"]);
    say("ice cream", { caption: "u1", mediaTimeMs: now() - 300 });
    assert.deepEqual(shown(), ["ice cream"]);
    assert.deepEqual(shown("de"), ["Ich schr"]);
    assert.deepEqual(captions.languages, ["en", "de"]);
    await frames(900, 0);
    assert.deepEqual(shown("de"), []);
    assert.deepEqual(shown(), ["ice cream"], "from its refinement on");
  });

  test("without a picture to wait for, and without frames, captions come and go all the same", async () => {
    say("now");
    assert.deepEqual(shown(), ["now"]);
    captions.shows(NaN);
    await page.time.advance(1200);
    assert.deepEqual(shown(), []);
    captions.shows(now() - DELAY);
    say("behind");
    assert.deepEqual(shown(), []);
    await page.time.advance(1700);
    assert.deepEqual(shown(), ["behind"]);
  });

  test("only the last two of a language are shown, and a flood is forgotten", () => {
    for (let each = 0; each < 300; each++) say(`${each}`, { caption: `#${each}`, durationMs: 15_000 });
    assert.deepEqual(shown(), ["298", "299"]);
    for (let each = 0; each < 20; each++) say("x", { language: `l${each}` });
    assert.equal(captions.languages.length, 8);
  });

  test("a caption is no event of the show, and moves nothing that waits for its frame", async () => {
    const step = new InStep(show, now);
    let events = 0;
    show.on("event", () => events++);
    say("hello");
    assert.equal(events, 0);
    assert.equal(step.state, null);
    step.close();
  });
});
