"""Fill a store with messages before anybody hands them over."""

from __future__ import annotations

import anyio
from tests.crash.ground import Ground

import relevo

_AT_ONCE = 40
_FIRST_PERSON = 15_550_100_000


async def fill(ground: Ground, people: int, each: int) -> None:
    """Keep numbered messages to so many people; for PostgreSQL, which several may open."""
    settings = relevo.load_settings(ground.config)
    limit = anyio.CapacityLimiter(_AT_ONCE)

    async def write_to(person: int, runtime: relevo.Runtime) -> None:
        for number in range(1, each + 1):
            message = relevo.Message(to=f"+{_FIRST_PERSON + person}", text=str(number))
            async with limit:
                await runtime.dispatcher.submit(message)

    async with (
        relevo.open_runtime(settings, role=relevo.Role.API) as runtime,
        anyio.create_task_group() as tasks,
    ):
        for person in range(people):
            tasks.start_soon(write_to, person, runtime)
