"""How commands ask for a running server."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from relevo.server_address import (
    API_PATH,
    DEFAULT_URL,
    VARIABLE,
    check_url,
    find_server,
    reason_of,
    unreachable,
    url_in,
)

__all__ = [
    "API_PATH",
    "DEFAULT_URL",
    "VARIABLE",
    "Url",
    "check_url",
    "find_server",
    "reason_of",
    "unreachable",
    "url_in",
]

_HELP = "Where the server answers; left out, where the settings here would have it listen."
Url = Annotated[str | None, Parameter(name="--url", env_var=VARIABLE, help=_HELP)]
"""How a command asks for it: a parameter `url: Url = None`, then `find_server(url)`."""
