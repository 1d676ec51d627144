"""Many messages at once: those of one lane one after another, lanes side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import anyio

from relevo.engines.records import Accepted
from relevo.errors import EngineError, EngineUnavailable
from relevo.messages import Message

SIDE_BY_SIDE = 256
"""As many lanes as one commit of an engine holds."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One message of many, and the key that makes a repeat of it harmless."""

    message: Message
    idempotency_key: str | None = field(default=None, repr=False)


Kept = Accepted | Exception
"""What came of one of many messages: it is kept, or why it is not."""


class Batch:
    """Accept many messages, each by itself: one that is refused stops no other.

    Args:
        submissions: In the order in which messages to one person shall leave.
        accept: Keeps one.
        lane_of: Tells account and lane of a message; may raise what `accept` would.
        look: Raises if the store cannot be used.
    """

    def __init__(
        self,
        submissions: Sequence[Submission],
        *,
        accept: Callable[[Submission], Awaitable[Accepted]],
        lane_of: Callable[[Message], tuple[str, str]],
        look: Callable[[], Awaitable[object]],
    ) -> None:
        self._submissions = submissions
        self._accept = accept
        self._look = look
        self._behind = _predecessors(submissions, lane_of)
        self._done = [anyio.Event() for _ in submissions]
        self._kept: list[Kept] = [_not_begun() for _ in submissions]
        self._slots = anyio.Semaphore(SIDE_BY_SIDE)
        self._looking = anyio.Lock()
        self._away = False

    async def run(self) -> list[Kept]:
        """Accept all; give what came of each, in their order."""
        async with anyio.create_task_group() as tasks:
            for index in range(len(self._submissions)):
                tasks.start_soon(self._take_turn, index)
        return self._kept

    async def _take_turn(self, index: int) -> None:
        for before in self._behind[index]:
            await self._done[before].wait()
        async with self._slots:
            if not self._away:
                self._kept[index] = await self._try(self._submissions[index])
        self._done[index].set()

    async def _try(self, submission: Submission) -> Kept:
        try:
            return await self._accept(submission)
        except EngineUnavailable as error:
            await self._look_at_store()
            return error
        except Exception as error:  # noqa: BLE001 - also a provider's own: it concerns one message
            return error

    async def _look_at_store(self) -> None:
        """Tell one message's trouble from everybody's: a store that is away is asked no more."""
        async with self._looking:
            if self._away:
                return
            try:
                await self._look()
            except EngineError:
                self._away = True


def _predecessors(
    submissions: Sequence[Submission], lane_of: Callable[[Message], tuple[str, str]]
) -> list[frozenset[int]]:
    """Tell whom each has to wait for: the one before it in its lane, and of its key."""
    last: dict[tuple[str, ...], int] = {}
    behind: list[frozenset[int]] = []
    for index, one in enumerate(submissions):
        names = _names(one, lane_of)
        behind.append(frozenset(last[name] for name in names if name in last))
        last.update(dict.fromkeys(names, index))
    return behind


def _names(
    submission: Submission, lane_of: Callable[[Message], tuple[str, str]]
) -> list[tuple[str, ...]]:
    try:
        account, lane_key = lane_of(submission.message)
    except Exception:  # noqa: BLE001 - whatever it is, accepting it will say so
        return []
    names: list[tuple[str, ...]] = [("lane", account, lane_key)]
    if submission.idempotency_key is not None:
        names.append(("key", account, submission.idempotency_key))
    return names


def _not_begun() -> EngineUnavailable:
    msg = (
        "The store went away before this message's turn came; nothing of it was kept. Send it "
        "again when the store is back."
    )
    return EngineUnavailable(msg)
