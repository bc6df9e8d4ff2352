"""Debian's Chromium, driven by Playwright."""

import re
import shutil

from playwright.sync_api import sync_playwright

from .page import Page, script
from .traffic import traffic

FLAGS = [
    "--no-sandbox",  # root in a container has no user namespaces to build the sandbox from
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-dev-shm-usage",
]


# What `device` of `open_page` may be: options of a Playwright context.
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SIDEWAYS = {"viewport": {"width": 844, "height": 390}, "is_mobile": True, "has_touch": True}


class ChromiumPage(Page):
    def __init__(self, browser, camera, device):
        self.device = {**DESKTOP, **(device or {})}
        self.context = browser.new_context(**self.device)
        self.context.add_init_script(script=script(camera))
        self.page = self.context.new_page()
        self.messages = []
        self.page.on("console", lambda m: self.messages.append(f"{m.type}: {m.text}"))
        self.page.on("websocket", self._listen)
        self.page.on("pageerror", lambda e: self.messages.append(f"pageerror: {e}"))

    def _listen(self, socket):
        if socket.url.endswith("/ws") and not any(f"//{each}/" in socket.url for each in traffic.excused):
            socket.on("framesent", traffic.sent)
            socket.on("framereceived", traffic.received)

    def goto(self, url):
        self.page.goto(url, wait_until="load", timeout=45000)

    def reload(self):
        self.page.reload(wait_until="load", timeout=45000)

    def evaluate(self, expression):
        return self.page.evaluate(expression)

    def click(self, selector):
        self.page.click(selector, timeout=10000)

    def push(self, name, role="button", timeout=20):
        """Presses what a person finds by this name: it must be in view, and nothing may lie over it."""
        dialogs = self.page.locator("dialog[open]")
        # What is behind a dialog is not there for a person.
        place = dialogs.last if dialogs.count() else self.page
        target = place.get_by_role(role, name=re.compile(name, re.I)).filter(visible=True).first
        (target.tap if self.device.get("has_touch") else target.click)(timeout=timeout * 1000)

    def screenshot(self, path):
        self.page.screenshot(path=str(path))

    def close(self):
        self.context.close()


class Chromium:
    """One browser process; each page has a context (storage, permissions) of its own."""

    name = "chromium"

    def __init__(self):
        executable = shutil.which("chromium")
        if executable is None:
            raise AssertionError("chromium is missing: run `scripts/setup test`")
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=executable, args=FLAGS)

    def page(self, camera=None, device=None):
        return ChromiumPage(self.browser, camera, device)

    def close(self):
        self.browser.close()
        self.playwright.stop()
