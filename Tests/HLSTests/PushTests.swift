// What a store has of a show, whatever the store does: what its playlists name is there, and they go forward.

import Crypto
import Testing
import Wire

@testable import HLS

@Suite("A show that is pushed to a store")
struct PushTests {
  @Test("its playlists name whole segments only, a hold back, and in the end its end")
  func plain() throws {
    var show = try PushedShow()
    show.play(seconds: 30)
    let live = show.bucket.text("demo/low/index.m3u8")
    #expect(live.contains("#EXT-X-SERVER-CONTROL:HOLD-BACK=6.00000\n"))
    for tag in ["CAN-", "PART", "PRELOAD", "REPORT", "SKIP", "ENDLIST", "GAP"] {
      #expect(!live.contains(tag), "\(tag)")
    }
    // A window of the past, up to the newest whole segment.
    #expect(live.split(separator: "\n").filter { $0.hasPrefix("#EXTINF") }.count == 7)
    #expect(live.hasSuffix("r1-s14.m4s\n") || live.hasSuffix("r1-s13.m4s\n"))
    let variants = show.bucket.text("demo/index.m3u8")
    for name in ["low/index.m3u8", "low/iframes.m3u8", "sound/index.m3u8"] {
      #expect(variants.contains(name))
    }
    show.end()
    show.wait(seconds: 2)
    #expect(show.news.contains(.ended(room: "demo")))
    #expect(show.desk.isSettled)
    for name in ["low/index", "low/iframes", "sound/index"] {
      #expect(show.bucket.text("demo/\(name).m3u8").hasSuffix("#EXT-X-ENDLIST\n"), "\(name)")
    }
    #expect(show.bucket.text("demo/manifest.mpd").contains("type=\"static\""))
    show.expectTrueMedia()
    #expect(!show.news.contains { if case .lost = $0 { true } else { false } })
  }

