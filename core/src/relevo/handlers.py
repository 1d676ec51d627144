"""What an application gives to be handed events: one by one, or many at a time."""

from __future__ import annotations

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from relevo.engines.records import Begin, EventQuery
from relevo.errors import ConfigurationError
from relevo.events import Event, EventType

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_CONTEXT = "context"
MOST = 100


class HandleInContext(Protocol):
    """An async function of one event that also wants to know where it runs."""

    def __call__(self, event: Event, *, context: Any) -> Awaitable[object]:
        """Take one event; `context` is a `HandlerContext`."""
        ...


class WriteInContext(Protocol):
    """An async function of many events that also wants to know where it runs."""

    def __call__(self, events: Sequence[Event], *, context: Any) -> Awaitable[object]:
        """Take events; `context` is a `HandlerContext`."""
        ...


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

    @property
    @abstractmethod
    def calls(self) -> Callable[..., object]:
        """What the application gave."""

    @cached_property
    def wants_context(self) -> bool:
        """Whether the function has a parameter named `context`, and so is told where it runs."""
        try:
            return _CONTEXT in inspect.signature(self.calls).parameters
        except (TypeError, ValueError):  # some callables tell nobody what they take
            return False

    @abstractmethod
    async def hand(self, events: Sequence[Event], context: object = None) -> None:
        """Call what the application gave.

        Args:
            events: As many as one call takes, or more.
            context: Given to a function that wants it.
        """

    async def _call(self, given: object, context: object) -> None:
        told = {_CONTEXT: context} if self.wants_context else {}
        called = self.calls(given, **told)
        if not inspect.isawaitable(called):
            msg = f"Event handler {self.name!r} is not async: write `async def`."
            raise TypeError(msg)
        await called


@dataclass(frozen=True, kw_only=True)
class EventHandler(EventReader):
    """Be handed events one by one, in order, each at least once.

    `handle` is an async function of one event, and of a `context` if it has a parameter
    named so. When it returns, the event is done; when it raises, the same event comes
    again after a while, before any other.
    """

    handle: Callable[[Event], Awaitable[object]] | HandleInContext

    @property
    def calls(self) -> Callable[..., object]:
        """The function."""
        return self.handle

    @property
    def at_once(self) -> int:
        """One."""
        return 1

    async def hand(self, events: Sequence[Event], context: object = None) -> None:
        """Hand each over."""
        for event in events:
            await self._call(event, context)


@dataclass(frozen=True, kw_only=True)
class EventSink(EventReader):
    """Be handed events many at a time, in order, each at least once.

    `write` is an async function of a list of up to `most` events, as many as
    there are, and of a `context` if it has a parameter named so. When it raises,
    the same list comes again after a while.
    """

    write: Callable[[Sequence[Event]], Awaitable[object]] | WriteInContext
    most: int = MOST

    def __post_init__(self) -> None:
        """Check also how many."""
        super().__post_init__()
        if self.most < 1:
            msg = f"Event sink {self.name!r}: most has to be at least 1."
            raise ConfigurationError(msg)

    @property
    def calls(self) -> Callable[..., object]:
        """The function."""
        return self.write

    @property
    def at_once(self) -> int:
        """As many as it wants."""
        return self.most

    async def hand(self, events: Sequence[Event], context: object = None) -> None:
        """Hand all over in one call."""
        await self._call(events, context)
