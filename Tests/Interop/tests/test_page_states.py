"""What the pages say in each state, and the controls of the picture."""

import pytest

from harness import network, rooms
from harness.chromium import PHONE
from harness.measure import wait

ROOM = "studio54"
CAMERA = {"width": 480, "height": 270, "fps": 15}
WORDS = {
    "waiting": "The host isn’t live yet", "away": "The host stepped away", "reconnecting": "Reconnecting…",
    "ended": "This show has ended", "banned": "You can’t take part in this room", "full": "This room is full",
}


def says(page, state, timeout=30):
    rooms.wait_for_state(page, state, timeout)
    rooms.shows(page, WORDS[state])


def call(page, command):
    return page.evaluate(f"hawker.room.{command}.then((done) => done ?? null)")


@pytest.mark.timeout(240)
def test_each_state_is_said_in_plain_words(server, chromium, open_page, album):
    desktop = open_page(chromium, server.watch_page(ROOM, "Ben"))
    phone = open_page(chromium, server.watch_page(ROOM, "Dora"), device=PHONE)
    both = (("desktop", desktop), ("phone", phone))

    def everywhere(state):
        for name, page in both:
            says(page, state)
            album(page, f"{state}-{name}")

    everywhere("waiting")
    host = open_page(chromium, server.studio(ROOM, "Ann"), camera=CAMERA)
    host.push("^Go live$")
    rooms.wait_for_state(host, "live", 30)
    for name, page in both:
        rooms.wait_for_state(page, "live", 30)
        album(page, f"live-{name}")

    # Scheduled for later: a countdown in its place, once the host is off air, would be wrong; away is away.
    host.push("^End broadcast$")
    everywhere("away")
    host.push("^Go live$")
    for _, page in both:
        rooms.wait_for_state(page, "live", 30)

    server.process.kill()
    everywhere("reconnecting")
    server.start()
    for _, page in both:
        rooms.wait_for_state(page, "live", 60)

    call(host, "setRoom({ title: 'Small room', description: '', viewersMax: 2 })")
    late = open_page(chromium, server.watch_page(ROOM, "Eve"))
    says(late, "full")
    album(late, "full-desktop")
    call(host, "setRoom({ title: 'Small room', description: '', viewersMax: 0 })")
    late.push("^Try again$")
    rooms.wait_for_state(late, "live", 30)

    call(host, "ban('Eve', { device: false })")
    says(late, "banned")
    album(late, "banned-desktop")
    # Nothing of the room is left on the page, and the way out is there.
    assert late.evaluate("document.getElementById('panel').hidden")
    assert late.evaluate("[...document.querySelectorAll('video')].every((v) => v.paused || !v.srcObject?.active || v.srcObject.getTracks().every((t) => t.muted || t.readyState === 'ended'))")
    rooms.shows(late, "See other shows")

    call(host, "endRoom()")
    everywhere("ended")
    for _, page in both:
        rooms.shows(page, "See other shows")
        assert page.evaluate("document.querySelector('.composer textarea').disabled")
    # Who comes afterwards is told the same.
    says(open_page(chromium, server.watch_page(ROOM, "Finn")), "ended")


@pytest.mark.timeout(120)
def test_a_scheduled_show_counts_down(server, chromium, open_page, album):
    host = open_page(chromium, server.studio(ROOM, "Ann"), camera=CAMERA)
    rooms.wait_for_state(host, "ready", 30)
    # By the form, as a host does: the description comes later, and is no reason to refuse the rest.
    host.push("^Show$", role="tab")
    host.page.get_by_label("Title").fill("Autumn sale")
    in_an_hour = "new Date(Date.now() + 3660e3 - new Date().getTimezoneOffset() * 60e3).toISOString().slice(0, 16)"
    host.page.get_by_label("Starts").fill(host.evaluate(in_an_hour))
    save = host.page.locator("form", has=host.page.get_by_label("Starts")).get_by_role("button", name="Save")
    save.click()
    rooms.shows(host, "Saved")
    host.page.get_by_label("Description").fill("Coats and scarves")
    save.click()
    host.wait_until("hawker.room.show.state.description === 'Coats and scarves'", 10, "the description")
    for device, name in ((None, "desktop"), (PHONE, "phone")):
        page = open_page(chromium, server.watch_page(ROOM, f"Ben-{name}"), device=device)
        rooms.wait_for_state(page, "waiting", 20)
        rooms.shows(page, "Starts ")
        rooms.shows(page, "Coats and scarves")
        page.wait_until("/^(1:00|59):\\d\\d/.test(document.getElementById('countdown').textContent)", 10, "the countdown")
        album(page, f"scheduled-{name}")


