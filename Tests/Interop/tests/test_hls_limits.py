"""hawker-hls under readers that never read, crowds that wait, and a server that is killed: bounds, named refusals, recovery."""

import collections
import json
import re
import resource
import selectors
import socket
import time

import pytest

from harness.hls import wait_for_playlist
from harness.server import resident
from harness.sidecar import Sidecar

SLOW_READERS = 150
# As for sockets (test_hostile_websockets.py). Answers are shared: each copied, it would be megabytes.
SLOW_READER_MAX = 128 * 1024
# As in Sources/HLS/HLSLimits.swift and Sources/Web/WebLimits.swift.
WAITING_MAX = 20_000
PIPELINED_MAX = 16
STALL_SECONDS = 30
# Of a blocked reload on two cores shared with the test itself; a part is a third of a second.
RELOAD_MAX = 1.5


@pytest.fixture
def show(server, room, start_client, evidence):
    sidecar = Sidecar(evidence, server, room)
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    yield sidecar, *wait_for_playlist(sidecar, 2)
    sidecar.stop()


def newest(playlist):
    """The number of the segment that grows, and its next part's."""
    sequence = int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", playlist).group(1))
    tail = playlist[playlist.rfind("#EXTINF"):]
    return sequence + playlist.count("#EXTINF"), tail.count("#EXT-X-PART:")


def reloads(sidecar, folder, count):
    """Seconds that each of some blocked reloads took, one after the other; the last playlist."""
    playlist, waits = sidecar.text(f"{folder}/index.m3u8"), []
    for _ in range(count):
        sequence, part = newest(playlist)
        before = time.monotonic()
        status, _, body = sidecar.get(f"{folder}/index.m3u8?_HLS_msn={sequence}&_HLS_part={part}")
        waits.append(time.monotonic() - before)
        assert status == 200, (status, body)
        playlist = body.decode()
    return waits, playlist


def connect(sidecar, receive=None):
    made = socket.socket()
    if receive:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    host, port = sidecar.address.rsplit(":", 1)
    made.connect((host, int(port)))
    return made


