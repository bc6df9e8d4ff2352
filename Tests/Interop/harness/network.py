"""The isolated network that Tests/Interop/run makes, with UDP blocked or lossy on demand."""

import contextlib
import socket
import subprocess

TABLE = "hawker_interop"
INTERFACES = ["hawker0", "hawker1", "lo"]
# What the server advertises; everything that talks to them runs in the same namespace.
MEDIA_ADDRESSES = ["10.99.0.1", "fd99::1"]


def interfaces():
    return sorted(name for _, name in socket.if_nameindex())


def require_isolation():
    """Browsers gather every address of the machine, and tests block UDP: not on the real network."""
    found = interfaces()
    if found != INTERFACES:
        raise RuntimeError(
            f"these tests need a namespace of their own, but found {', '.join(found)}: "
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


def _udp_ports():
    """The ports of all UDP sockets there are."""
    ports = set()
    for name in ("udp", "udp6"):
        with open(f"/proc/self/net/{name}") as table:
            ports |= {int(line.split()[1].rsplit(":", 1)[1], 16) for line in list(table)[1:]}
    return ports


def media_blocked(port):
    """Discards what goes to a server's media port by TCP, and by UDP from sockets made from now on.

    Who publishes or plays already goes on: it is somebody else's network that is so strict.
    """
    known = ", ".join(str(number) for number in sorted(_udp_ports()))
    return _rule(
        "meta", "l4proto", "{ tcp, udp }", "th", "dport", str(port), "th", "sport", "!=", f"{{ {known} }}", "drop"
    )


def udp_blocked_on_ipv4():
    """Leaves IPv6 as the only way for UDP."""
    return _rule("ip", "protocol", "udp", "drop")


def udp_lossy(per_mille):
    """Discards that many of 1000 UDP datagrams at random, in both directions."""
    return _rule(
        "meta", "l4proto", "udp", "numgen", "random", "mod", "1000", "<", str(per_mille), "drop"
    )
