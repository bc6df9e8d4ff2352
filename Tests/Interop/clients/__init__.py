"""WebRTC clients that are not browsers, each a program that prints JSON lines about what it saw."""
