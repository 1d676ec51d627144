"""Open the client of a running server, for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relevo.client import AsyncClient, Client


def open_client(url: str | None) -> Client:
    """Make a client of the server at this address, or where the settings have it listen.

    The key it shows is in `RELEVO_API_KEY`, or in the file that `RELEVO_API_KEY_FILE` names: on
    the command line everybody on the machine could read it.

    Raises:
        ConfigurationError: It is no address of a server, the settings cannot be read, or the
            key can be none.
    """
    from relevo.client import Client  # noqa: PLC0415 - heavy

    # A person who waits for words is better told at once that the server is in trouble.
    return Client(url, tries=1)


def open_async_client(url: str | None) -> AsyncClient:
    """Make one that a command can wait with; as `open_client` otherwise."""
    from relevo.client import AsyncClient  # noqa: PLC0415 - heavy

    return AsyncClient(url)
