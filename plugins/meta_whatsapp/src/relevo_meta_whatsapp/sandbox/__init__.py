"""A stand-in for Meta's Graph API over real HTTP on loopback; an extra of this package.

Importing this module costs nothing; the parts that need the extra are
imported when a sandbox starts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from relevo import ConfigurationError
from relevo_meta_whatsapp.sandbox.behaviour import FAITHFUL, Behaviour, Fault
from relevo_meta_whatsapp.sandbox.state import SandboxNumber

if TYPE_CHECKING:
    from pathlib import Path

    from relevo_meta_whatsapp.sandbox.running import RunningMetaSandbox

__all__ = ["FAITHFUL", "Behaviour", "Fault", "MetaSandbox", "SandboxNumber"]

_EXTRA = frozenset({"litestar", "uvicorn"})


class MetaSandbox:
    """Start stand-ins for the Graph API; each has its own port, number and secrets.

    Args:
        port: 0 takes a free one.
        number: The business number and its secrets; made up where it is left out.
        more_numbers: Others beside it; the secrets of the first open them, too.
        behaviour: How it behaves from the start.
        scenario: A file that says what happens when.
    """

    name = "meta_whatsapp"

    def __init__(
        self,
        *,
        port: int = 0,
        number: SandboxNumber | None = None,
        more_numbers: Sequence[SandboxNumber] = (),
        behaviour: Behaviour | None = None,
        scenario: Path | None = None,
    ) -> None:
        self._port = port
        self._number = number
        self._more_numbers = tuple(more_numbers)
        self._behaviour = behaviour
        self._scenario = scenario

    @asynccontextmanager
    async def start(self, webhook_url: str) -> AsyncIterator[RunningMetaSandbox]:
        """Run a sandbox in this event loop (asyncio); its news goes to `webhook_url`.

        Raises:
            ConfigurationError: The sandbox extra is not installed, the URL leaves this machine,
                or the scenario cannot be read.
        """
        try:
            from relevo_meta_whatsapp.sandbox.running import run  # noqa: PLC0415 - needs the extra
            from relevo_meta_whatsapp.sandbox.scenario.script import (  # noqa: PLC0415 - likewise
                read_scenario,
            )
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
            numbers=(self._number or SandboxNumber(), *self._more_numbers),
            behaviour=self._behaviour or Behaviour(),
            scenario=None if self._scenario is None else read_scenario(self._scenario),
        ) as running:
            yield running