def descriptors(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count + 512:
        pytest.skip(f"{hard} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 512), hard))


def request(sidecar, path):
    return (
        f"GET /hls/{sidecar.room}/{path} HTTP/1.1\r\nHost: test\r\nAccept-Encoding: gzip\r\n\r\n").encode()


def begin_not_reading(sidecar, folder, playlist):
    """Sockets that ask for segments over and over and never read."""
    segment = re.findall(r"^[^#\n]+\.m4s$", playlist, re.M)[-1]
    part = re.findall(r'#EXT-X-PART:[^\n]*URI="([^"]+)"', playlist)[-1]
    made = []
    for number in range(SLOW_READERS):
        made.append(connect(sidecar, receive=4096))
        # Some ask for all at once, and some for what the web thread has itself.
        name = segment if number % 2 else part
        made[-1].sendall(request(sidecar, f"{folder}/{name}") * (PIPELINED_MAX if number % 3 else 1))
    return made


def test_readers_that_never_read_cost_little_and_a_crowd_beside_them_is_answered_at_once(show, report):
    sidecar, folder, playlist = show
    reloads(sidecar, folder, 3)
    before = resident(sidecar)
    sockets = begin_not_reading(sidecar, folder, playlist)
    waits, _ = reloads(sidecar, folder, 6)
    for each in sockets:
        each.sendall(request(sidecar, f"{folder}/index.m3u8") * 4)
    more, _ = reloads(sidecar, folder, 6)
    growth = (resident(sidecar) - before) / SLOW_READERS
    report(
        f"{SLOW_READERS} who do not read: {growth / 1024:.0f} KiB each; reloads took "
        f"{max(waits + more) * 1000:.0f} ms at most")
    assert max(waits + more) < RELOAD_MAX
    assert growth < SLOW_READER_MAX
    check_crowd(show, report, 500, 4)
    for each in sockets:
        each.close()


@pytest.mark.slow
def test_readers_that_never_read_are_closed(show, report):
    sidecar, folder, playlist = show
    sockets = begin_not_reading(sidecar, folder, playlist)
    began = time.monotonic()
    reloads(sidecar, folder, 3 * STALL_SECONDS + 24)
    assert time.monotonic() - began > STALL_SECONDS
    ends = 0
    for each in sockets:
        each.settimeout(5)
        try:
            while each.recv(1 << 16):
                pass
            ends += 1
        except ConnectionResetError:
            ends += 1
        except TimeoutError:
            # Small answers that the kernels took: it is idle, not behind.
            pass
        each.close()
    report(f"{ends} of {SLOW_READERS} closed after {STALL_SECONDS} s without a byte taken")
    assert ends >= SLOW_READERS * 2 // 3
    reloads(sidecar, folder, 3)


def wait_together(sidecar, folder, connections, each):
    """So many requests for the playlist with the segment after next, all before it is there; answers by status and
    code, and the seconds from the first answer to the last."""
    selector, found = selectors.DefaultSelector(), collections.Counter()
    players = [connect(sidecar) for _ in range(connections)]
    sequence, _ = newest(sidecar.text(f"{folder}/index.m3u8"))
    asked = request(sidecar, f"{folder}/index.m3u8?_HLS_msn={sequence + 1}&_HLS_part=4")
    before = time.monotonic()
    for player in players:
        player.sendall(asked * each)
        player.setblocking(False)
        selector.register(player, selectors.EVENT_READ, [b"", each])
    took = time.monotonic() - before
    times, left = [], connections * each
    while left and time.monotonic() < before + 30:
        for key, _ in selector.select(1):
            key.data[0] += key.fileobj.recv(1 << 18)
            while (answer := first_answer(key.data)) is not None:
                found[answer] += 1
                key.data[1] -= 1
                left -= 1
                times.append(time.monotonic())
    for player in players:
        player.close()
    assert not left, f"{left} are not answered: {found}"
    return found, took, times[-1] - times[0]


def first_answer(data):
    """Takes the first whole answer from what was read: its status, and its code when it is a refusal."""
    end = data[0].find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[0][:end].decode()
    size = end + 4 + int(re.search(r"Content-Length: (\d+)", head).group(1))
    if len(data[0]) < size:
        return None
    body, data[0] = data[0][end + 4:size], data[0][size:]
    status = int(head[9:12])
    return (status, "") if status == 200 else (status, json.loads(body)["code"])


def check_crowd(show, report, connections, each):
    sidecar, folder, _ = show
    descriptors(connections)
    reloads(sidecar, folder, 3)
    before = resident(sidecar)
    found, took, spread = wait_together(sidecar, folder, connections, each)
    growth = resident(sidecar) - before
    count = connections * each
    report(
        f"{count} asked within {took * 1000:.0f} ms; answered within {spread * 1000:.0f} ms; "
        f"{growth / count:.0f} bytes each; {dict(found)}")
    refused = max(0, count - WAITING_MAX)
    # A request may come when the part is there already, so a few more than fit are answered.
    assert found[200, ""] >= min(count, WAITING_MAX)
    assert set(found) <= {(200, ""), (503, "too-many-waiting")}
    assert found[503, "too-many-waiting"] <= refused
    assert growth / count < 16 * 1024
    waits, _ = reloads(sidecar, folder, 3)
    assert max(waits) < RELOAD_MAX
    return found


@pytest.mark.slow
def test_ten_thousand_players_wait_for_one_part(show, report):
    check_crowd(show, report, 10_000, 1)


@pytest.mark.slow
def test_more_than_may_wait_are_refused_by_name(show, report):
    found = check_crowd(show, report, 1400, PIPELINED_MAX)
    assert found[503, "too-many-waiting"] > 0


def test_while_the_server_is_dead_playlists_go_on_and_then_the_show(server, show, room, start_client, report):
    sidecar, folder, first = show
    server.process.kill()
    waits, meanwhile = reloads(sidecar, folder, 12)
    assert max(waits) < RELOAD_MAX, waits
    # What is not received is said: the slate behind a discontinuity, or gaps.
    tail = meanwhile[meanwhile.rfind("#EXT-X-PROGRAM-DATE-TIME"):]
    assert "GAP" in meanwhile or "#EXT-X-DISCONTINUITY\n" in meanwhile, meanwhile
    assert "#EXT-X-ENDLIST" not in meanwhile, tail
    server.start()
    publisher = start_client("ffmpeg_publish", server.whip(room), server.token(room, "host", "host"))
    publisher.wait_for("connected")
    sequence = newest(meanwhile)[0]
    until = time.monotonic() + 30
    while time.monotonic() < until:
        _, after = reloads(sidecar, folder, 3)
        if newest(after)[0] > sequence + 3 and "GAP" not in after[-900:]:
            break
    waits, after = reloads(sidecar, folder, 6)
    report(f"reloads took {max(waits) * 1000:.0f} ms at most")
    assert "GAP" not in after[-900:], after
    # The session is another one.
    assert after.count("#EXT-X-DISCONTINUITY\n") > meanwhile.count("#EXT-X-DISCONTINUITY\n") or (
        "#EXT-X-DISCONTINUITY-SEQUENCE" in after), after
