"""Where a running server is found, and the key that is shown to it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from relevo.config import load_table
from relevo.errors import ConfigurationError, ServerUnreachable

API_PATH = "/api/v1/messaging"
DEFAULT_URL = "http://127.0.0.1:7062"
VARIABLE = "RELEVO_URL"
KEY_VARIABLE = "RELEVO_API_KEY"
KEY_FILE_VARIABLE = "RELEVO_API_KEY_FILE"
_VISIBLE = re.compile(r"[!-~]+")


def find_server(url: str | None) -> str:
    """Give the address that was asked for, else `RELEVO_URL`, else `relevo serve`'s own here.

    Raises:
        ConfigurationError: It is no address of a server, or the settings cannot be read.
    """
    return check_url(url or os.environ.get(VARIABLE) or url_in(load_table("server")))


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


def find_key(
    key: SecretStr | str | None = None, file: Path | str | None = None
) -> SecretStr | None:
    """Give the key to show: the one that is given, else `RELEVO_API_KEY`, else a file's.

    Args:
        key: The key itself.
        file: Where it stands; left out, the file that `RELEVO_API_KEY_FILE` names.

    Raises:
        ConfigurationError: The file cannot be read, or what is there can be no key. The
            key itself is not told.
    """
    if key is not None:
        text = key.get_secret_value() if isinstance(key, SecretStr) else key
        return _checked(text, "The key that was given")
    if file is None:
        if text := os.environ.get(KEY_VARIABLE, ""):
            return _checked(text, KEY_VARIABLE)
        file = os.environ.get(KEY_FILE_VARIABLE) or None
    return None if file is None else _checked(_read(Path(file)), f"The key file {str(file)!r}")


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


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        msg = (
            f"The key file {str(file)!r} cannot be read ({reason}). Check the path and its rights."
        )
        raise ConfigurationError(msg) from None


def _checked(text: str, where: str) -> SecretStr:
    stripped = text.strip()
    if _VISIBLE.fullmatch(stripped):
        return SecretStr(stripped)
    msg = (
        f"{where} is empty or holds characters that no key has. Write the key that "
        "`relevo keys create` showed, and nothing else."
    )
    raise ConfigurationError(msg)


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
