"""A stand-in for Meta's Graph API over real HTTP on loopback; an extra of this package.

Importing this module costs nothing; the parts that need the extra are
imported when a sandbox starts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from relevo import ConfigurationError
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour, Fault
from relevo_meta_whatsapp.sandbox.state import SandboxNumber

if TYPE_CHECKING:
    from relevo_meta_whatsapp.sandbox.running import RunningMetaSandbox

__all__ = ["Behaviour", "Fault", "MetaSandbox", "SandboxNumber"]

_EXTRA = frozenset({"litestar", "uvicorn"})


class MetaSandbox:
    """Start stand-ins for the Graph API; each has its own port, number and secrets.

    Args:
        port: 0 takes a free one.
        number: The business number and its secrets; made up where it is left out.
        behaviour: How it behaves from the start.
    """

    name = "meta_whatsapp"

    def __init__(
        self,
        *,
        port: int = 0,
        number: SandboxNumber | None = None,
        behaviour: Behaviour | None = None,
    ) -> None:
        self._port = port
        self._number = number
        self._behaviour = behaviour

    @asynccontextmanager
    async def start(self, webhook_url: str) -> AsyncIterator[RunningMetaSandbox]:
        """Run a sandbox in this event loop (asyncio); its news goes to `webhook_url`.

        Raises:
            ConfigurationError: The sandbox extra is not installed, or the URL leaves this machine.
        """
        try:
            from relevo_meta_whatsapp.sandbox.running import run  # noqa: PLC0415 - needs the extra
        except ModuleNotFoundError as error:
            if error.name not in _EXTRA:
                raise
            msg = (
                f"The sandbox of WhatsApp needs {error.name}, which is not installed. "
                "Install the extra: pip install 'relevo-meta-whatsapp[sandbox]'."
            )
            raise ConfigurationError(msg) from error
        async with run(
            webhook_url,
            port=self._port,
            number=self._number or SandboxNumber(),
            behaviour=self._behaviour or Behaviour(),
        ) as running:
            yield running
