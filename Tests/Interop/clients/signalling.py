"""WHIP and WHEP over HTTP for the clients, and the JSON lines by which they report to the tests."""

import json
import signal
import sys
import urllib.error
import urllib.parse
import urllib.request


def say(**report):
    print(json.dumps(report), flush=True)


class Refused(Exception):
    """The endpoint answered with an error status."""


def _request(method, url, token, body=None, kind=None):
    headers = {"Authorization": f"Bearer {token}"}
    if kind:
        headers["Content-Type"] = kind
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as error:
        raise Refused(f"{method} {url}: {error.code} {error.read().decode()[:500]}") from None


class Session:
    """One WHIP or WHEP session: made by posting an offer, ended by `end`."""

    def __init__(self, url, token, offer):
        status, headers, self.answer = _request(
            "POST", url, token, offer.encode(), "application/sdp"
        )
        if status != 201:
            raise Refused(f"POST {url}: {status}")
        self.token = token
        self.location = urllib.parse.urljoin(url, headers["Location"])

    def end(self):
        return _request("DELETE", self.location, self.token)[0]


def stop_on_terminate(stop):
    """SIGTERM ends a client the way a person would: it leaves its session, then reports."""
    signal.signal(signal.SIGTERM, lambda *_: stop())


def arguments():
    """URL TOKEN [SECONDS], the same for every client; 0 s means until SIGTERM."""
    url, token, *rest = sys.argv[1:]
    return url, token, float(rest[0]) if rest else 0.0
