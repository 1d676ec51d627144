"""The `[server]` table: what the HTTP server can be told."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

import relevo
from relevo.findings import findings, meant_or_known, with_hint

TABLE = "server"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 7062
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


class ServerSettings(BaseModel):
    """What `[server]` in `relevo.toml` can say."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

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
    max_webhook_bytes: PositiveInt = MAX_WEBHOOK_BYTES
    """The largest body of a webhook."""
    heartbeat_s: PositiveFloat = 15
    """A live stream with nothing to tell says so this often."""


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
    faults = (bind_fault(checked.host), demo_fault(checked.demo_account, settings.accounts))
    return [fault for fault in faults if fault]


def _validate(table: Mapping[str, Any]) -> ServerSettings | list[relevo.Finding]:
    try:
        return ServerSettings.model_validate(dict(table))
    except ValidationError as error:
        faults = [with_hint(one, ServerSettings.model_fields) for one in findings(error)]
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


def check_bind(host: str) -> None:
    """Refuse to listen where others could reach an API that has no keys yet.

    Raises:
        ConfigurationError: The host is no loopback address.
    """
    if fault := bind_fault(host):
        raise relevo.ConfigurationError(str(fault))


def bind_fault(host: str) -> relevo.Finding | None:
    """Say why a host may not be listened on; None for a loopback address."""
    if is_loopback(host):
        return None
    return relevo.Finding(
        (TABLE, "host"),
        "no_loopback",
        f"others can reach {host!r}, and the API has no keys that would stop them from sending",
        f"Bind to {DEFAULT_HOST}; let webhooks in through a tunnel or a reverse proxy that passes "
        "on nothing but /api/v1/messaging/webhooks/.",
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
