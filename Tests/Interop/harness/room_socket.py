"""A member of a room by the room socket alone: what a page knows after every message, without a browser.

`RoomView` is PROTOCOL.md's "The room: chat, polls, people" as a program that was written from that page: it says
what a client that was told of everything must end with. `Member` keeps a socket, comes back after a cut with its
cursor, and repeats what had no reply under the same keys.
"""

import asyncio
import json

import websockets

from .traffic import traffic

MESSAGES_MAX, POLLS_MAX, ANSWERED_MAX = 200, 50, 50
# These count the media's own changes, or nothing.
UNNUMBERED = {
    "joined", "ok", "error", "pong", "bye", "tracks", "trackAdded", "trackRemoved", "trackStatus",
    "roomState", "permissions", "reactions", "delivery", "tiers", "coinsOffered", "walletChanged",
}
COUNTERS = {
    "pollCounts", "pollVoters", "upvotes", "entries", "reactionTotals", "followers", "stock", "dropCounts", "lotState",
    "leaderboard", "revenue", "pinSeen", "me", "snapshot",
}


def _put(items, item):
    """The item in its place by id."""
    others = [each for each in items if each["id"] != item["id"]]
    return sorted([*others, item], key=lambda each: each["id"])


def _identity(person):
    return person["identity"] if person else None


class RoomView:
    """What a member has been told. Raises when it is told something twice or out of order."""

    def __init__(self):
        self.cursor = None
        self.head, self.lists, self.mine = {}, {}, {}

    def take(self, message):
        kind, cursor = message["type"], message.get("cursor")
        if kind in UNNUMBERED:
            return
        if kind not in COUNTERS:
            assert self.cursor is None or cursor > self.cursor, (
                f"{kind} {cursor} came after {self.cursor}: twice, or out of order"
            )
        elif kind != "snapshot":
            assert self.cursor is None or cursor >= self.cursor, (
                f"{kind} stands at {cursor}, the room stood at {self.cursor} already"
            )
        getattr(self, "_" + kind, lambda message: None)(message)
        self.cursor = cursor

    def _snapshot(self, message):
        if message["part"] == 0:
            self.head, self.lists, self.cursor = {}, {}, None
        for name, value in message.items():
            if isinstance(value, list) and name not in ("stage", "totals", "invited"):
                self.lists.setdefault(name, []).extend(value)
            elif name not in ("type", "cursor", "part", "last"):
                self.head[name] = value

    def _list(self, name):
        return self.lists.setdefault(name, [])

    def _me(self, message):
        self.mine = {
            "votes": {each["poll"]: each["options"] for each in message["votes"]},
            "upvoted": set(message["upvoted"]), "follows": message["follows"],
            "held": {each["id"] for each in message["held"]},
        }

    # ---- Chat -----------------------------------------------------------------------------------

    def _said(self, message):
        said = message["message"]
        if said.get("held"):
            self.mine["held"].add(said["id"])  # Staff's own are never held: theirs is not compared.
            self.lists["held"] = _put(self._list("held"), said)
        else:
            self._show(said)

    def _show(self, said):
        self.lists["messages"] = _put(self._list("messages"), said)[-MESSAGES_MAX:]

    def _gone(self, isGone):
        for said in self._list("messages"):
            if isGone(said):
                said.update(deleted=True, text=None)
        self.lists["held"] = [each for each in self._list("held") if not isGone(each)]
        if self.head.get("pinned") and isGone(self.head["pinned"]):
            self.head["pinned"] = None

    def _messageDeleted(self, message):
        self.mine["held"].discard(message["message"])
        self._gone(lambda said: said["id"] == message["message"])

    def _messagesCleared(self, message):
        self._gone(lambda said: _identity(said["member"]) == _identity(message["member"]))

    def _messageReviewed(self, message):
        said = message["message"]
        self.mine["held"].discard(said["id"])
        self.lists["held"] = [each for each in self._list("held") if each["id"] != said["id"]]
        if message["approved"]:
            self._show(said)

    def _messagePinned(self, message):
        self.head["pinned"] = message["message"]

    def _chatSet(self, message):
        self.head["chat"] = message["chat"]

    # ---- Polls and questions --------------------------------------------------------------------

    def _poll(self, message):
        polls = self._list("polls")
        if all(each["id"] != message["poll"]["id"] for each in polls) and len(polls) >= POLLS_MAX:
            polls.remove(next((each for each in polls if not each["open"]), polls[0]))
        self.lists["polls"] = _put(polls, message["poll"])

    _pollOpened = _pollClosed = _pollRevealed = _poll

    def _pollCounts(self, message):
        for poll in self._list("polls"):
            if poll["id"] == message["poll"]:
                poll.update(counts=message["counts"], voters=message["voters"])

    def _pollVoters(self, message):
        for poll in self._list("polls"):
            if poll["id"] == message["poll"]:
                poll["voters"] = message["voters"]

    def _followers(self, message):
        self.head["followers"] = message["followers"]

    def _hostSet(self, message):
        self.head["host"] = message["host"]

    def _voted(self, message):
        self.mine["votes"][message["poll"]] = message["options"]

    def _asked(self, message):
        self.lists["questions"] = _put(self._list("questions"), message["question"])

    def _upvoted(self, message):
        change = self.mine["upvoted"].add if message["on"] else self.mine["upvoted"].discard
        change(message["question"])

    def _upvotes(self, message):
        for question in self._list("questions") + self._list("answered"):
            if question["id"] == message["question"]:
                question["upvotes"] = message["upvotes"]

    def _takeQuestion(self, number):
        taken = [each for each in self._list("questions") if each["id"] == number]
        self.lists["questions"] = [each for each in self._list("questions") if each["id"] != number]
        self.mine["upvoted"].discard(number)
        return taken

    def _questionAnswered(self, message):
        answered = self._list("answered") + self._takeQuestion(message["question"])
        gone = {each["id"] for each in answered[:-ANSWERED_MAX]}
        self.lists["answered"] = answered[-ANSWERED_MAX:]
        if self.head.get("highlighted") in gone:
            self.head["highlighted"] = None

    def _questionDismissed(self, message):
        self._takeQuestion(message["question"])
        if self.head.get("highlighted") == message["question"]:
            self.head["highlighted"] = None

    def _questionHighlighted(self, message):
        self.head["highlighted"] = message["question"]

    # ---- The show -------------------------------------------------------------------------------

    def _announced(self, message):
        self.head["announcement"] = message["text"]

    def _phaseChanged(self, message):
        self.head["phase"] = message["phase"]

    def _followed(self, message):
        self.mine["follows"] = message["on"]

    def _reactionTotals(self, message):
        self.head["totals"] = message["totals"]

    # ---- Comparing ------------------------------------------------------------------------------

    def own(self):
        """What is the member's own. Who voted in closed polls is forgotten after some more of them."""
        isOpen = {each["id"]: each["open"] for each in self._list("polls")}
        votes = {poll: vote for poll, vote in self.mine["votes"].items() if isOpen.get(poll)}
        return {**self.mine, "votes": votes}

    def room(self):
        """What all members of one kind must agree on."""
        named = ("phase", "pinned", "announcement", "highlighted", "chat", "totals")
        lists = ("messages", "polls", "questions", "answered")
        return {name: self.head.get(name) for name in named} | {
            name: self._list(name) for name in lists
        }


