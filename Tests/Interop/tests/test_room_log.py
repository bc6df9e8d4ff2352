"""The room's log against kill -9: what was acknowledged is there, once, and everybody ends with the same room."""

import asyncio
import collections
import concurrent.futures
import contextlib
import json
import os
import random
import signal
import sqlite3
import time

import pytest

from harness.postgres import PostgresServer
from harness.room_socket import Member
from harness.server import HawkerServer

ROLES = {
    "alice": "host", "mona": "moderator",
    "bob": "viewer", "carl": "viewer", "dora": "viewer", "eve": "viewer",
}
# Commands of one member without a reply: what a page has on its way at a bad moment.
WAITING_MAX = 8
# Commands of one member in the milliseconds before a kill.
BURST_MAX = 10
# Below the socket's 20 requests a second.
PAUSE = 0.07
# Members' own rates are what refuses most; those are forgotten with the process.
LIFE_SECONDS = (0.5, 4.0)
SETTLE_SECONDS = 20


async def storm(member, commands):
    """One member doing things, until cancelled."""
    while True:
        await asyncio.sleep(member.random.uniform(0, 2 * PAUSE))
        if member.problem:
            raise member.problem
        if len(member.waiting) < WAITING_MAX:
            await commands(member)


async def viewer_does(member):
    view, choose = member.view, member.random
    polls = [each for each in view._list("polls") if each["open"]]
    questions = view._list("questions")
    chance = choose.random()
    if chance < 0.35:
        await member.command("say", text=f"{member.identity} says {member.lastKey}")
    elif chance < 0.42:
        await member.command("ask", text=f"{member.identity} asks {member.lastKey}?")
    elif chance < 0.5:
        await member.command("follow", on=choose.random() < 0.5)
    elif chance < 0.65 and questions:
        await member.command(
            "upvote", question=choose.choice(questions)["id"], on=choose.random() < 0.8)
    elif polls:
        await member.command("vote", poll=choose.choice(polls)["id"], options=[choose.randrange(2)])


async def host_does(member):
    view, choose = member.view, member.random
    polls = [each for each in view._list("polls") if each["open"]]
    messages, questions = view._list("messages"), view._list("questions")
    chance = choose.random()
    if not polls or (len(polls) < 3 and chance < 0.1):
        await member.command(
            "openPoll", question=f"poll {member.identity} {member.lastKey}", options=["a", "b"],
            changeable=choose.random() < 0.5)
    elif chance < 0.5:
        await member.command("say", text=f"{member.identity} says {member.lastKey}")
    elif chance < 0.55:
        await member.command("closePoll", poll=polls[0]["id"])
    elif chance < 0.65 and messages:
        await member.command("pinMessage", message=choose.choice([None, messages[-1]["id"]]))
    elif chance < 0.7 and messages:
        await member.command("deleteMessage", message=choose.choice(messages)["id"])
    elif chance < 0.8 and questions:
        await member.command(
            choose.choice(["answerQuestion", "dismissQuestion", "highlightQuestion"]),
            question=choose.choice(questions)["id"])
    else:
        await member.command("announce", text=f"announcement {member.identity} {member.lastKey}")


def differences(have, want):
    if not isinstance(have, list):
        return f"{have}, not {want}"
    return (
        f"of {len(have)} and {len(want)}: has {[each for each in have if each not in want][:3]}, "
        f"lacks {[each for each in want if each not in have][:3]}")


class Show:
    """A server that is killed, and members who come back."""

    def __init__(self, evidence, room, seed, postgres=None):
        self.folder, self.room, self.random = evidence / "server", room, random.Random(seed)
        self.lives, self.server, self.postgres = 0, None, postgres
        self.start()
        self.members = [self.member(identity, role) for identity, role in ROLES.items()]

    def member(self, identity, role):
        token = self.server.token(self.room, role, identity)
        return Member(self.room, identity, role, token, random.Random(self.random.random()))

    def start(self):
        self.lives += 1
        url = {"HAWKER_STORE": self.postgres.url} if self.postgres else {}
        self.server = HawkerServer(self.folder, environment=url)
        # The next life writes a log of its own.
        os.link(self.folder / "server.log", self.folder / f"life-{self.lives}.log")

    def kill(self):
        os.kill(self.server.process.child.pid, signal.SIGKILL)
        self.server.process.child.wait(10)
        (self.folder / "server.log").unlink()

    async def storm(self, kills):
        for life in range(kills + 1):
            if life:
                self.kill()
                for member in self.members:
                    await member.close()
                self.start()
            await asyncio.gather(*(each.connect(self.server.address) for each in self.members))
            tasks = [
                asyncio.ensure_future(
                    storm(each, viewer_does if each.role == "viewer" else host_does))
                for each in self.members
            ]
            done, _ = await asyncio.wait(tasks, timeout=self.random.uniform(*LIFE_SECONDS))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                raise task.exception()
            if life < kills:
                await self.burst()

    async def burst(self):
        """Commands that nobody has time to answer before the process is gone."""
        for each in self.members:
            for _ in range(self.random.randrange(BURST_MAX)):
                await (viewer_does if each.role == "viewer" else host_does)(each)
        await asyncio.sleep(self.random.choice([0, 0, 0.002]))

    async def settle(self):
        """Everybody has every reply, and the same room as somebody who comes new."""
        await self.until(lambda: not any(each.waiting for each in self.members), "replies")
        fresh = [self.member("zoe", "viewer"), self.member("max", "moderator")]
        for each in self.members:
            fresh.append(self.member(each.identity, each.role))
        for each in fresh:
            await each.connect(self.server.address)
        byIsStaff = {each.role != "viewer": each.view.room() for each in fresh[:2]}

        def converged():
            return all(
                each.view.room() == byIsStaff[each.role != "viewer"] for each in self.members)

        with contextlib.suppress(AssertionError):
            await self.until(converged, "the same room")
        for each, again in zip(self.members, fresh[2:]):
            have, want = each.view.room(), byIsStaff[each.role != "viewer"]
            for name in want:
                if have[name] != want[name]:
                    other = differences(have[name], want[name])
                    raise AssertionError(f"{each.identity} has other {name}: {other}")
            assert each.view.own() == again.view.own(), f"{each.identity} has another me"
        for each in [*self.members, *fresh]:
            await each.close()
            assert not each.problem, each.problem

    async def until(self, isTrue, what):
        for _ in range(SETTLE_SECONDS * 20):
            problems = [each.problem for each in self.members if each.problem]
            if problems:
                raise problems[0]
            if isTrue():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"waited {SETTLE_SECONDS} s for {what}")


