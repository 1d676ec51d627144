"""Accounts are asked how they are, in turns, and one that fails harms no other."""

from __future__ import annotations

import logging
from collections.abc import Callable

import anyio
import pytest
from pydantic import BaseModel

import relevo
from relevo import watching
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.testing import FakeClock
from relevo.watching import AccountWatch

pytestmark = pytest.mark.anyio

RED = relevo.AccountHealth({"quality": "RED"}, ("Its quality is low.",))


class Config(BaseModel):
    """Nothing to configure."""


class Bare(relevo.Provider[Config]):
    """Cannot be asked how it is."""

    name = "bare"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT})

    def __init__(self) -> None:
        super().__init__("shop", Config(), None)
        self.learned = 0

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    async def refresh_templates(self) -> None:
        self.learned += 1


class Asked(Bare):
    """Says what it was told to say."""

    says: relevo.AccountHealth | Exception | None = None

    async def health(self) -> relevo.AccountHealth | None:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def watch_of(engine: MemoryEngine, *, every_s: float = 900, **providers: Bare) -> AccountWatch:
    accounts = {name: Account(name, provider) for name, provider in providers.items()}
    return AccountWatch(engine, accounts, every_s=every_s)


async def soon(is_so: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not is_so():
            await anyio.sleep(0.001)


async def test_answer_is_kept_and_its_change_told() -> None:
    provider = Asked()
    async with MemoryEngine(FakeClock()) as engine:
        watch = watch_of(engine, shop=provider)
        await watch.ask("shop")
        provider.says = RED
        await watch.ask("shop")
        health = (await engine.account_states())["shop"].health
        (event,) = await engine.events(0)
    assert health is not None
    assert (health.can_send, health.facts, health.problems) == (True, RED.facts, RED.problems)
    assert (event.data["kind"], event.data["after"]) == ("health", {"quality": "RED"})


async def test_refusal_keeps_the_facts_that_were_known() -> None:
    provider = Asked()
    provider.says = RED
    async with MemoryEngine(FakeClock()) as engine:
        watch = watch_of(engine, shop=provider)
        await watch.ask("shop")
        provider.says = relevo.AuthFailed("The token expired.")
        await watch.ask("shop")
        health = (await engine.account_states())["shop"].health
    assert health is not None
    assert (health.can_send, health.facts) == (False, RED.facts)
    assert health.problems == ("The token expired.",)


@pytest.mark.parametrize("trouble", [relevo.Unavailable("away"), RuntimeError("canary")])
async def test_no_answer_changes_nothing_and_harms_no_other(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    broken, well = Asked(), Asked()
    broken.says, well.says = trouble, RED
    async with MemoryEngine(FakeClock()) as engine:
        watch = watch_of(engine, shop=broken, clinic=well, bare=Bare())
        with caplog.at_level(logging.INFO):
            assert await watch.ask_all(gap_s=0) == ["shop", "clinic"]
        states = await engine.account_states()
    assert states["clinic"].health is not None
    assert states["clinic"].health.problems == RED.problems
    assert states["shop"].health is not None
    assert states["shop"].health.asked_at is None
    assert "canary" not in caplog.text
    assert "'shop'" in caplog.text


async def test_of_several_watches_one_asks() -> None:
    async with MemoryEngine(FakeClock()) as engine:
        first, second = watch_of(engine, shop=Asked()), watch_of(engine, shop=Asked())
        assert await first.ask_all(gap_s=60) == ["shop"]
        assert await second.ask_all(gap_s=60) == []


@pytest.mark.parametrize(("every_s", "asks"), [(900, True), (0, False)])
async def test_start_asks_at_once_unless_it_is_switched_off(every_s: float, *, asks: bool) -> None:
    provider = Asked()
    seen = anyio.Event()

    class Noting(Asked):
        async def health(self) -> relevo.AccountHealth | None:
            seen.set()
            return None

    async with MemoryEngine(FakeClock()) as engine, anyio.create_task_group() as tasks:
        tasks.start_soon(watch_of(engine, every_s=every_s, shop=Noting()).run)
        with anyio.move_on_after(5 if asks else 0.05):
            await seen.wait()
        tasks.cancel_scope.cancel()
    assert seen.is_set() is asks
    assert provider.learned == 0


async def test_every_provider_learns_its_templates_though_one_breaks() -> None:
    class Broken(Bare):
        async def refresh_templates(self) -> None:
            msg = "broken"
            raise RuntimeError(msg)

    well = Bare()
    async with MemoryEngine(FakeClock()) as engine, anyio.create_task_group() as tasks:
        tasks.start_soon(watch_of(engine, shop=Broken(), clinic=well).keep_templates)
        await soon(lambda: well.learned == 1)
        tasks.cancel_scope.cancel()


async def test_connection_cut_while_asking_leaves_nothing_in_doubt() -> None:
    """A question changes nothing: it was not answered, and that is all."""
    provider = Asked()
    provider.says = relevo.OutcomeUnknown("cut after the request was written")
    async with MemoryEngine(FakeClock()) as engine:
        watch = watch_of(engine, shop=provider)
        with pytest.raises(relevo.Unavailable, match="could not be asked how it is"):
            await watch.ask("shop")
        assert (await engine.account_states()).get("shop", relevo.AccountState()).health is None


async def test_account_is_asked_anew_soon_after_its_resume(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said before it was mended must not stand until the next round."""
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.001)
    provider, other = Asked(), Asked()
    provider.says = relevo.AuthFailed("The token expired.")
    other.says = RED
    async with MemoryEngine(FakeClock()) as engine, anyio.create_task_group() as tasks:
        watch = watch_of(engine, shop=provider, clinic=other)
        await watch.ask_all(gap_s=0)
        assert await watch.ask_dropped() == []
        await engine.pause("shop", relevo.ErrorDetail(code="auth_failed", message="It is locked."))
        provider.says = None
        tasks.start_soon(watch.run)
        await engine.resume("shop", why="by_hand")

        with anyio.fail_after(30):
            while True:
                health = (await engine.account_states())["shop"].health
                if health is not None and health.asked_at is not None:
                    break
                await anyio.sleep(0.001)
        tasks.cancel_scope.cancel()
    assert health is not None
    assert (health.can_send, health.problems) == (True, ())
