"""Starts Hawker, browsers and other WebRTC clients in an isolated network, and measures them."""
