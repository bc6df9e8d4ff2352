"""The room in real browsers: people talk, vote and are looked after, and a crash of the server loses nothing."""

import pytest

from harness import rooms

ROOM = "market"


@pytest.fixture
def people(server, chromium, firefox, open_page):
    """A host's studio, and viewers in both browsers."""
    pages = {"host": open_page(chromium, server.studio(ROOM))}
    for identity, browser in (("Ben", chromium), ("Cleo", firefox)):
        pages[identity] = open_page(browser, server.watch_page(ROOM, identity))
    return pages


def test_people_talk_and_vote_and_a_crash_loses_nothing(server, chromium, open_page, people):
    host, ben, cleo = people["host"], people["Ben"], people["Cleo"]
    rooms.say(ben, "is this real leather?")
    for page in (host, ben, cleo):
        rooms.shows(page, "is this real leather?")
    rooms.say(host, "/poll Which colour next? | Red | Blue")
    for page in (ben, cleo):
        rooms.press(page, "^Polls")
        rooms.shows(page, "Which colour next?")
    choose(ben, "Red")
    choose(cleo, "Blue")
    rooms.press(host, "^Polls")
    rooms.shows(host, "2 votes")

    server.crash()
    for page in (ben, cleo):
        rooms.press(page, "^Chat")
    rooms.say(cleo, "still here")
    for page in (host, ben, cleo):
        page.wait_until(CHAT.replace("WORDS", "still here"), 30, "what was said after the crash")
        page.wait_until(CHAT.replace("WORDS", "is this real leather?"), 5, "what was said before")
    # Somebody who comes now gets the whole room from the log.
    late = open_page(chromium, server.watch_page(ROOM, "Dora"))
    late.wait_until(CHAT.replace("WORDS", "is this real leather?"), 15, "the history")
    rooms.press(late, "^Polls")
    rooms.shows(late, "2 votes")


def test_a_banned_viewer_is_out_and_stays_out(server, chromium, open_page, people):
    host, ben, cleo = people["host"], people["Ben"], people["Cleo"]
    rooms.say(ben, "buy my fakes instead")
    rooms.shows(host, "buy my fakes instead")
    rooms.say(host, "/clear Ben")
    rooms.say(host, "/ban Ben spam")
    rooms.wait_for_state(ben, "banned")
    cleo.wait_until("!document.body.innerText.includes('buy my fakes instead')", 10)
    again = open_page(chromium, server.watch_page(ROOM, "Ben"))
    rooms.wait_for_state(again, "banned")


# In the chat's text, wherever the page shows it now.
CHAT = "document.body.textContent.includes('WORDS')"


def choose(page, words):
    find = (
        "[...document.querySelectorAll('[role=radio]')].find((o) => o.textContent.includes(" f"'{words}'))"
    )
    page.wait_until(f"{find} != null", 10, words)
    page.evaluate(f"{find}.click()")
