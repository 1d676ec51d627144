"""Relevo over HTTP: an API, a live event stream and webhooks."""

from relevo_server.app import create_app
from relevo_server.integration import RelevoPlugin, stop_streams
from relevo_server.settings import ServerSettings, check_bind, read_server_settings

__all__ = [
    "RelevoPlugin",
    "ServerSettings",
    "check_bind",
    "create_app",
    "read_server_settings",
    "stop_streams",
]
