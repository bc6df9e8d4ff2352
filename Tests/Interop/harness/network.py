"""The isolated network the tests run in: only loopback, with UDP blocked or lossy on demand."""

import contextlib
import socket
import subprocess

TABLE = "hawker_interop"


def interfaces():
    return sorted(name for _, name in socket.if_nameindex())


def require_isolation():
    """Browsers gather every address of the machine, and tests block UDP: neither may leave lo."""
    found = interfaces()
    if found != ["lo"]:
        raise RuntimeError(
            f"these tests need a namespace with only loopback, found {', '.join(found)}: "
            "start them with `make interop` or Tests/Interop/run"
        )


def _nft(*words):
    subprocess.run(["nft", *words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def _rule(*rule):
    _nft("add", "table", "inet", TABLE)
    try:
        _nft("add", "chain", "inet", TABLE, "out", "{ type filter hook output priority 0; }")
        _nft("add", "rule", "inet", TABLE, "out", *rule)
        yield
    finally:
        _nft("delete", "table", "inet", TABLE)


def udp_blocked():
    """Discards every UDP datagram silently, as a strict firewall does."""
    return _rule("meta", "l4proto", "udp", "drop")


def udp_blocked_on_ipv4():
    """Leaves IPv6 as the only way for UDP."""
    return _rule("ip", "protocol", "udp", "drop")


def udp_lossy(per_mille):
    """Discards that many of 1000 UDP datagrams at random, in both directions."""
    return _rule(
        "meta", "l4proto", "udp", "numgen", "random", "mod", "1000", "<", str(per_mille), "drop"
    )