@pytest.mark.timeout(180)
def test_sound_quality_full_screen_and_picture_in_picture(server, chromium, open_page, report):
    host = open_page(chromium, server.studio(ROOM, "Ann"), camera=CAMERA)
    host.push("^Go live$")
    rooms.wait_for_state(host, "live", 30)
    viewer = open_page(chromium, server.watch_page(ROOM, "Ben"))
    rooms.wait_for_state(viewer, "live", 30)
    video = "document.querySelector('.tile.focus video')"

    assert viewer.evaluate(f"{video}.muted")
    viewer.push("^Tap for sound$")
    viewer.wait_until(f"!{video}.muted && !{video}.paused", 5, "sound")
    before = viewer.audio()
    wait(viewer, 1)
    assert viewer.audio()["audioEnergy"] > before["audioEnergy"], "the viewer hears silence"
    viewer.push("^Mute$")
    viewer.wait_until(f"{video}.muted", 5, "no sound")

    # What the studio says arrives is said of each layer by its name.
    host.wait_until("[...document.querySelectorAll('#layers tr[data-layer=q], #layers tr[data-layer=f]')].filter((row) => /bit/.test(row.cells[4].textContent)).length === 2", 20, "arrivals")
    for choice, height in (("Low", 135), ("High", 270)):
        viewer.page.get_by_label("Quality").select_option(choice)
        viewer.wait_until(f"{video}.videoHeight === {height}", 20, f"{choice} quality")

    viewer.push("^Full screen$")
    viewer.wait_until("document.fullscreenElement?.id === 'stage'", 5, "full screen")
    viewer.push("^Full screen$")
    viewer.wait_until("document.fullscreenElement === null", 5, "the page again")

    # Chromium without a screen may refuse the floating window; then there must be no button either.
    if viewer.evaluate("document.pictureInPictureEnabled"):
        viewer.push("^Picture in picture$")
        viewer.wait_until(f"document.pictureInPictureElement === {video}", 5, "the floating picture")
        viewer.push("^Picture in picture$")
        viewer.wait_until("document.pictureInPictureElement === null", 5, "the picture back")
        report("picture in picture was tried")
    else:
        assert viewer.evaluate("document.getElementById('pip').hidden")

    # Captions: no button without any, off until asked for with some.
    captions = "document.getElementById('captions')"
    assert viewer.evaluate(f"{captions}.hidden")
    viewer.evaluate(f"void {video}.addTextTrack('captions', 'English', 'en')")
    viewer.wait_until(f"!{captions}.hidden && {captions}.getAttribute('aria-pressed') === 'false'", 5, "the button")
    assert viewer.evaluate(f"{video}.textTracks[0].mode") != "showing"
    viewer.push("^Captions$")
    viewer.wait_until(f"{video}.textTracks[0].mode === 'showing'", 5, "captions")
    viewer.push("^Captions$")
    viewer.wait_until(f"{video}.textTracks[0].mode === 'disabled'", 5, "no captions")


@pytest.mark.timeout(180)
def test_the_studio_says_in_plain_words_what_holds_a_layer_back(server, chromium, open_page, album):
    host = open_page(chromium, server.studio(ROOM, "Ann"), camera={**CAMERA, "fps": 24})
    rooms.wait_for_state(host, "ready", 30)
    rooms.shows(host, "You are off air.")
    host.push("^Go live$")
    rooms.wait_for_state(host, "live", 30)
    rooms.shows(host, "All is well: everything you send arrives.", 40)
    with network.udp_lossy(150):
        rooms.shows(host, "picture is lost on the way to the server", 40)
        album(host, "studio-loss")
    rooms.shows(host, "All is well: everything you send arrives.", 60)

    slow = open_page(chromium, server.studio("slow", "Sam"), camera={**CAMERA, "fps": 7})
    slow.push("^Go live$")
    rooms.shows(slow, "Few pictures a second of the", 40)
    album(slow, "studio-slow")
