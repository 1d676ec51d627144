"""Ports for servers that tests start, stop and start again."""

from __future__ import annotations

import secrets
import socket

_HOST = "127.0.0.1"
# Below what systems hand out by themselves (32768 on Linux, 49152 elsewhere): a port that a
# stopped server left must not become the near end of somebody else's connection.
_CHOICE = range(20_000, 32_000)


def free_port() -> int:
    """Give a port nobody listens on, which no connection of this machine takes by chance."""
    while True:
        port = secrets.choice(_CHOICE)  # whatever seed the tests run with
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
        return port
