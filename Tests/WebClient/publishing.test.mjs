// Publishing: what is offered, kept up through replacement and reconnects, and told back by the server.

import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { cameraEncodings, screenEncodings } from "../../web/client/hawker.js";
import { FakePeerConnection, FakeTrack } from "./support/peer.mjs";
import { camera, joinedRoom, openPage, record } from "./support/browser.mjs";

describe("publishing", () => {
  let page, room;
  beforeEach(async () => {
    page = openPage();
    ({ room } = await joinedRoom(page));
  });

  test("audio and three layers of video are offered under a stream's name", async () => {
    room.publish(camera());
    await page.time.settle();
    const [offer] = page.server.of("publish");
    assert.equal(offer.stream, "main");
    assert.equal(offer.connection, null);
    const [audio, video] = FakePeerConnection.last.transceivers;
    assert.equal(audio.init.direction, "sendonly");
    assert.deepEqual(audio.init.sendEncodings, [{ maxBitrate: 64_000 }]);
    assert.deepEqual(video.init.sendEncodings.map((each) => each.rid), ["q", "h", "f"]);
    assert.equal(FakePeerConnection.last.remoteDescription.type, "answer");
  });

  test("health of its own connection is told, others' not", async () => {
    const publication = room.publish(camera());
    const log = record(publication, ["health"]);
    await page.time.settle();
    page.server.event({ type: "health", connection: "c1", stream: "main", layers: [] });
    page.server.event({ type: "health", connection: "c2", stream: "main", layers: [] });
    assert.equal(log.health.length, 1);
    assert.equal(publication.health.connection, "c1");
  });

  test("replaced elsewhere, it ends and is not fought for", async () => {
    const publication = room.publish(camera());
    const log = record(publication, ["failed"]);
    await page.time.settle();
    page.server.event({ type: "connectionEnded", connection: "c1", reason: "replaced" });
    await page.time.advance(60_000);
    assert.deepEqual(log.failed.map((each) => each.code), ["replaced"]);
    assert.deepEqual(room.publications, []);
    assert.equal(page.server.of("publish").length, 1);
    assert.ok(FakePeerConnection.last.isClosed);
  });

  test("stopped, it is unpublished; its tracks are the caller's", async () => {
    const publication = room.publish(camera());
    await page.time.settle();
    await publication.stop();
    assert.equal(page.server.of("unpublish")[0].connection, "c1");
    assert.deepEqual(room.publications, []);
    assert.equal(publication.media.getTracks().length, 2);
  });

  test("it holds its resolution while it is told to, after a new start as well", async () => {
    const publication = room.publish(camera());
    await page.time.settle();
    const preferences = () =>
      FakePeerConnection.last.transceivers.map(({ sender }) => sender.parameters.degradationPreference);
    assert.deepEqual(preferences(), [undefined, undefined]);
    await publication.holdResolution(true);
    assert.deepEqual(preferences(), [undefined, "maintain-resolution"]);
    const first = FakePeerConnection.last;
    page.server.event({ type: "connectionEnded", connection: "c1", reason: "timedOut" });
    await page.time.advance(30_000);
    assert.notEqual(FakePeerConnection.last, first);
    assert.deepEqual(preferences(), [undefined, "maintain-resolution"]);
    await publication.holdResolution(false);
    assert.deepEqual(preferences(), [undefined, "balanced"]);
  });

  test("another camera takes the place of the first without an offer", async () => {
    const publication = room.publish(camera());
    await page.time.settle();
    const other = new FakeTrack("video", { width: 640, height: 480 });
    await publication.replaceTrack(other);
    await page.time.settle();
    assert.equal(FakePeerConnection.last.transceivers[1].sender.track, other);
    assert.ok(publication.media.getTracks().includes(other));
    assert.equal(publication.media.getTracks().length, 2);
    assert.equal(page.server.of("publish").length, 1);
  });

  test("the server lost it: it is published again under the same name with the same media", async () => {
    const publication = room.publish(camera(), { stream: "screen" });
    await page.time.settle();
    page.server.session = "s_2";
    page.server.socket.end();
    await page.time.advance(300);
    const offers = page.server.of("publish");
    assert.equal(offers.length, 2);
    assert.deepEqual([offers[1].stream, offers[1].connection], ["screen", null]);
    assert.equal(publication.name, "c2");
    assert.equal(FakePeerConnection.last.transceivers.length, 2);
  });

  test("leaving the room ends it", async () => {
    room.publish(camera());
    await page.time.settle();
    await room.leave();
    assert.ok(FakePeerConnection.last.isClosed);
  });
});

describe("encodings", () => {
  const bitrates = (width, height) => cameraEncodings(new FakeTrack("video", { width, height })).map((each) => each.maxBitrate);

  test("bitrates follow the number of pixels, but never under half or over double", () => {
    assert.deepEqual(bitrates(1280, 720), [150_000, 500_000, 1_700_000]);
    assert.deepEqual(bitrates(1920, 1080), [300_000, 1_000_000, 3_400_000]);
    assert.deepEqual(bitrates(640, 480), [250_000, 850_000]);
  });

  test("small pictures have fewer layers, as many as the browser would send; a shared screen has one", () => {
    const layers = (width, height) => cameraEncodings(new FakeTrack("video", { width, height })).map((each) => each.rid);
    assert.deepEqual(layers(540, 960), ["q", "h", "f"]);
    assert.deepEqual(layers(640, 480), ["q", "f"]);
    assert.deepEqual(layers(480, 270), ["q", "f"]);
    assert.deepEqual(layers(320, 240), ["f"]);
    assert.equal(screenEncodings().length, 1);
  });
});