  @Test("captions are there as a rendition of text, with what was said, and no manifest names them")
  func captions() throws {
    var show = try PushedShow()
    let english = try #require(LanguageTag("en"))
    show.play(seconds: 4)
    show.room.append(
      Caption(
        language: english, text: "Two for one", start: show.room.epoch + .seconds(4),
        duration: .seconds(3)))
    show.play(seconds: 8)
    show.end()
    show.wait(seconds: 2)
    let text = show.bucket.text("demo/text-en/index.m3u8")
    #expect(text.contains(".vtt\n") && text.hasSuffix("#EXT-X-ENDLIST\n"))
    #expect(!text.contains("EXT-X-MAP") && !text.contains("PART"))
    let documents = show.bucket.objects.filter { $0.key.hasPrefix("demo/text-en/r1-s") }
    #expect(documents.count >= 4)
    for (key, _) in documents { #expect(show.bucket.text(key).hasPrefix("WEBVTT\n"), "\(key)") }
    #expect(documents.keys.contains { show.bucket.text($0).contains("Two for one") })
    #expect(show.bucket.text("demo/index.m3u8").contains("TYPE=SUBTITLES"))
    let manifest = show.bucket.text("demo/manifest.mpd")
    #expect(manifest.contains("id=\"low\"") && !manifest.contains("text-en"))
    #expect(show.desk.isSettled)
  }

  @Test(
    "a store that takes small objects first has no list of subtitles alone; text has no key of samples"
  )
  func captionsFirst() throws {
    let protection = try ContentProtection(
      contentKey: "00112233445566778899aabbccddeeff ffeeddccbbaa99887766554433221100")
    var show = try PushedShow(captions: ["de"], protection: protection)
    show.store = { _, order in
      guard case .put(let object) = order, object.byteCount > 1000 || object.key.hasSuffix(".mp4")
      else { return (.milliseconds(10), .done) }
      return (.seconds(3), .done)
    }
    show.play(seconds: 12)
    show.end()
    show.wait(seconds: 10)
    let text = show.bucket.text("demo/text-de/index.m3u8")
    #expect(text.contains("#EXTINF") && !text.contains("EXT-X-KEY"))
    #expect(show.bucket.text("demo/low/index.m3u8").contains("#EXT-X-KEY:METHOD=SAMPLE-AES"))
    #expect(show.bucket.text("demo/index.m3u8").contains("TYPE=SUBTITLES"))
  }

  @Test("a show that is given up keeps no media that waited")
  func givenUp() throws {
    var show = try PushedShow()
    show.store = { _, _ in (.milliseconds(10), .failed("away")) }
    show.play(seconds: 20)
    #expect(show.desk.waitingBytes > 0)
    show.end()
    show.wait(seconds: 620)
    #expect(show.news.contains(.givenUp(room: "demo")))
    #expect(show.desk.waitingBytes == 0)
  }

  @Test("what no playlist of the last two windows names is deleted, and nothing before")
  func removals() throws {
    var show = try PushedShow()
    show.play(seconds: 120)
    // `Bucket` says when something is deleted too early. Of 60 segments each, three windows and some stay.
    let media = show.bucket.objects.keys.filter { $0.hasSuffix(".m4s") }
    #expect(media.count < 2 * 26, "\(media.count)")
    #expect(show.bucket.deleted.contains("demo/low/r1-s0.m4s"))
    #expect(show.bucket.deleted.count > 60)
  }

  @Test(
    "a store that fails and is slow, by seed: whole, forward, and true",
    arguments: 1...8 as ClosedRange<UInt64>)
  func seeded(_ seed: UInt64) throws {
    var show = try PushedShow(seed: seed)
    var plan = RandomSource.seeded(seed &* 77)
    let failing = plan.unitInterval() * 0.4
    let slowest = 20 + plan.unitInterval() * 1500
    for _ in 0..<5 {
      let isDead = plan.unitInterval() < 0.3
      show.store = { [failing, slowest] show, _ in
        let time = TimeSpan.milliseconds(Int64(5 + show.random.unitInterval() * slowest))
        if isDead { return (time, .failed("dead")) }
        return (time, show.random.unitInterval() < failing ? .failed("503 SlowDown") : .done)
      }
      show.play(seconds: 5 + Int(plan.unitInterval() * 20))
    }
    show.store = { _, _ in (.milliseconds(20), .done) }
    show.end()
    show.wait(seconds: 30)
    #expect(show.desk.isSettled)
    #expect(show.bucket.text("demo/low/index.m3u8").hasSuffix("#EXT-X-ENDLIST\n"))
    #expect(show.bucket.text("demo/sound/index.m3u8").hasSuffix("#EXT-X-ENDLIST\n"))
    show.expectTrueMedia()
  }

  @Test("a store that was away for longer than the window is gone on with from what is there")
  func away() throws {
    var show = try PushedShow()
    show.play(seconds: 10)
    show.store = { _, _ in (.milliseconds(5), .failed("no connection: refused")) }
    show.play(seconds: 60)
    let stopped = show.news.filter { if case .stopped = $0 { true } else { false } }
    #expect(stopped == [.stopped("no connection: refused")], "said once")
    #expect(show.desk.isStopped)
    show.store = { _, _ in (.milliseconds(30), .done) }
    show.play(seconds: 20)
    #expect(show.news.contains(.resumed) && !show.desk.isStopped)
    #expect(show.news.contains { if case .lost = $0 { true } else { false } })
    let text = show.bucket.text("demo/low/index.m3u8")
    #expect(!text.contains("GAP"), "what nobody was told of is not told as a gap")
    #expect((Bucket.number(text, "#EXT-X-MEDIA-SEQUENCE:") ?? 0) > 30)
    show.expectTrueMedia()
  }

  @Test("a segment that a store never takes is a gap, and what follows is there")
  func refused() throws {
    var show = try PushedShow()
    show.store = { _, order in
      order.key.hasSuffix("low/r1-s3.m4s")
        ? (.milliseconds(30), .refused("400 EntityTooLarge")) : (.milliseconds(30), .done)
    }
    show.play(seconds: 16)
    let text = show.bucket.text("demo/low/index.m3u8")
    #expect(text.contains("#EXT-X-GAP\n#EXTINF:2.00000,\nr1-s3.m4s\n"))
    #expect(text.contains("r1-s5.m4s\n"))
    #expect(!show.bucket.text("demo/sound/index.m3u8").contains("GAP"))
    #expect(show.news.contains(.lost(room: "demo", count: 1)))
  }

  @Test("media that waits is bounded: the oldest becomes a gap")
  func bounded() throws {
    var show = try PushedShow(window: 600)
    show.store = { _, _ in (.seconds(20), .failed("no answer in time")) }
    // 2 MB a second.
    show.play(seconds: 60, size: 80_000)
    #expect(show.waitingMax <= PushLimits.backlogBytesMax)
    #expect(show.waitingMax > PushLimits.backlogBytesMax / 2)
  }

  @Test("the room's next show takes the place of the last one, whose objects are deleted later")
  func again() throws {
    var show = try PushedShow()
    show.play(seconds: 20)
    show.end()
    show.wait(seconds: 2)
    try show.beginAgain(run: "r2")
    show.play(seconds: 20)
    #expect(show.bucket.text("demo/low/index.m3u8").contains("r2-s5.m4s"))
    #expect(show.bucket.objects["demo/low/r1-s9.m4s"] != nil, "players may still have its playlist")
    show.play(seconds: 30)
    #expect(!show.bucket.objects.keys.contains { $0.contains("r1-") })
  }

  @Test("stills are there before the list that names them")
  func stills() throws {
    var show = try PushedShow()
    show.play(seconds: 4)
    for count in 1...3 {
      var files = [
        "poster.jpg": StillFile(mediaType: "image/jpeg", bytes: [UInt8(count)], lifetime: .newest)
      ]
      files["sprite-\(count).jpg"] = StillFile(
        mediaType: "image/jpeg", bytes: [9], lifetime: .immutable)
      files["thumbnails.vtt"] = StillFile(
        mediaType: "text/vtt", bytes: Array("WEBVTT\n\nsprite-\(count).jpg#xywh=0,0,1,1\n".utf8),
        lifetime: .newest)
      show.room.replaceStills(files)
      show.play(seconds: 4)
      #expect(show.bucket.objects["demo/poster.jpg"] == [UInt8(count)])
      #expect(show.bucket.text("demo/thumbnails.vtt").contains("sprite-\(count).jpg"))
    }
  }

  @Test("an answer is done, of this object, or of the store as a whole")
  func answers() {
    #expect(StoreAnswer(status: 200, code: "", isDelete: false) == .done)
    #expect(StoreAnswer(status: 204, code: "", isDelete: true) == .done)
    #expect(StoreAnswer(status: 404, code: "NoSuchKey", isDelete: true) == .done)
    #expect(
      StoreAnswer(status: 404, code: "NoSuchBucket", isDelete: true) == .failed("404 NoSuchBucket"))
    #expect(
      StoreAnswer(status: 403, code: "InvalidAccessKeyId", isDelete: false)
        == .failed("403 InvalidAccessKeyId"))
    #expect(
      StoreAnswer(status: 400, code: "EntityTooLarge", isDelete: false)
        == .refused("400 EntityTooLarge"))
    #expect(StoreAnswer(status: 503, code: "", isDelete: false) == .failed("503"))
  }
}
