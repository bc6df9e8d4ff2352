"""The demo shop as the merchant of a server, and what a person does on its pages."""

import re
import socket

from .process import Process
from .server import binary

LISTENS = re.compile(r"^shop http://(\S+)/$")


def free_port():
    """A port of loopback that nobody has; the network is the test's own, so it stays free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class DemoShop:
    """`hawker demo shop`, and the server that has it as its merchant: each must know the other's address first."""

    def __init__(self, start_server, folder, *flags):
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}/"
        self.server = start_server("--hook", f"shop={self.url}hooks", "--hook-allow", self.address)
        self.process = Process(
            [binary(), "demo", "shop", "--listen", self.address, "--server", self.server.address, "--data", self.server.data, *flags],
            folder / "demo-shop.log",
        )
        self.process.wait_for_line(LISTENS.match, 15)

    def pay(self, page, timeout=20):
        """Presses what leads to the payment page, which opens in a tab of its own: that tab."""
        # A sheet or a dialog lies over the picture and its card.
        over = page.page.locator("dialog[open], .panel.sheet")
        place = over.last if over.count() else page.page
        link = place.get_by_role("link", name=re.compile("^Pay")).filter(visible=True).first
        with page.context.expect_page(timeout=timeout * 1000) as opened:
            (link.tap if page.device.get("has_touch") else link.click)(timeout=timeout * 1000)
        tab = opened.value
        tab.wait_for_load_state()
        return tab

    def stop(self):
        self.process.kill()
