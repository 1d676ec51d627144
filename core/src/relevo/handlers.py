"""What an application gives to be handed events: one by one, or many at a time."""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from relevo.engines.records import Begin, EventQuery
from relevo.errors import ConfigurationError
from relevo.events import Event, EventType

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
MOST = 100


@dataclass(frozen=True, kw_only=True)
class EventReader(ABC):
    """What handlers and sinks have alike; the name is that of their durable cursor.

    Args:
        name: Lower case letters, digits, dots, hyphens and underscores. A reader
            with another name is another reader.
        types: Only these; none: all. A `messaging.gap` is handed to everybody.
        accounts: Only events about these; none: all.
        begin: Where it begins when its name is new.
        timeout_s: How long one call may take before it counts as failed; None: any time.

    Raises:
        ConfigurationError: The name cannot be used, there is no such type of event or
            place to begin, or a number is out of range.
    """

    name: str
    types: Collection[EventType] = ()
    accounts: Collection[str] = ()
    begin: Begin = Begin.HEAD
    timeout_s: float | None = 60

    def __post_init__(self) -> None:
        """Check what can be checked before anything happens."""
        if not _NAME.fullmatch(self.name):
            msg = (
                f"{self.name!r} is no name for an event handler: write lower case letters, "
                "digits, dots, hyphens and underscores, 100 at most."
            )
            raise ConfigurationError(msg)
        if isinstance(self.types, str) or isinstance(self.accounts, str):
            msg = f"Event handler {self.name!r}: give types and accounts as lists."
            raise ConfigurationError(msg)
        unknown = [str(one) for one in self.types if one not in tuple(EventType)]
        if unknown or self.begin not in tuple(Begin):
            words = ", ".join([*unknown, *([] if self.begin in tuple(Begin) else [self.begin])])
            msg = (
                f"Event handler {self.name!r}: {words} is nothing Relevo knows. "
                "Use relevo.EventType for types and relevo.Begin for begin."
            )
            raise ConfigurationError(msg)
        if self.timeout_s is not None and not self.timeout_s > 0:
            msg = f"Event handler {self.name!r}: timeout_s has to be more than 0, or None."
            raise ConfigurationError(msg)

    @property
    def query(self) -> EventQuery:
        """The filter, as the log is asked."""
        types = frozenset(EventType(one) for one in self.types)
        return EventQuery(types=types, accounts=frozenset(self.accounts))

    @property
    @abstractmethod
    def at_once(self) -> int:
        """How many events one call takes at most."""

    @abstractmethod
    async def hand(self, events: Sequence[Event]) -> None:
        """Call what the application gave."""


@dataclass(frozen=True, kw_only=True)
class EventHandler(EventReader):
    """Be handed events one by one, in order, each at least once.

    `handle` is an async function of one event. When it returns, the event is
    done; when it raises, the same event comes again after a while, before any other.
    """

    handle: Callable[[Event], Awaitable[object]]

    @property
    def at_once(self) -> int:
        """One."""
        return 1

    async def hand(self, events: Sequence[Event]) -> None:
        """Hand each over."""
        for event in events:
            await _awaited(self.name, self.handle(event))


@dataclass(frozen=True, kw_only=True)
class EventSink(EventReader):
    """Be handed events many at a time, in order, each at least once.

    `write` is an async function of a list of up to `most` events, as many as
    there are. When it raises, the same list comes again after a while.
    """

    write: Callable[[Sequence[Event]], Awaitable[object]]
    most: int = MOST

    def __post_init__(self) -> None:
        """Check also how many."""
        super().__post_init__()
        if self.most < 1:
            msg = f"Event sink {self.name!r}: most has to be at least 1."
            raise ConfigurationError(msg)

    @property
    def at_once(self) -> int:
        """As many as it wants."""
        return self.most

    async def hand(self, events: Sequence[Event]) -> None:
        """Hand all over in one call."""
        await _awaited(self.name, self.write(events))


async def _awaited(name: str, called: object) -> None:
    if not inspect.isawaitable(called):
        msg = f"Event handler {name!r} is not async: write `async def`."
        raise TypeError(msg)
    await called
