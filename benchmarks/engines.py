#!/usr/bin/env python3
"""Measure an engine: accept, claim and complete, with a small and a large backlog.

    uv run benchmarks/engines.py sqlite
    uv run benchmarks/engines.py postgresql://postgres@127.0.0.1:5432/test?search_path=bench

Prints what one message costs beside each backlog, and the ratio between them.
Timings of different runs or machines do not compare; ratios within one run do.
The PostgreSQL schema named by `search_path` is made for the run and dropped after it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from backlog import fill_postgres, fill_sqlite

import relevo
from relevo.engines.port import Engine
from relevo.engines.records import Claim, Completion
from relevo.middleware import EventDraft
from relevo.terms import AccountTerms

ACCOUNT = "shop"
TERMS = {ACCOUNT: AccountTerms()}
SMALL, LARGE = 1_000, 1_000_000
_CALLERS = 200
_SLOTS = 32


@dataclass(frozen=True)
class Cost:
    """Seconds per message of each step, with one backlog."""

    backlog: int
    accept_s: float
    hand_over_s: float
    resident_mib: float

    @property
    def whole_s(self) -> float:
        """Accept, claim and complete of one message."""
        return self.accept_s + self.hand_over_s


async def main() -> int:
    """Measure and print."""
    arguments = read_arguments()
    costs = []
    for backlog in arguments.backlog:
        async with store(arguments.engine, backlog) as open_engine:
            costs.append(await measure(open_engine, backlog, arguments.messages))
            show(costs[-1])
    if len(costs) > 1:
        first, last = costs[0], costs[-1]
        print(
            f"\n{last.backlog:,} waiting cost {last.whole_s / first.whole_s:.2f} times as much "
            f"per message as {first.backlog:,}; "
            f"memory grew by {last.resident_mib - first.resident_mib:.0f} MiB."
        )
    return 0


async def measure(open_engine: Callable[[], Engine], backlog: int, messages: int) -> Cost:
    """Accept, then hand over, as many callers and slots do."""
    async with open_engine() as engine:
        await spread(engine, messages // 10)
        await hand_over(engine, messages // 10)
        gc.collect()
        gc.freeze()  # as `relevo serve` does once it is up
        began = time.perf_counter()
        await spread(engine, messages)
        accepted = time.perf_counter()
        done = await hand_over(engine, messages)
        ended = time.perf_counter()
    return Cost(
        backlog,
        (accepted - began) / messages,
        (ended - accepted) / done,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


async def spread(engine: Engine, messages: int) -> None:
    """Accept messages to many people, from many callers at once."""
    numbers = iter(range(messages))

    async def accept() -> None:
        for number in numbers:
            person = f"54911{time.perf_counter_ns() % 10**6:06}{number % 1000:03}"
            message = relevo.Message(account=ACCOUNT, to=person, text="Your order is on its way.")
            await engine.accept(message, provider="bench", lane_key=f"tel:{person}")

    await together([accept] * _CALLERS)


async def hand_over(engine: Engine, messages: int) -> int:
    """Claim and complete as a worker does whose provider answers at once; give how many."""
    done = 0
    while done < messages:
        claims = await engine.claim("bench", limit=_SLOTS, lease_s=60, terms=TERMS)
        if not claims:
            await engine.wait_for_work(0.1, TERMS)
            continue
        await together([partial(engine.complete, [accepted(claim)]) for claim in claims])
        done += len(claims)
    return done


def accepted(claim: Claim) -> Completion:
    """Say that the provider took it, as the bundled layers do."""
    provider_message_id = f"bench.{claim.message.message_id}.{claim.attempt}"
    told = EventDraft(relevo.EventType.OUTBOUND, {"attempt": claim.attempt, "phase": "answered"})
    return Completion(
        claim=claim,
        status=relevo.DeliveryStatus.ACCEPTED,
        phase=relevo.Phase.ANSWERED,
        receipt=relevo.Receipt(provider_message_id, {"messages": [{"id": provider_message_id}]}),
        detail={"took_ms": 12.5, "http_status": 200},
        events=(told,),
    )


async def together(calls: Sequence[Callable[[], Awaitable[object]]]) -> None:
    """Run all at once."""
    async with asyncio.TaskGroup() as tasks:
        for call in calls:
            tasks.create_task(_await(call))


async def _await(call: Callable[[], Awaitable[object]]) -> None:
    await call()


@asynccontextmanager
async def store(address: str, backlog: int) -> AsyncIterator[Callable[[], Engine]]:
    """Make a store with so many messages waiting; forget it afterwards."""
    if address == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "relevo.db"
            where = f"sqlite:///{path}"
            async with relevo.open_engine(where):
                pass
            print(f"filling SQLite with {backlog:,} ...", file=sys.stderr, flush=True)
            fill_sqlite(path, ACCOUNT, backlog)
            yield lambda: relevo.open_engine(where)
        return
    schema = parse_qs(urlsplit(address).query).get("search_path", [""])[0]
    if not schema:
        sys.exit("Name a schema of its own: postgresql://.../database?search_path=bench")
    import asyncpg  # noqa: PLC0415 - not needed for SQLite

    connection = await asyncpg.connect(address)
    try:
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        await connection.execute(f'CREATE SCHEMA "{schema}"')
        async with relevo.open_engine(address):
            pass
        print(f"filling PostgreSQL with {backlog:,} ...", file=sys.stderr, flush=True)
        await fill_postgres(connection, ACCOUNT, backlog)
        yield lambda: relevo.open_engine(address)
    finally:
        await connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')
        await connection.close()


def show(cost: Cost) -> None:
    """Print one backlog's line."""
    print(
        f"{cost.backlog:>10,} waiting: accept {1 / cost.accept_s:>8,.0f}/s   "
        f"claim+complete {1 / cost.hand_over_s:>8,.0f}/s   "
        f"all three {1 / cost.whole_s:>8,.0f}/s   resident {cost.resident_mib:,.0f} MiB",
        flush=True,
    )


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("engine", help="sqlite, or postgresql://...?search_path=NAME")
    parser.add_argument("--backlog", type=int, nargs="+", default=[SMALL, LARGE])
    parser.add_argument("--messages", type=int, default=5_000, help="measured per backlog")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
