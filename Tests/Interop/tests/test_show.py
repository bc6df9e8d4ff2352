"""A whole show as people play it: a host, a moderator and three viewers in five browser windows, and a crash in the middle.

Ten minutes of a show in two or three: everyone presses what they see, nobody waits for nothing. Pictures of both sides are
kept under .build/interop/pictures, for people to look at.
"""

import json

import pytest

from harness import draw, rooms
from harness.chromium import PHONE

ROOM = "market"
# Two cores encode and decode for all five: a small picture, which the studio sends in two layers at most.
CAMERA = {"width": 320, "height": 180, "fps": 20}
# Ends and reconnections are what is waited for, and others may use the cores as well.
PATIENCE = 45

STATE = """(() => {
  const s = hawker.room.show.state;
  return {
    title: s.title, phase: s.phase, followers: s.followers, pinned: s.pinned?.id ?? null, stage: s.stage,
    chat: [s.chat.mode, s.chat.slowSeconds, s.chat.hold, s.chat.links, s.chat.emojiOnly],
    messages: s.messages.map((m) => [m.id, m.from.member, m.text, m.replyTo, m.deleted]),
    polls: s.polls.map((p) => [p.id, p.state, p.counts, p.voters]),
    questions: s.questions.map((q) => [q.id, q.text, q.state, q.upvotes, q.highlighted]),
    giveaways: s.giveaways.map((g) => [g.id, g.state, g.entries, g.commitment, g.seed, (g.winners ?? []).map((w) => w.member)]),
    reactions: s.reactions,
  };
})()"""


class Cast:
    """Who plays: `pages` by name, the host in the studio and the others in the watch room."""

    def __init__(self, server, chromium, firefox, open_page):
        self.server = server
        self.host = open_page(chromium, server.studio(ROOM, "Ann"), camera=CAMERA)
        moderator = server.token(ROOM, "moderator", "Mo")
        self.mo = open_page(chromium, server.url(f"/watch/{ROOM}#token={moderator}"))
        # Ben has a camera, for he is to be a guest.
        self.ben = open_page(chromium, server.watch_page(ROOM, "Ben"), camera=CAMERA)
        self.cleo = open_page(firefox, server.watch_page(ROOM, "Cleo"))
        self.dora = open_page(chromium, server.watch_page(ROOM, "Dora"), device=PHONE)
        self.viewers = [self.ben, self.cleo, self.dora]
        self.watching = [self.mo, *self.viewers]
        self.all = [self.host, *self.watching]


def shown(page, words, timeout=PATIENCE):
    page.wait_until(f"document.body.textContent.includes({json.dumps(words)})", timeout, words)


def everybody_sees(pages, words):
    for page in pages:
        shown(page, words)


def frames_flow(page, publication, timeout=PATIENCE):
    """New pictures of this publication are painted from now on."""
    page.wait_until(
        f"""(async () => {{
          const video = document.querySelector('figure.tile[data-publication="{publication}"] video');
          if (!video || video.videoWidth === 0) return false;
          let count = 0;
          const painted = () => count++ < 3 && video.requestVideoFrameCallback(painted);
          painted();
          await new Promise((resolve) => setTimeout(resolve, 1000));
          return count >= 3;
        }})()""",
        timeout, f"pictures of {publication}",
    )


def tab(page, words):
    """Opens a part of the panel: by its tab, or on a phone by the menu over the picture."""
    if not getattr(page, "device", {}).get("has_touch"):
        return page.push(words, role="tab")
    page.push("^More$")
    page.push(words)


def sheet_away(page):
    """On a phone, back from the panel to the picture."""
    if getattr(page, "device", {}).get("has_touch"):
        page.push("^Close$")


def type_in(page, words, name="Say something"):
    """With the keys, as people write."""
    field = page.page.get_by_role("textbox", name=name).filter(visible=True).first
    field.click()
    page.page.keyboard.type(words)
    page.page.keyboard.press("Enter")


def act_on(page, words, *actions):
    """A message's menu, with the pointer."""
    row = page.page.locator("li.message", has=page.page.locator(".words", has_text=words)).last
    row.hover(timeout=20000)
    row.get_by_role("button", name="Actions").click(timeout=20000)
    for action in actions:
        page.push(action)


def vote(page, question, option):
    """By the card over the picture that says there is a poll."""
    shown(page, question)
    page.push("Poll: have your say.*" + question)
    page.push(option, role="radio")


