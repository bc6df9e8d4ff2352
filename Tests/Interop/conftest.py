"""Fixtures: the isolated network, the server, the browsers, and what is kept when a test fails."""

import os
import pathlib
import shutil

import pytest

from harness import network
from harness.files import FileServer
from harness.demo_shop import DemoShop
from harness.process import Process
from harness.scripted import ScriptedRoom
from harness.server import REPOSITORY, HawkerServer
from harness.traffic import traffic


def pytest_sessionstart(session):
    network.require_isolation()


def pytest_sessionfinish(session):
    if left := Process.end_all():
        print(f"\nended what tests had left behind: {' '.join(left)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    # Fixtures that are torn down later ask whether their test failed.
    setattr(item, f"report_{report.when}", report)
    return report


def failed(request):
    return any(
        getattr(request.node, f"report_{when}", None) is not None
        and getattr(request.node, f"report_{when}").failed
        for when in ("setup", "call")
    )


@pytest.fixture(autouse=True)
def described():
    """Whatever crossed a room socket in the test was as the server's own schemas say."""
    traffic.takeFaults()
    yield
    faults = traffic.takeFaults()
    assert not faults, "\n".join(faults)


@pytest.fixture
def evidence(request, tmp_path):
    """A folder whose files are kept under .build/interop/<test> when the test fails."""
    yield tmp_path
    if failed(request):
        kept = REPOSITORY / ".build" / "interop" / request.node.name
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(
            tmp_path, kept, ignore=shutil.ignore_patterns("profile", "data"), symlinks=True
        )
        for log in sorted(kept.rglob("*.log")):
            tail = log.read_text(errors="replace")[-3000:]
            print(f"---- end of {log.name} ----\n{tail}")


@pytest.fixture
def start_server(evidence):
    """Starts servers with extra flags; each must end well when told to stop."""
    servers = []

    def start(*flags, **options):
        server = HawkerServer(evidence / f"server-{len(servers)}", *flags, **options)
        servers.append(server)
        return server

    yield start
    problems = []
    for server in servers:
        try:
            if not getattr(server, "stopped_by_test", False):
                server.stop()
        except AssertionError as problem:
            problems.append(str(problem))
        finally:
            server.process.kill()
    assert not problems, "; ".join(problems)


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture
def demo_shop(start_server, evidence):
    """A server with the demo shop as its merchant: `demo_shop.server`."""
    shop = DemoShop(start_server, evidence)
    yield shop
    shop.stop()


@pytest.fixture
def start_scripted(evidence):
    """Starts rooms with scripted people; flags as of fake-room.mjs."""
    rooms = []

    def start(*flags):
        folder = evidence / f"scripted-{len(rooms)}"
        folder.mkdir()
        rooms.append(ScriptedRoom(folder, *flags))
        return rooms[-1]

    yield start
    for room in rooms:
        room.stop()


@pytest.fixture(scope="session")
def chromium():
    from harness.chromium import Chromium

    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def firefox(tmp_path_factory):
    from harness.firefox import Firefox

    browser = Firefox(tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.close()


@pytest.fixture
def open_page(request, evidence):
    """Opens pages that are closed afterwards, with a screenshot and the console of a failed test."""
    pages = []

    def open_in(browser, url=None, camera=None, device=None):
        page = browser.page(camera, device)
        pages.append(page)
        if url:
            page.goto(url)
        return page

    yield open_in
    for number, page in enumerate(pages):
        try:
            if failed(request):
                page.screenshot(evidence / f"page-{number}.png")
                (evidence / f"page-{number}.log").write_text("\n".join(page.messages))
            page.close()
        except Exception as problem:  # The browser may be what failed; the report is what counts.
            print(f"page {number}: {problem}")


@pytest.fixture
def album(request):
    """Keeps pictures of a run that people should look at, under .build/interop/pictures/<test>."""
    folder = REPOSITORY / ".build" / "interop" / "pictures" / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    taken = []

    def keep(page, name):
        taken.append(name)
        page.screenshot(folder / f"{len(taken):02}-{name}.png")

    return keep


@pytest.fixture
def start_client(evidence):
    """Starts clients of clients/ by name; none outlives its test."""
    from harness.clients import MediaClient

    clients = []

    def start(name, url, token, seconds=0):
        folder = evidence / f"client-{len(clients)}"
        folder.mkdir()
        clients.append(MediaClient(name, folder, url, token, seconds))
        return clients[-1]

    yield start
    for client in clients:
        client.process.kill()


@pytest.fixture
def blank(tmp_path):
    """The address of an empty page on loopback, which browsers treat as a secure context."""
    folder = tmp_path / "files"
    folder.mkdir()
    server = FileServer(folder)
    yield server.url()
    server.close()


@pytest.fixture
def room(request):
    """A room name that is the test's own."""
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[:60].strip("-")


@pytest.fixture
def report(request):
    """Prints figures a reader wants to see even when all is well, at the end of the run."""

    def note(line):
        request.config.stash.setdefault(FIGURES, []).append(f"{request.node.name}: {line}")

    return note


FIGURES = pytest.StashKey()


def pytest_terminal_summary(terminalreporter, config):
    figures = config.stash.get(FIGURES, [])
    if traffic.counts:
        for side in ("server", "client"):
            counts = {name: n for name, n in traffic.counts.items() if name.startswith(side)}
            figures.append(
                f"room sockets: {sum(counts.values())} different messages of {len(counts)} types of "
                f"the {side} were as described")
    if figures:
        terminalreporter.section("figures")
        for line in figures:
            terminalreporter.write_line(line)
