"""Debian's Chromium, driven by Playwright."""

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


class ChromiumPage(Page):
    def __init__(self, browser, camera):
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.context.add_init_script(script=script(camera))
        self.page = self.context.new_page()
        self.messages = []
        self.page.on("console", lambda m: self.messages.append(f"{m.type}: {m.text}"))
        self.page.on("websocket", self._listen)
        self.page.on("pageerror", lambda e: self.messages.append(f"pageerror: {e}"))

    def _listen(self, socket):
        if socket.url.endswith("/ws"):
            socket.on("framesent", traffic.sent)
            socket.on("framereceived", traffic.received)

    def goto(self, url):
        self.page.goto(url, wait_until="load", timeout=15000)

    def reload(self):
        self.page.reload(wait_until="load", timeout=15000)

    def evaluate(self, expression):
        return self.page.evaluate(expression)

    def click(self, selector):
        self.page.click(selector, timeout=10000)

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

    def page(self, camera=None):
        return ChromiumPage(self.browser, camera)

    def close(self):
        self.browser.close()
        self.playwright.stop()
