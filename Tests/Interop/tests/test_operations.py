"""What an operator does: `make run LAN=1`."""

import os
import re
import ssl
import urllib.request

from harness.process import Process
from harness.server import REPOSITORY, binary


def test_lan_serves_https_on_the_machines_addresses_with_links(evidence):
    """Cameras need a secure context: the certificate is good for the address of the link."""
    folders = REPOSITORY / "var"
    environment = {**os.environ, "LAN": "1", "HAWKER_BINARY": str(binary())}
    process = Process(
        [REPOSITORY / "scripts" / "run", "--data", evidence / "data"],
        evidence / "run.log", environment,
    )
    try:
        link = process.wait_for_line(re.compile(r"Watch\s+(https://10\.99\.0\.1:8080/\S+)").search, 20)
        certificate = max(folders.glob("lan-*.crt"), key=lambda path: path.stat().st_mtime)
        context = ssl.create_default_context(cafile=str(certificate))
        for host in ("10.99.0.1", "127.0.0.1"):
            page = link.group(1).replace("10.99.0.1", host)
            with urllib.request.urlopen(page, context=context, timeout=10) as answer:
                assert answer.status == 200 and "text/html" in answer.headers["Content-Type"]
        assert process.interrupt(20) == 0
    finally:
        process.kill()
