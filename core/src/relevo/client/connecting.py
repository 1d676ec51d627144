"""What both flavours need to reach a server: its address, a key, times, and what is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import httpx
from pydantic import SecretStr

from relevo.client.call import Call
from relevo.client.transfer import size_of
from relevo.server_address import find_key, find_server

CONNECT_S = 10.0


@dataclass(frozen=True, slots=True)
class Connecting:
    """Where a client asks, and how.

    Args:
        url: The server's address.
        key: Shown with every request; never in a `repr`.
        timeout_s: The longest wait for an answer.
        tries: How often a request is made at most, where repeating does no harm.
    """

    url: str
    key: SecretStr | None = field(repr=False)
    timeout_s: float
    tries: int

    @classmethod
    def find(
        cls, url: str | None, key: SecretStr | str | None, timeout_s: float, tries: int
    ) -> Connecting:
        """Use what is given, else the environment and the settings here."""
        return cls(find_server(url), find_key(key), timeout_s, max(1, tries))

    def client_arguments(self) -> dict[str, Any]:
        """Give what httpx's clients are made with: no proxies, no redirects."""
        return {"base_url": self.url, "trust_env": False, "follow_redirects": False}

    def request_arguments(
        self, call: Call[Any], *, silence_s: float | None = None
    ) -> dict[str, Any]:
        """Give what a call comes to in httpx's words, but for a file's bytes."""
        read_s = self.timeout_s + call.wait_s if silence_s is None else silence_s
        arguments: dict[str, Any] = {
            "headers": {"User-Agent": _user_agent(), **call.headers},
            "params": dict(call.params),
            "timeout": httpx.Timeout(read_s, connect=min(self.timeout_s, CONNECT_S)),
        }
        if self.key is not None:
            arguments["headers"]["Authorization"] = f"Bearer {self.key.get_secret_value()}"
        if call.body is not None:
            arguments["json"] = call.body
        if call.file is not None:
            arguments["headers"]["Content-Length"] = str(size_of(call.file))
        return arguments


def _user_agent() -> str:
    return f"relevo/{version('relevo')}"
