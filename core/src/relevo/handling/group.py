"""All handlers and sinks of one process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import anyio

from relevo.dispatch import Dispatcher
from relevo.errors import ConfigurationError
from relevo.handlers import EventReader
from relevo.handling.context import HandlerContext
from relevo.handling.reading import ReaderRun
from relevo.handling.terms import HandledLog, HandlingTerms
from relevo.store_watch import StoreWatch


class Handling:
    """Hand events to every handler, each apart from the others.

    Args:
        engine: Whose log is read.
        readers: Handlers and sinks.
        worker: Our name among machines that share the store.
        terms: The numbers.
        dispatcher: What those send with that want a context.
        store_watch: Hears that they wait for the store.

    Raises:
        ConfigurationError: Two have one name, and would share one cursor; or one wants a
            context and there is no dispatcher.
    """

    def __init__(
        self,
        engine: HandledLog,
        readers: Sequence[EventReader],
        *,
        worker: str,
        terms: HandlingTerms | None = None,
        dispatcher: Dispatcher | None = None,
        store_watch: StoreWatch | None = None,
    ) -> None:
        twice = sorted(name for name, n in Counter(one.name for one in readers).items() if n > 1)
        if twice:
            msg = f"Two event handlers are named {twice[0]!r}; a name is one cursor. Rename one."
            raise ConfigurationError(msg)
        self.names = tuple(one.name for one in readers)
        ours = terms or HandlingTerms()
        self._runs = [
            ReaderRun(
                engine,
                one,
                worker=worker,
                terms=ours,
                context=_context_of(one, dispatcher),
                store_watch=store_watch,
            )
            for one in readers
        ]

    async def begin(self) -> None:
        """Make the cursors that are new, so that nothing that happens from now on is missed.

        Raises:
            EngineError: The store cannot be read or written.
        """
        for run in self._runs:
            await run.begin()

    async def run(self) -> None:
        """Work until drained or cancelled."""
        async with anyio.create_task_group() as tasks:
            for run in self._runs:
                tasks.start_soon(run.run)

    def drain(self) -> None:
        """Finish what handlers have in their hands, commit, and let the cursors go."""
        for run in self._runs:
            run.drain()


def _context_of(reader: EventReader, dispatcher: Dispatcher | None) -> HandlerContext | None:
    """Make what a handler is told about where it runs; None: it does not ask."""
    if not reader.wants_context:
        return None
    if dispatcher is None:
        msg = f"Event handler {reader.name!r} wants a context, and nothing can be sent here."
        raise ConfigurationError(msg)
    return HandlerContext(reader.name, dispatcher)
