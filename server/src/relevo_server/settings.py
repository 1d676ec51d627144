"""The `[server]` table: what the HTTP server can be told."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

import relevo
from relevo.findings import findings, meant_or_known, with_hint
from relevo_server.operating import OperatingSettings

TABLE = "server"
BOOTSTRAP_VARIABLE = "RELEVO_BOOTSTRAP_KEY"
_SQLITE = "sqlite"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 7062
SLOW_READER_S = 30.0
MEBIBYTE = 1024 * 1024
# Meta posts webhooks of up to 3 MB (2026-11); the rest is room for what it does not count.
MAX_WEBHOOK_BYTES = 3 * MEBIBYTE + MEBIBYTE // 4


def _split_origins(value: object) -> object:
    """Let a variable list origins as people write them: `http://a:1, http://b:2`."""
    if not isinstance(value, str):
        return value
    return [origin.strip() for origin in value.split(",") if origin.strip()]


def _check_origin(origin: str) -> str:
    parts = urlsplit(origin)
    written = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in {"http", "https"} or not parts.netloc or written != origin:
        msg = "an origin is a scheme, a host and perhaps a port, such as http://localhost:3062"
        raise ValueError(msg)
    return origin.lower()


Origin = Annotated[str, AfterValidator(_check_origin)]


class WithoutKeys(StrEnum):
    """Whom the API answers while there is no key."""

    LOOPBACK = "loopback"
    """This machine."""
    ANYWHERE = "anywhere"
    """Whoever reaches it: something in front of it decides who that is."""


class ServerSettings(OperatingSettings):
    """What `[server]` in `relevo.toml` can say."""

    host: str = Field(default=DEFAULT_HOST, min_length=1)
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65_535)
    """0 takes any free port."""
    demo_account: str | None = None
    """The account of the demo routes; None: the only one of the provider they name."""
    cors_origins: Annotated[list[Origin], BeforeValidator(_split_origins)] = Field(
        default_factory=list
    )
    """Pages from these origins may use the API from a browser."""
    max_body_bytes: PositiveInt = MEBIBYTE
    """The largest body of an API request."""
    max_batch_bytes: PositiveInt = 16 * MEBIBYTE
    """The largest body of `POST /messages/batch`: a thousand items of 16 KiB."""
    max_webhook_bytes: PositiveInt = MAX_WEBHOOK_BYTES
    """The largest body of a webhook."""
    heartbeat_s: PositiveFloat = 15
    """A live stream with nothing to tell says so this often."""
    slow_reader_s: PositiveFloat = SLOW_READER_S
    """A client that takes so long for some 64 KiB of an answer is let go."""
    key_rate: NonNegativeInt = 6_000
    """Requests a minute of a key that says nothing else, in each process; 0: any number."""
    streams_per_key: NonNegativeInt = 10_000
    """Streams a key may have open at once, in each process; 0: any number."""
    streams_per_ticket: NonNegativeInt = 100
    """And a ticket; 0: any number."""
    without_keys: WithoutKeys = WithoutKeys.LOOPBACK
    """Whom the API answers while there is no key."""


_FIELDS = {
    # Its own before those of operating it, as people look for them.
    name: ServerSettings.model_fields[name]
    for name in (*ServerSettings.__annotations__, *OperatingSettings.__annotations__)
}


def read_server_settings(table: Mapping[str, Any]) -> ServerSettings:
    """Check the `[server]` table.

    Raises:
        ConfigurationError: Names each key and what is wrong with it.
    """
    checked = _validate(table)
    if isinstance(checked, ServerSettings):
        return checked
    raise relevo.ConfigurationError(" ".join(map(str, checked)))


def check_server_table(settings: relevo.Settings) -> list[relevo.Finding]:
    """List what would stop `relevo serve` with these settings."""
    checked = _validate(settings.server)
    if not isinstance(checked, ServerSettings):
        return checked
    kept = _may_have_keys(settings.engine)
    faults = (
        bind_fault(checked.host, keyed=kept, without_keys=checked.without_keys),
        demo_fault(checked.demo_account, settings.accounts),
    )
    return [fault for fault in faults if fault]


def _may_have_keys(engine: str | None) -> bool:
    """Tell whether there may be a key: a store that is there is asked only by a start."""
    if os.environ.get(BOOTSTRAP_VARIABLE):
        return True
    scheme, _, place = (engine or "memory").partition(":")
    if scheme == _SQLITE:
        return Path(place.removeprefix("///")).exists()
    return scheme != "memory"


def _validate(table: Mapping[str, Any]) -> ServerSettings | list[relevo.Finding]:
    try:
        return ServerSettings.model_validate(dict(table))
    except ValidationError as error:
        faults = [with_hint(one, _FIELDS) for one in findings(error)]
        return [replace(fault, path=(TABLE, *fault.path)) for fault in faults]


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine and nobody else can reach it."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def check_bind(
    host: str, *, keyed: bool = False, without_keys: WithoutKeys = WithoutKeys.LOOPBACK
) -> None:
    """Refuse to listen where others could reach an API that has no keys yet.

    Args:
        host: Where to listen.
        keyed: Whether there is a key, so that the API demands one.
        without_keys: Whom it is to answer while there is none.

    Raises:
        ConfigurationError: The host is no loopback address, and nothing keeps others out.
    """
    if fault := bind_fault(host, keyed=keyed, without_keys=without_keys):
        raise relevo.ConfigurationError(str(fault))


def bind_fault(
    host: str, *, keyed: bool = False, without_keys: WithoutKeys = WithoutKeys.LOOPBACK
) -> relevo.Finding | None:
    """Say why a host may not be listened on; None where it may."""
    if keyed or without_keys is WithoutKeys.ANYWHERE or is_loopback(host):
        return None
    return relevo.Finding(
        (TABLE, "host"),
        "no_loopback",
        f"others can reach {host!r}, and the API has no keys that would stop them from sending",
        f"Create the first key (relevo keys create, or {BOOTSTRAP_VARIABLE} in the environment), "
        f"or bind to {DEFAULT_HOST} and let webhooks in through a tunnel or a reverse proxy that "
        "passes on nothing but /api/v1/messaging/webhooks/.",
    )


def demo_fault(name: str | None, accounts: Collection[str]) -> relevo.Finding | None:
    """Say why an account cannot be the demo's; None where it can, or none is named."""
    if name is None or name in accounts:
        return None
    return relevo.Finding(
        (TABLE, "demo_account"),
        "unknown_account",
        f"there is no account {name!r}",
        meant_or_known(name, accounts),
    )
