"""Where commands find a running server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from cyclopts import Parameter

from relevo.config import load_table
from relevo.errors import ConfigurationError, ServerUnreachable

API_PATH = "/api/v1/messaging"
DEFAULT_URL = "http://127.0.0.1:7062"
VARIABLE = "RELEVO_URL"

_HELP = "Where the server answers; left out, where the settings here would have it listen."
Url = Annotated[str | None, Parameter(name="--url", env_var=VARIABLE, help=_HELP)]
"""How a command asks for it: a parameter `url: Url = None`, then `find_server(url)`."""


def find_server(url: str | None) -> str:
    """Give the address that was asked for; without one, where `relevo serve` would listen here.

    Raises:
        ConfigurationError: It is no address of a server, or the settings cannot be read.
    """
    return check_url(url or url_in(load_table("server")))


def url_in(table: Mapping[str, Any]) -> str:
    """Give the address at which `relevo serve` with this `[server]` table would listen."""
    default = urlsplit(DEFAULT_URL)
    host, port = table.get("host", default.hostname), table.get("port", default.port)
    if str(port) == "0":
        return DEFAULT_URL
    return f"http://[{host}]:{port}" if ":" in str(host) else f"http://{host}:{port}"


def check_url(url: str) -> str:
    """Give the address without a last slash.

    Raises:
        ConfigurationError: It is no address of a server.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        msg = (
            f"{url!r} is no address of a server: write it as {DEFAULT_URL} (--url or {VARIABLE}), "
            "or correct host and port in [server]."
        )
        raise ConfigurationError(msg)
    return url.rstrip("/").removesuffix(API_PATH)


def unreachable(url: str, error: BaseException) -> ServerUnreachable:
    """Say that nobody answers there, and how to start a server."""
    msg = (
        f"No server answers at {url} ({reason_of(error)}). Start one with: relevo serve "
        f"(or, to try things out: relevo demo). If it runs elsewhere, name it by --url or "
        f"{VARIABLE}."
    )
    return ServerUnreachable(msg)


def reason_of(error: BaseException) -> str:
    """Say in a few words why a request got no answer: what the system said, if it said anything."""
    said = [words for inner in _causes(error) if (words := _system_words(inner))]
    return said[-1] if said else type(error).__name__


def _system_words(error: BaseException) -> str | None:
    if isinstance(error, ConnectionError) and error.errno:
        # asyncio puts words of its own here, addresses included.
        return os.strerror(error.errno).lower()
    return error.strerror if isinstance(error, OSError) else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__
