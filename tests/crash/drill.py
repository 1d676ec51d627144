"""One drill from start to verdict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio
from tests.crash.ground import CALM, FAULTS, Ground
from tests.crash.people import Senders
from tests.crash.readers import Reader
from tests.crash.verdict import Verdict, read_store

HEALS_WITHIN_S = 60.0
_HALVES_AT_LEAST = 1

Trouble = Callable[[], Awaitable[None]]
Over = Callable[[dict[str, Any]], bool]


def nothing_waits(standing: dict[str, Any]) -> bool:
    """Whether every message has found its end."""
    return doubts_alone_wait(standing) and not standing["unknown"]


def doubts_alone_wait(standing: dict[str, Any]) -> bool:
    """Whether nothing waits but messages in doubt."""
    return not standing["queued"] and not standing["sending"]


def all_is_read(standing: dict[str, Any]) -> bool:
    """Whether something was made of every webhook."""
    return not standing["pending_webhooks"]


async def drill(
    ground: Ground,
    trouble: Trouble,
    *,
    senders: Senders | None = None,
    over: Over = nothing_waits,
    faults: Sequence[Any] = FAULTS,
    readers: int = 3,
) -> Verdict:
    """Send and read while trouble lasts, let it heal, stop, and give what is true then.

    Args:
        ground: Its processes are started here.
        trouble: What goes wrong; returns when it is over, with processes on their way up.
        senders: Who sends meanwhile.
        over: What the server tells once all is healed.
        faults: What the vendor does wrong meanwhile.
        readers: How many follow the event stream meanwhile.
    """
    senders = senders or ground.senders()
    following = ground.readers(readers)
    await ground.start()
    ground.vendor.behave(**CALM, faults=list(faults), seed=ground.chance.getrandbits(32))
    async with anyio.create_task_group() as reading:
        for reader in following:
            reading.start_soon(reader.run)
        async with anyio.create_task_group() as sending:
            sending.start_soon(senders.run)
            sending.start_soon(ground.let_people_write)
            began = anyio.current_time()
            await trouble()
            # The rule waits for twice as long as our receiver was away.
            heals_within_s = HEALS_WITHIN_S + 3 * (anyio.current_time() - began)
            senders.stop()
            await senders.stopped.wait()
            sending.cancel_scope.cancel()
        ground.vendor.behave(**CALM)
        await ground.until(over, heals_within_s)
        await ground.until_told(HEALS_WITHIN_S)
        await ground.until(all_is_read, HEALS_WITHIN_S, news=False)
        head = int((await ground.standing())["head"])
        await _catch_up(following, head)
        reading.cancel_scope.cancel()
    for name, server in ground.servers.items():
        assert await server.stop() == 0, f"{name} did not end well:\n{ground.logs}"
    verdict = Verdict(
        ground, senders.acknowledged, ground.vendor.taken(), await read_store(ground.engine)
    )
    verdict.check_kept()
    verdict.check_handovers()
    verdict.check_log()
    for reader in following:
        verdict.check_reader(reader, head)
    return verdict


async def _catch_up(readers: Sequence[Reader], head: int) -> None:
    for reader in readers:
        reader.calm = True
    with anyio.fail_after(HEALS_WITHIN_S):
        while any(reader.position < head for reader in readers):
            await anyio.sleep(0.05)
    if readers:
        assert sum(reader.halves for reader in readers) >= _HALVES_AT_LEAST
