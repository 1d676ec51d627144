"""The `[server]` table: what the HTTP server can be told."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
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
    faults: list[str] = []
    try:
        return ServerSettings.model_validate(dict(table))
    except ValidationError as error:
        faults = [_fault(fault["type"], fault["loc"], fault["msg"]) for fault in error.errors()]
    # Raised out here, so that no context carries pydantic's error and the input within it.
    raise relevo.ConfigurationError(" ".join(faults))


def _fault(kind: str, location: tuple[int | str, ...], reason: str) -> str:
    key = ".".join(["server", *map(str, location)])
    if kind == "extra_forbidden":
        return f"{key}: there is no such key. Known: {', '.join(ServerSettings.model_fields)}."
    return f"{key}: {reason.removeprefix('Value error, ')}."


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
    if is_loopback(host):
        return
    msg = (
        f"server.host is {host!r}, which others can reach, and the API has no keys that would "
        f"stop them from sending. Bind to {DEFAULT_HOST}; let webhooks in through a tunnel or a "
        "reverse proxy that passes on nothing but /api/v1/messaging/webhooks/."
    )
    raise relevo.ConfigurationError(msg)
