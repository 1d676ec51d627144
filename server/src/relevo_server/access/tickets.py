"""Tickets that somebody shows: the store is asked only for those that it may have."""

from __future__ import annotations

from typing import Final

import relevo
from relevo.keys import is_sealed, ticket_digest

_MOST_OVER: Final = 1_024


class Tickets:
    """Know a ticket again.

    One that is made up is refused without the store: its seal is wrong. One that was ours and
    is over is looked for once, for it never comes back; so whatever is shown without a right
    to it costs the store nothing, and keeps nobody else waiting.
    """

    def __init__(self) -> None:
        self._over: dict[str, None] = {}

    async def find(self, engine: relevo.Engine, text: str) -> relevo.TicketRecord | None:
        """Give the ticket that a text is; None: it opens nothing.

        Raises:
            EngineError: The store cannot tell.
        """
        if not is_sealed(text, engine.seal):
            return None
        digest = ticket_digest(text)
        if digest in self._over:
            return None
        found = await engine.ticket(digest)
        if found is None:
            self._over[digest] = None
            while len(self._over) > _MOST_OVER:
                del self._over[next(iter(self._over))]
        return found