class Member:
    """One identity in a room, over as many sockets as it takes."""

    def __init__(self, room, identity, role, token, random):
        self.room, self.identity, self.role, self.token = room, identity, role, token
        self.random, self.view = random, RoomView()
        self.socket, self.session, self.isIn = None, None, asyncio.Event()
        self.lastKey = self.lastID = 0
        self.waiting = {}  # By key: commands without a reply, oldest first.
        self.keys = {}  # By the request's id of this socket.
        self.accepted, self.refused = {}, {}
        self.resumed = self.repeated = 0
        self.problem = None

    async def connect(self, address):
        """Joins, takes what was missed, and repeats what had no reply."""
        self.isIn.clear()
        self.keys = {}
        self.socket = await websockets.connect(f"ws://{address}/ws", open_timeout=20)
        join = {"type": "join", "id": "join", "version": 1, "room": self.room, "token": self.token}
        if self.session:
            join["resume"] = self.session
        if self.view.cursor is not None:
            join["cursor"] = self.view.cursor
            self.resumed += 1
        await self._put(join)
        self.reader = asyncio.ensure_future(self._read(self.socket))
        await asyncio.wait_for(self.isIn.wait(), 20)
        for key, command in list(self.waiting.items()):
            self.repeated += 1
            await self._send(key, command)

    async def _read(self, socket):
        try:
            async for text in socket:
                traffic.received(text)
                message = json.loads(text)
                for each in message["messages"] if message["type"] == "batch" else [message]:
                    self.view.take(each)
                    self._answer(each)
        except websockets.ConnectionClosed:
            pass
        except Exception as problem:  # The test asks for it; a task would keep it to itself.
            self.problem = problem

    def _answer(self, message):
        kind, ref = message["type"], message.get("ref")
        if kind == "joined":
            self.session = message["session"]
        if kind == "me":
            self.isIn.set()
        if ref == "join" and kind == "error":
            raise AssertionError(f"{self.identity} may not join: {message}")
        key = self.keys.pop(ref, None)
        if key is None or kind not in ("ok", "error"):
            return
        # A command that was answered over an older socket is not asked again.
        command = self.waiting.pop(key)
        (self.accepted if kind == "ok" else self.refused)[key] = (command, message)

    async def command(self, kind, **fields):
        """Sends a command under a key of its own; its reply comes when it comes."""
        self.lastKey += 1
        key = f"{self.identity}-{self.lastKey}"
        command = {"type": kind, "key": key, **fields}
        self.waiting[key] = command
        await self._send(key, command)
        return key

    async def _send(self, key, command):
        self.lastID += 1
        self.keys[str(self.lastID)] = key
        try:
            await self._put({**command, "id": str(self.lastID)})
        except websockets.ConnectionClosed:
            pass  # It waits for the next socket.

    async def _put(self, message):
        text = json.dumps(message)
        traffic.sent(text)
        await self.socket.send(text)

    async def close(self):
        await self.socket.close()
        await self.reader
