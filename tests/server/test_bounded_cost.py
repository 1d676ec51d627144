"""What anybody may ask, right or wrong, as often as they like: it costs the store next to nothing.

And whoever has a right to ask never waits for those who have none.
"""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import anyio
import pytest

import relevo
from relevo.keys import make_key
from relevo_server.access.key_ring import KeyRing
from relevo_server.fresh import STANDING_S, Fresh

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
READY = "/health/ready"
PAGE = {"accept": "application/json"}


class Asked:
    """A store that counts what it is asked, and fails or hangs as it is told."""

    def __init__(self, engine: relevo.Engine) -> None:
        self._engine = engine
        self.asked: Counter[str] = Counter()
        self.gate: anyio.Event | None = None
        self.away = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._engine, name)
        if name not in {"pulse", "quarantined", "cursors", "keys", "ticket"}:
            return found

        async def counted(*args: Any, **more: Any) -> Any:
            self.asked[name] += 1
            if self.gate is not None:
                await self.gate.wait()
            if self.away:
                msg = "The store is away."
                raise relevo.EngineUnavailable(msg)
            return await found(*args, **more)

        return counted


class Seconds:
    """Counts as it is told."""

    s = 1_000.0

    def __call__(self) -> float:
        return self.s


async def _many(call: Any, times: int = 20) -> list[Any]:
    answers: list[Any] = []

    async def one() -> None:
        answers.append(await call())

    async with anyio.create_task_group() as tasks:
        for _ in range(times):
            tasks.start_soon(one)
    return answers


def _counting(app: Any) -> tuple[Any, Asked]:
    """Put a counting store before the application's own."""
    context = app.state["relevo_server"]
    asked = Asked(context.engine)
    object.__setattr__(context.runtime, "engine", asked)
    return context, asked


async def test_readiness_is_read_once_a_second_however_many_ask(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    """With a key and without; an answer of another's accounts is nobody else's."""
    app = make_app()
    async with in_process(app) as client:
        full, own = await give_key(app), await give_key(app, accounts=["shop"])
        context, asked = _counting(app)
        seconds = Seconds()
        context.standing = Fresh(elapsed=seconds)
        nobody: dict[str, str] = {}
        for headers in (full, own, nobody):
            answers = await _many(lambda headers=headers: client.get(READY, headers=headers))
            assert {one.status_code for one in answers} == {200}
        assert asked.asked["pulse"] == 3
        seconds.s += STANDING_S
        await client.get(READY, headers=full)
        assert asked.asked["pulse"] == 4


async def test_store_that_fails_is_asked_once_by_all_who_wait_and_anew_by_the_next(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        _, asked = _counting(app)
        asked.gate, asked.away = anyio.Event(), True
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                refused(await client.get(READY), 503, "engine_unavailable")

            for _ in range(10):
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            asked.gate.set()
        assert asked.asked["pulse"] == 1
        asked.away = False
        assert (await client.get(READY)).status_code == 200


async def test_asker_who_leaves_takes_nobody_along() -> None:
    """Who began to ask and was cut off leaves it to the next."""
    fresh: Fresh[None, int] = Fresh()
    begun, tries = anyio.Event(), 0

    async def ask() -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            begun.set()
            await anyio.sleep_forever()
        return tries

    leaving = anyio.CancelScope()

    async def leave() -> None:
        with leaving:
            await fresh.get(None, ask)

    async def stay() -> None:
        with anyio.fail_after(30):
            assert await fresh.get(None, ask) == 2

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(leave)
        await begun.wait()
        tasks.start_soon(stay)
        await anyio.wait_all_tasks_blocked()
        leaving.cancel()


async def test_made_up_tickets_never_reach_the_store(
    make_app: Any, in_process: Any, give_key: Any, refused: Any
) -> None:
    """Those of this server are looked for, and one that is over is so only once."""
    app = make_app()
    async with in_process(app) as client:
        key = await give_key(app)
        made = (await client.post(f"{API}/events/tickets", json={}, headers=key)).json()
        context, asked = _counting(app)
        for _ in range(20):
            shown = {"ticket": f"rlt_{secrets.token_urlsafe(32)}"}
            refused(await client.get(f"{API}/events", params=shown), 401, "invalid_ticket")
        assert asked.asked["ticket"] == 0
        assert (await client.get(made["url"], headers=PAGE)).status_code == 200
        assert asked.asked["ticket"] == 1
        context.engine._engine._rows.tickets.clear()
        for _ in range(5):
            refused(await client.get(made["url"], headers=PAGE), 401, "invalid_ticket")
        assert asked.asked["ticket"] == 2


async def test_right_key_is_known_among_any_number_of_wrong_ones(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    """Wrong ones have no rate that could be used up for others behind the same address."""
    app = make_app()
    async with in_process(app) as client:
        right = await give_key(app)
        _, asked = _counting(app)
        context = app.state["relevo_server"]
        context.keys.begin(context.engine)
        for _ in range(30):
            secret, _ = make_key(name="x", scopes=[relevo.Scope.READ], now=datetime.now(UTC))
            wrong = {"authorization": f"Bearer {secret.get_secret_value()}"}
            assert (await client.get(f"{API}/accounts", headers=wrong)).status_code == 401
            assert (await client.get(f"{API}/accounts", headers=right)).status_code == 200
        assert asked.asked["keys"] <= 3


async def test_keys_are_asked_for_once_by_all_who_wait_for_a_store_that_hangs() -> None:
    """One after the other they would each wait for as long as it hangs."""
    async with relevo.open_engine("memory") as engine:
        asked = Asked(engine)
        asked.gate, asked.away = anyio.Event(), True
        ring = KeyRing()
        ring.begin(asked)
        failures = 0

        async def look() -> None:
            nonlocal failures
            with pytest.raises(relevo.EngineUnavailable):
                await ring.look()
            failures += 1

        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(look)
            await anyio.wait_all_tasks_blocked()
            asked.gate.set()
        assert (failures, asked.asked["keys"]) == (10, 1)
        asked.away = False
        await ring.look()


async def test_process_is_alive_at_once_while_the_store_hangs(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    """Else whoever watches over it would end it for the store's sake."""
    app = make_app()
    async with in_process(app) as client:
        await give_key(app)
        context, asked = _counting(app)
        await context.keys.look()
        context.keys.begin(asked)
        context.keys._known = type(context.keys._known)({"x": None})  # as of long ago
        asked.gate = anyio.Event()
        with anyio.fail_after(30):
            assert (await client.get("/health/live")).status_code == 200