def check_log(show):
    """What the disk holds, against what members were told."""
    if show.postgres:
        select, text = show.postgres.rows, "convert_from(body, 'UTF8')"
    else:
        database = sqlite3.connect(f"file:{show.server.data / 'hawker.db'}?mode=ro", uri=True)
        select, text = (lambda query: database.execute(query).fetchall()), "body"
    ((room,),) = select(f"SELECT key FROM rooms WHERE name = '{show.room}'")
    events = select(
        f"SELECT sequence, actor, kind, {text} AS body FROM events WHERE room = {room} "
        "ORDER BY sequence")
    assert [event[0] for event in events] == list(range(1, len(events) + 1)), "gaps"

    replies = collections.defaultdict(list)
    for key, body in select(f"SELECT key, {text} AS body FROM replies WHERE room = {room}"):
        replies[key].append(json.loads(body))
    texts = collections.Counter(
        body for (body,) in select(f"SELECT body FROM texts WHERE room = {room}"))
    made = {"said": "message", "asked": "question", "pollOpened": "poll"}
    for member in show.members:
        for key, (command, answer) in member.accepted.items():
            told = {name: answer[name] for name in answer if name not in ("type", "ref")}
            assert replies[key] == [told], f"{key} was answered {told}, stored: {replies[key]}"
            text = command.get("text", command.get("question"))
            if command["type"] in ("say", "ask", "openPoll", "announce"):
                assert texts[text] == 1, f"{text!r} is there {texts[text]} times"
            for kind, name in made.items():
                if name in told:
                    assert events[told[name] - 1][2] == kind, f"{key} made {told}"
        for key, (command, answer) in member.refused.items():
            assert not replies[key], f"{key} was carried out, and refused as {answer['code']}"

    fixed = {
        sequence for sequence, _, kind, body in events
        if kind == "pollOpened" and not json.loads(body).get("changeable")
    }
    votes = collections.Counter(
        (json.loads(body)["poll"], actor) for _, actor, kind, body in events if kind == "voted")
    for (poll, actor), count in votes.items():
        assert poll not in fixed or count == 1, f"{actor} voted {count} times in {poll}"
    return len(events)


def run(evidence, room, seed, kills, report, postgres=None):
    show = Show(evidence, room, seed, postgres)
    try:
        async def play():
            await show.storm(kills)
            await show.settle()

        # In a thread of its own: in the main one a browser's driver may have a loop running.
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            threads.submit(lambda: asyncio.run(play())).result()
        show.server.stop()
        events = check_log(show)
    finally:
        show.server.process.kill()
    accepted = sum(len(each.accepted) for each in show.members)
    report(
        f"{kills} kills, {accepted} commands acknowledged, {events} events, "
        f"{sum(each.repeated for each in show.members)} repeated after a kill, "
        f"{sum(len(each.refused) for each in show.members)} refused")
    assert accepted > 20 * kills, "hardly a storm"


def test_a_killed_server_has_every_acknowledged_command_once(evidence, room, report):
    run(evidence, room, 1, 3, report)


def test_the_same_with_postgresql(evidence, room, report):
    postgres = PostgresServer()
    try:
        run(evidence, room, 3, 3, report, postgres)
    finally:
        postgres.stop()


def test_another_server_takes_over_the_rooms_of_one_that_was_killed(evidence, room, report):
    postgres = PostgresServer()
    servers = []
    try:
        for name in ("first", "second"):
            folder = evidence / name
            servers.append(HawkerServer(folder, environment={"HAWKER_STORE": postgres.url}))
        first, second = servers
        token = first.token(room, "host", "alice")
        place = f"/api/v1/rooms/{room}/messages"

        def say(server, number):
            status, _, text = server.request(
                "POST", place, json.dumps({"text": f"message {number}"}),
                {"Content-Type": "application/json", "Idempotency-Key": f"key-{number}"}, token)
            return status, text

        answers = [say(first, number) for number in range(5)]
        assert all(status < 300 for status, _ in answers), answers
        # The room is open elsewhere, and the request is passed on.
        answers.append(say(second, 5))
        assert answers[5][0] < 300, answers
        first.process.kill()
        killed = time.monotonic()
        while (answer := say(second, 6))[0] == 503 and time.monotonic() < killed + 25:
            time.sleep(0.2)
        waited = time.monotonic() - killed
        assert answer[0] < 300, answer
        # What the first one answered, the second one answers, byte for byte, and does not do again.
        assert [say(second, number) for number in range(6)] == answers
        texts = [body for (body,) in postgres.rows("SELECT body FROM texts ORDER BY text")]
        assert texts == [f"message {number}" for number in range(7)]
        report(f"taken over {waited:.1f} s after a kill -9")
    finally:
        for server in servers:
            server.process.kill()
        postgres.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills(evidence, room, report):
    run(evidence, room, 20, 20, report)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_kills(evidence, room, report):
    run(evidence, room, 200, 200, report)
