"""Debian's Firefox ESR, driven by WebDriver BiDi over a WebSocket."""

import base64
import collections
import itertools
import json
import pathlib
import re
import shutil

from websockets.sync.client import connect

from .page import Page, script
from .process import Process

PREFERENCES = {
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    # Without a sound card an AudioContext would wait for one forever.
    "media.cubeb.force_mock_context": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.gmp-manager.updateEnabled": False,
    # A network that leads nowhere looks like no network to Firefox, which then loads no page.
    "network.manage-offline-status": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "dom.min_background_timeout_value": 4,
    "widget.windows.window_occlusion_tracking.enabled": False,
    "remote.active-protocols": 1,
}
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class BiDiError(AssertionError):
    """An error that the browser reported, among them exceptions thrown in the page."""


class BiDi:
    """Commands and their replies over one WebSocket; events go to the page they concern."""

    def __init__(self, url):
        # A context manager; it is left open for as long as the browser runs.
        self.socket = connect(f"{url}/session", max_size=64 * 2**20, proxy=None).__enter__()
        self.numbers = itertools.count(1)
        self.pages = {}

    def send(self, method, timeout=60, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout))
            if message.get("id") == number:
                if message["type"] == "error":
                    raise BiDiError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]
            if message.get("type") == "event":
                self.note(message["params"])

    def note(self, event):
        page = self.pages.get((event.get("source") or {}).get("context"))
        if page is not None and "text" in event:
            page.messages.append(f"{event.get('level')}: {event.get('text')}")


class FirefoxPage(Page):
    def __init__(self, bidi, camera):
        self.bidi = bidi
        # A tab in the background is throttled; a window of its own is not.
        self.context = bidi.send("browsingContext.create", type="window")["context"]
        self.messages = collections.deque(maxlen=500)
        bidi.pages[self.context] = self
        self.preload = bidi.send(
            "script.addPreloadScript",
            functionDeclaration="() => {" + script(camera) + "}",
            contexts=[self.context],
        )["script"]

    def goto(self, url):
        self.bidi.send("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def reload(self):
        self.bidi.send("browsingContext.reload", context=self.context, wait="complete")

    def evaluate(self, expression):
        # JSON on both sides: BiDi's own value format would need a decoder for each JavaScript type.
        result = self.bidi.send(
            "script.callFunction",
            functionDeclaration=(
                f"async () => {{ try {{ const value = await ({expression}); "
                "return JSON.stringify({ value: value === undefined ? null : value }); } "
                "catch (error) { return JSON.stringify({ error: String(error) }); } }"
            ),
            target={"context": self.context},
            awaitPromise=True,
            userActivation=True,
        )
        if result["type"] == "exception":
            raise BiDiError(result["exceptionDetails"]["text"])
        outcome = json.loads(result["result"]["value"])
        if "error" in outcome:
            raise BiDiError(outcome["error"])
        return outcome["value"]

    def click(self, selector):
        chosen = json.dumps(selector)
        self.wait_until(f"document.querySelector({chosen})", 10)
        self.evaluate(f"document.querySelector({chosen}).click()")

    def push(self, name, role="button", timeout=20):
        """Presses what a person finds by this name, by script: BiDi's own pointer needs a window."""
        roles = {"button": "button, [role=button], summary"}.get(role, f"[role={role}]")
        find = (
            f"[...(document.querySelector('dialog[open]') ?? document).querySelectorAll({json.dumps(roles)})].find((e) => e.checkVisibility() && !e.disabled && "
            f"new RegExp({json.dumps(name)}, 'i').test((e.getAttribute('aria-label') || e.textContent).trim()))"
        )
        self.wait_until(find + " != null", timeout, name)
        self.evaluate(f"{find}.click()")

    def screenshot(self, path):
        shot = self.bidi.send("browsingContext.captureScreenshot", context=self.context)
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def close(self):
        self.bidi.pages.pop(self.context, None)
        self.bidi.send("script.removePreloadScript", script=self.preload)
        self.bidi.send("browsingContext.close", context=self.context)


class Firefox:
    name = "firefox"

    def __init__(self, folder):
        executable = shutil.which("firefox-esr") or shutil.which("firefox")
        if executable is None:
            raise AssertionError("firefox-esr is missing: run `scripts/setup test`")
        folder = pathlib.Path(folder)
        profile = folder / "profile"
        profile.mkdir(parents=True)
        lines = [
            f"user_pref({json.dumps(key)}, {json.dumps(value)});"
            for key, value in PREFERENCES.items()
        ]
        (profile / "user.js").write_text("\n".join(lines) + "\n")
        self.process = Process(
            [
                executable, "--headless", "--no-remote", "--profile", profile,
                "--remote-debugging-port", "0", "about:blank",
            ],
            folder / "firefox.log",
            {"HOME": str(folder), "MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "800"},
        )
        try:
            url = self.process.wait_for_line(LISTENING.search, 60).group(1)
            self.bidi = BiDi(url)
            self.bidi.send("session.new", capabilities={})
            self.bidi.send("session.subscribe", events=["log.entryAdded"])
        except BaseException:
            self.process.kill()
            raise

    def page(self, camera=None, device=None):
        assert device is None, "this Firefox is a desktop's"
        return FirefoxPage(self.bidi, camera)

    def close(self):
        # The profile is thrown away, so there is nothing to save by a gentle end.
        self.process.kill()
