"""Senders that never give up: each message is posted with one key until it is acknowledged."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import anyio
import httpx

_TRIED_AGAIN = frozenset({429, 500, 502, 503, 504})
_FIRST_PERSON = 15_550_100_000
_PAUSE_AFTER_FAULT_S = 0.05
_ANSWER_WITHIN_S = 10.0


class Acknowledged(NamedTuple):
    """A message that the server said it keeps."""

    message_id: UUID
    person: str
    number: int


@dataclass
class Senders:
    """One sender a person, each with its own numbered texts.

    Args:
        url: The API.
        count: People.
        every_s: The mean pause between one person's messages.
        chance: Where pauses are drawn from.
    """

    url: str
    count: int
    every_s: float
    chance: random.Random
    acknowledged: list[Acknowledged] = field(default_factory=list)
    again: int = 0
    """Requests that got no answer, or a fault, and were made again."""
    stopping: anyio.Event = field(default_factory=anyio.Event)
    stopped: anyio.Event = field(default_factory=anyio.Event)

    @property
    def people(self) -> list[str]:
        """Whom they write to."""
        return [str(_FIRST_PERSON + number) for number in range(self.count)]

    async def run(self) -> None:
        """Send until told to stop; what was begun is acknowledged before this returns."""
        async with (
            httpx.AsyncClient(
                base_url=self.url,
                trust_env=False,
                verify=False,  # noqa: S501 - loopback without TLS
                timeout=_ANSWER_WITHIN_S,
            ) as client,
            anyio.create_task_group() as tasks,
        ):
            for person in self.people:
                chance = random.Random(self.chance.random())  # noqa: S311 - repeatable
                tasks.start_soon(self._write_to, client, person, chance)
        self.stopped.set()

    def stop(self) -> None:
        """Begin no further message."""
        self.stopping.set()

    async def _write_to(
        self, client: httpx.AsyncClient, person: str, chance: random.Random
    ) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            message_id = await self._until_acknowledged(client, person, number)
            self.acknowledged.append(Acknowledged(message_id, person, number))
            with anyio.move_on_after(chance.uniform(0, 2 * self.every_s)):
                await self.stopping.wait()

    async def _until_acknowledged(
        self, client: httpx.AsyncClient, person: str, number: int
    ) -> UUID:
        body = {"to": f"+{person}", "text": str(number)}
        key = {"Idempotency-Key": f"{person}-{number}"}
        while True:
            try:
                answer = await client.post("/messages", json=body, headers=key)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.is_success:
                return UUID(answer.json()["id"])
            if answer is not None and answer.status_code not in _TRIED_AGAIN:
                msg = f"HTTP {answer.status_code}: {answer.text}"
                raise AssertionError(msg)
            self.again += 1
            await anyio.sleep(_PAUSE_AFTER_FAULT_S)