@pytest.mark.timeout(900)
def test_a_whole_show(server, chromium, firefox, open_page, album, report):
    cast = Cast(server, chromium, firefox, open_page)
    host, mo, ben, cleo, dora = cast.all

    # Waiting, then live for all.
    for page in cast.watching:
        rooms.wait_for_state(page, "waiting", PATIENCE)
    album(dora, "waiting-phone")
    host.push("Go live")
    rooms.wait_for_state(host, "live", PATIENCE)
    for page in cast.watching:
        rooms.wait_for_state(page, "live", PATIENCE)
        frames_flow(page, "Ann/main")

    # Chat: an emoji from the picker, and a reply from a phone.
    ben.push("^Emoji$")
    ben.push("🔥")
    type_in(ben, " is this real leather?")
    everybody_sees(cast.all, "🔥 is this real leather?")
    dora.page.locator("li.message", has_text="real leather").last.tap(timeout=20000)
    dora.push("^Reply$")
    shown(dora, "Replying to Ben")
    type_in(dora, "asking for a friend")
    everybody_sees(cast.all, "asking for a friend")
    replied = "hawker.room.show.state.messages.find((m) => m.text === 'asking for a friend').replyTo"
    leather = "hawker.room.show.state.messages.find((m) => m.text?.includes('real leather')).id"
    for page in cast.all:
        assert page.evaluate(replied) == page.evaluate(leather)
    album(ben, "chat-desktop")
    album(dora, "chat-phone")

    # Slow mode, by the moderator: who just wrote has to wait, and is told for how long.
    type_in(mo, "/slow 10")
    shown(ben, "Slow mode: a message every 10 seconds")
    rooms.say(cleo, "first")
    everybody_sees(cast.all, "first")
    shown(cleo, "Slow mode: you can write again in")
    assert cleo.evaluate("document.querySelector('.composer [type=submit]').disabled")
    type_in(mo, "/slow 0")
    cleo.wait_until("!document.querySelector('.composer [type=submit]').disabled", PATIENCE, "an open chat")

    # A ban from a message's menu: out at once, and after a reload as well. The host lifts it.
    rooms.say(cleo, "buy my fakes at my shop")
    shown(mo, "buy my fakes")
    act_on(mo, "buy my fakes", "Delete all their messages")
    act_on(mo, "real leather", "^Pin$")
    for page in (host, ben, dora):
        page.wait_until("!document.body.textContent.includes('buy my fakes')", PATIENCE, "the message gone")
        page.wait_until("hawker.room.show.state.pinned?.text.includes('real leather')", PATIENCE, "the pin")
    type_in(mo, "/ban Cleo fakes")
    rooms.wait_for_state(cleo, "banned", PATIENCE)
    cleo.reload()
    rooms.wait_for_state(cleo, "banned", PATIENCE)
    assert not cleo.evaluate("document.body.textContent.includes('real leather')"), "the banned read on"
    album(cleo, "banned-firefox")
    host.push("^People$", role="tab")
    shown(host, "Lift the ban")
    album(host, "studio-people")
    host.push("^Lift the ban$")
    host.wait_until("!document.body.textContent.includes('Lift the ban')", PATIENCE, "an empty list")
    cleo.reload()
    rooms.wait_for_state(cleo, "live", PATIENCE)
    frames_flow(cleo, "Ann/main")

    # A poll: all vote, nobody sees the counts before the host shows them.
    host.push("^Polls", role="tab")
    host.push("^New poll$")
    host.page.get_by_label("Question", exact=True).fill("Which colour next?")
    host.page.get_by_label("Answer 1").fill("Red")
    host.page.get_by_label("Answer 2").fill("Blue")
    host.page.get_by_label("Results are seen").select_option("after closing")
    album(host, "studio-new-poll")
    host.push("^Open poll$")
    for page, option in ((mo, "Red"), (ben, "Red"), (cleo, "Blue"), (dora, "Red")):
        vote(page, "Which colour next", option)
    for page in (host, mo):
        page.wait_until("hawker.room.show.state.polls[0]?.voters === 4", PATIENCE, "four votes")
    album(dora, "poll-phone")
    for page in cast.viewers:
        shown(page, "Results come when the poll is over.")
        assert page.evaluate("hawker.room.show.state.polls[0].counts") is None
    host.push("^Close poll$")
    host.push("^Show results$")
    for page in cast.all:
        page.wait_until("hawker.room.show.state.polls[0].state === 'revealed'", PATIENCE, "results")
        assert page.evaluate("hawker.room.show.state.polls[0].counts") == [3, 1]
        shown(page, "75%")
    album(ben, "poll-results")
    sheet_away(dora)

    # A question: voted up by others, put on screen, answered.
    ben.push("^Questions", role="tab")
    type_in(ben, "Does it come in green?", name="Ask the host")
    for page in (cleo, dora):
        shown(page, "Does it come in green?")
        tab(page, "^Questions")
        page.push("Vote up")
    host.wait_until("hawker.room.show.state.questions[0]?.upvotes === 2", PATIENCE, "two votes")
    sheet_away(dora)
    host.push("^Questions", role="tab")
    host.push("Put on screen")
    for page in cast.watching:
        shown(page, "Being answered")
    album(dora, "question-phone")
    host.push("Mark as answered")
    for page in cast.all:
        page.wait_until("hawker.room.show.state.questions[0].state === 'answered'", PATIENCE, "answered")

    # Somebody comes anew in the middle of it.
    ben.reload()
    rooms.wait_for_state(ben, "live", PATIENCE)
    frames_flow(ben, "Ann/main")
    everybody_sees([ben], "asking for a friend")

    # A giveaway is opened before the crash and drawn after it.
    host.push("^Giveaways", role="tab")
    host.push("^New giveaway$")
    host.page.get_by_label("Prize").fill("A leather belt")
    host.push("^Open giveaway$")
    for page in cast.viewers:
        shown(page, "A leather belt")
        page.push("Giveaway: enter now")
        page.push("^Enter$")
    host.wait_until("hawker.room.show.state.giveaways[0]?.entries === 3", PATIENCE, "three entries")
    sheet_away(dora)
    before = host.evaluate(STATE)

    server.crash()
    for page in cast.all:
        page.wait_until("hawker.room.state === 'joined'", PATIENCE, "everyone back")
    rooms.wait_for_state(host, "live", PATIENCE)
    for page in cast.watching:
        rooms.wait_for_state(page, "live", PATIENCE)
        frames_flow(page, "Ann/main")
    after = host.evaluate(STATE)
    for part in ("messages", "polls", "questions", "giveaways", "pinned", "chat"):
        assert after[part] == before[part], f"the crash changed {part}"
    tab(cleo, "^Chat")
    rooms.say(cleo, "did it stop for you too?")
    everybody_sees(cast.all, "did it stop for you too?")

    host.push("^Draw winners$")
    for page in cast.all:
        page.wait_until("hawker.room.show.state.giveaways[0].state === 'drawn'", PATIENCE, "a winner")
    for page in cast.viewers:
        tab(page, "^Polls & giveaways")
    won = host.evaluate("hawker.room.show.state.giveaways[0].winners[0].member")
    for name, page in zip(("Ben", "Cleo", "Dora"), cast.viewers):
        shown(page, "You won!" if name == won else f"Won by {won}")
    check_draw(server, ben)
    album(ben, "giveaway-proof")
    sheet_away(dora)

    # A guest: invited, seen by the others, and taken off again.
    host.push("^People$", role="tab")
    host.push("^Actions: Ben$")
    host.push("^Invite on stage$")
    shown(ben, "Ann invites you on stage")
    album(ben, "invitation")
    ben.push("^Join the stage$")
    for page in (mo, cleo, dora):
        frames_flow(page, "Ben/main")
        frames_flow(page, "Ann/main")
    # The host sees and hears whom they talk with.
    guest = "document.querySelector('.monitor[data-publication=\"Ben/main\"] video')"
    host.wait_until(f"{guest}?.videoWidth > 0 && !{guest}.paused && !{guest}.muted", PATIENCE, "the guest in the studio")
    album(ben, "guest-himself")
    album(cleo, "guest-seen-firefox")
    album(dora, "guest-seen-phone")
    album(host, "studio-guest")
    host.push("^Take off$")
    for page in (mo, cleo, dora):
        page.wait_until("!document.querySelector('[data-publication=\"Ben/main\"]')", PATIENCE, "the guest gone")
    host.wait_until("!document.querySelector('.monitor.guest')", PATIENCE, "the studio without the guest")
    ben.wait_until("document.getElementById('stage-bar').hidden", PATIENCE, "off the stage")

    # Everybody knows the same in the end.
    for page in (ben, cleo, dora):
        page.push("React with 👍")
    for page in cast.all:
        page.wait_until("hawker.room.show.state.reactions['👍'] >= 3", PATIENCE, "reactions")
    expected = host.evaluate(STATE)
    for name, page in zip(("Mo", "Ben", "Cleo", "Dora"), cast.watching):
        page.wait_until(f"JSON.stringify({STATE}.messages) === {json.dumps(json.dumps(expected['messages'], ensure_ascii=False, separators=(',', ':')))}", PATIENCE, "all messages")
        assert page.evaluate(STATE) == expected, name
    album(host, "studio-end")
    album(mo, "moderator-end")
    album(dora, "end-phone")
    report(f"{len(expected['messages'])} messages, winner {won}, latency {ben.evaluate('hawker.latencyMs')} ms")


def check_draw(server, page):
    """The card says how to verify; whoever follows it comes to the same winner."""
    page.evaluate("document.querySelector('.giveaway .verify summary').click()")
    (giveaway,) = page.evaluate("hawker.room.show.state.giveaways")
    for words in ("PROTOCOL.md", giveaway["commitment"], giveaway["seed"]):
        rooms.shows(page, words)
    draw.assert_fair(giveaway["commitment"], giveaway["seed"], giveaway["id"])
    log = draw.exported_log(server, ROOM, server.token(ROOM, "host", "Ann"))
    names = {line["person"]: line["identity"] for line in log if line["type"] == "person"}
    entries = [
        line["actor"] for line in log
        if line["type"] == "event" and line["kind"] == "entered" and line["body"]["giveaway"] == giveaway["id"]
    ]
    won = draw.winners(giveaway["seed"], giveaway["id"], entries, giveaway["winnersWanted"])
    assert [names[each] for each in won] == [each["member"] for each in giveaway["winners"]]
