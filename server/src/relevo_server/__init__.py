"""Relevo over HTTP: an API, a live event stream and webhooks."""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from relevo_server.settings import ServerSettings, check_bind, read_server_settings

if TYPE_CHECKING:
    from relevo_server.app import create_app
    from relevo_server.integration import RelevoPlugin, stop_streams

__all__ = [
    "RelevoPlugin",
    "ServerSettings",
    "check_bind",
    "create_app",
    "read_server_settings",
    "stop_streams",
]

_ON_DEMAND = MappingProxyType(
    {
        "RelevoPlugin": "relevo_server.integration",
        "create_app": "relevo_server.app",
        "stop_streams": "relevo_server.integration",
    }
)
"""The web framework is imported by who serves, not by every command that asks a server."""


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(_ON_DEMAND[name]), name)
