"""What WHIP (RFC 9725) and WHEP demand of HTTP, asked without any media."""

import asyncio
import urllib.parse

import pytest
from aiortc import RTCPeerConnection

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = "application/trickle-ice-sdpfrag"


@pytest.fixture(scope="session")
def offers():
    """A real client's offers: `sendonly` for WHIP, `recvonly` for WHEP."""

    async def make(direction):
        peer = RTCPeerConnection()
        for kind in ("audio", "video"):
            peer.addTransceiver(kind, direction=direction)
        await peer.setLocalDescription(await peer.createOffer())
        sdp = peer.localDescription.sdp
        await peer.close()
        return sdp

    # Not asyncio.run: Playwright's own loop may be running in this thread.
    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return {
            name: pool.submit(lambda d=direction: asyncio.run(make(d))).result()
            for name, direction in (("whip", "sendonly"), ("whep", "recvonly"))
        }


@pytest.fixture(params=["whip", "whep"])
def endpoint(request, server, room, offers):
    class Endpoint:
        path, offer = f"/{request.param}/{room}", offers[request.param]
        role = {"whip": "host", "whep": "viewer"}[request.param]
        token = server.token(room, role, "someone")

        def post(self, body=None, headers=None, token=None):
            return server.request(
                "POST", self.path, body or self.offer, {**SDP, **(headers or {})}, token or self.token
            )

        def session(self):
            status, headers, _ = self.post()
            assert status == 201
            path = urllib.parse.urljoin(self.path, headers["Location"])
            return path, headers["ETag"]

        def patch(self, path, body, **headers):
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            return server.request(
                "PATCH", path, body, {"Content-Type": FRAGMENT, **headers}, self.token
            )

    return Endpoint()


def fragment(offer, candidate="candidate:1 1 UDP 2122252543 10.99.0.1 50000 typ host"):
    pick = {line.split(":")[0]: line for line in offer.splitlines() if line.startswith("a=ice-")}
    media = next(line for line in offer.splitlines() if line.startswith("m="))
    return "\r\n".join(
        [pick["a=ice-ufrag"], pick["a=ice-pwd"], media, "a=mid:0", f"a={candidate}", ""]
    )


def test_an_offer_is_answered_with_a_session(endpoint):
    status, headers, body = endpoint.post()
    assert status == 201
    assert headers["Content-Type"] == "application/sdp"
    assert headers["Location"] and not headers["Location"].startswith("http")
    assert headers["ETag"]
    assert body.startswith("v=0\r\n")
    assert "a=ice-lite" in body and "a=fingerprint:sha-256 " in body


def test_an_answer_offers_udp_and_tcp_on_one_port(endpoint, server):
    _, _, body = endpoint.post()
    candidates = [line.split() for line in body.splitlines() if line.startswith("a=candidate:")]
    assert {line[2].lower() for line in candidates} == {"udp", "tcp"}
    assert {int(line[5]) for line in candidates} == {server.udp_port}
    assert {line[4] for line in candidates} == {"10.99.0.1", "fd99::1"}


def test_delete_ends_the_session_once(endpoint, server):
    path, _ = endpoint.session()
    assert server.request("DELETE", path, token=endpoint.token)[0] in (200, 204)
    assert server.request("DELETE", path, token=endpoint.token)[0] == 404


@pytest.mark.parametrize("credentials", [{}, {"Authorization": "Bearer x.y.z"}])
def test_without_a_valid_token_401(endpoint, server, credentials):
    status, headers, _ = server.request("POST", endpoint.path, endpoint.offer, {**SDP, **credentials})
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_of_another_room_403(endpoint, server):
    elsewhere = server.token("elsewhere", endpoint.role, "someone")
    assert endpoint.post(token=elsewhere)[0] == 403


def test_a_viewer_may_not_publish(server, room, offers):
    viewer = server.token(room, "viewer", "someone")
    assert server.request("POST", f"/whip/{room}", offers["whip"], SDP, viewer)[0] == 403


def test_another_content_type_415(endpoint):
    assert endpoint.post(headers={"Content-Type": "application/json"})[0] == 415


@pytest.mark.parametrize("body", ["nonsense", "v=0\r\n", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"])
def test_a_body_that_is_no_offer_is_refused_and_the_server_lives(endpoint, server, body):
    assert endpoint.post(body=body)[0] in (400, 422)
    assert server.request("GET", "/healthz")[0] == 200


def test_an_oversized_offer_413(endpoint):
    assert endpoint.post(body=endpoint.offer + "a=x:" + "y" * 2**20 + "\r\n")[0] == 413


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_other_methods_405(endpoint, server, method):
    status, headers, _ = server.request(method, endpoint.path, token=endpoint.token)
    assert status == 405
    assert "POST" in headers["Allow"]


def test_options_says_what_post_accepts_without_a_token(endpoint, server):
    status, headers, _ = server.request("OPTIONS", endpoint.path)
    assert status in (200, 204)
    assert headers["Accept-Post"] == "application/sdp"


def test_a_trickled_candidate_needs_the_current_etag(endpoint):
    path, etag = endpoint.session()
    body = fragment(endpoint.offer)
    assert endpoint.patch(path, body, If_Match=etag)[0] == 204
    assert endpoint.patch(path, body, If_Match='"another"')[0] == 412
    assert endpoint.patch(path, body)[0] == 428


def test_a_restart_gives_new_credentials_and_a_new_etag(endpoint):
    path, etag = endpoint.session()
    fresh = fragment(endpoint.offer).splitlines()
    fresh[0], fresh[1] = "a=ice-ufrag:fresh", "a=ice-pwd:" + "f" * 24
    status, headers, body = endpoint.patch(path, "\r\n".join([*fresh, ""]), If_Match="*")
    assert status == 200
    assert headers["Content-Type"] == FRAGMENT
    assert headers["ETag"] not in (None, etag)
    assert "a=ice-ufrag:" in body and "a=ice-pwd:" in body


def test_a_bad_fragment_leaves_the_session_alive(endpoint):
    path, etag = endpoint.session()
    assert endpoint.patch(path, "nonsense", If_Match=etag)[0] in (400, 422)
    assert endpoint.patch(path, fragment(endpoint.offer), If_Match=etag)[0] == 204


def test_a_strange_room_name_404(server, offers):
    token = server.token("*", "service", "someone")
    for name in ("a%20b", "x" * 65, "..%2f"):
        status = server.request("POST", f"/whip/{name}", offers["whip"], SDP, token)[0]
        assert status in (400, 404), name


def test_cors_lets_other_pages_read_the_headers(start_server, room, offers):
    origin = "https://shop.example"
    server = start_server("--allowed-origin", origin)
    preflight = {
        "Origin": origin, "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    status, headers, _ = server.request("OPTIONS", f"/whep/{room}", headers=preflight)
    assert status in (200, 204)
    assert headers["Access-Control-Allow-Origin"] in (origin, "*")
    token = server.token(room, "viewer", "someone")
    _, headers, _ = server.request(
        "POST", f"/whep/{room}", offers["whep"], {**SDP, "Origin": origin}, token
    )
    exposed = {name.strip().lower() for name in headers["Access-Control-Expose-Headers"].split(",")}
    assert {"location", "etag", "link"} <= exposed
