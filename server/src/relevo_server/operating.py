"""What `[server]` says about operating a server: its log, its numbers, its limits."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
)


class LogLevel(StrEnum):
    """From which level on Relevo's own records are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a record is written."""

    AUTO = "auto"
    """`text` in a terminal, `json` into anything else."""
    JSON = "json"
    TEXT = "text"


class MetricsFor(StrEnum):
    """Who may read `/metrics` once there are keys."""

    ADMIN = "admin"
    """A key with the scope `admin`."""
    OPEN = "open"
    """Whoever reaches the server."""


def _split(value: object) -> object:
    """Let a variable list addresses as people write them: `10.0.0.1, 10.1.0.0/16`."""
    if not isinstance(value, str):
        return value
    return [one.strip() for one in value.split(",") if one.strip()]


def _check_network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else str(ipaddress.ip_address(text))
    except ValueError:
        msg = "a proxy is an address or a network, such as 10.0.0.1 or 10.1.0.0/16"
        raise ValueError(msg) from None


Proxy = Annotated[str, AfterValidator(_check_network)]


class OperatingSettings(BaseModel):
    """What `[server]` can say about operating it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    log_level: LogLevel = LogLevel.INFO
    """From which level on `relevo serve` writes Relevo's own records."""
    log_format: LogFormat = LogFormat.AUTO
    """How it writes them."""
    metrics: MetricsFor = MetricsFor.ADMIN
    """Who may read `/metrics` once there are keys."""
    body_timeout_s: PositiveFloat = 30
    """A body has so long, and then as long as 16 KiB a second need."""
    head_timeout_s: PositiveFloat = 10
    """A request's first line and headers have so long. Of `relevo serve`."""
    max_header_bytes: Annotated[int, Field(ge=4_096)] = 32 * 1024
    """The largest first line and headers of a request."""
    trusted_proxies: Annotated[list[Proxy], BeforeValidator(_split)] = Field(default_factory=list)
    """Whose word counts on where a request came from, and whether it came by TLS."""
    hsts_s: NonNegativeInt = 0
    """For how long browsers that came by TLS are told to come by nothing else; 0: not at all."""
