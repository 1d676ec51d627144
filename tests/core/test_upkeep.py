from __future__ import annotations

import pytest
from pydantic import BaseModel

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.engines.records import HealthRecord, Retention
from relevo.events import ErrorDetail
from relevo.testing import FakeClock
from relevo.upkeep import Upkeep

pytestmark = pytest.mark.anyio

REFUSED = ErrorDetail(code="auth_failed", message="The token expired.")


class Config(BaseModel):
    """Nothing to configure."""


class Bare(relevo.Provider[Config]):
    """Cannot be asked how it is."""

    name = "bare"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT})

    def __init__(self) -> None:
        super().__init__("shop", Config(), None)

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))


class Checked(Bare):
    """Say how it is."""

    trouble: Exception | None = None

    async def health(self) -> None:
        if self.trouble is not None:
            raise self.trouble


async def wake(provider: Bare, engine: MemoryEngine) -> list[str]:
    await engine.pause("shop", REFUSED)
    accounts = {"shop": Account("shop", provider)}
    return await Upkeep(engine, accounts, Retention()).wake_accounts()


async def test_paused_account_goes_on_once_its_provider_is_well() -> None:
    async with MemoryEngine(FakeClock()) as engine:
        assert await wake(Checked(), engine) == ["shop"]
        assert (await engine.account_states())["shop"].paused_at is None


async def test_answer_that_let_an_account_go_on_is_kept() -> None:
    """What was said before the pause is older than what ended it."""
    clock = FakeClock()
    async with MemoryEngine(clock) as engine:
        await engine.note_health("shop", HealthRecord(can_send=True, facts={"quality": "low"}))
        clock.advance(60)
        await wake(Checked(), engine)
        health = (await engine.account_states())["shop"].health
        assert health is not None
        assert (health.asked_at, health.can_send, health.facts) == (clock(), True, {})


@pytest.mark.parametrize(
    "trouble", [relevo.AuthFailed("no"), relevo.Unavailable("away"), RuntimeError("broken")]
)
async def test_paused_account_stays_so_while_its_provider_is_not_well(trouble: Exception) -> None:
    provider = Checked()
    provider.trouble = trouble
    async with MemoryEngine(FakeClock()) as engine:
        assert await wake(provider, engine) == []
        assert (await engine.account_states())["shop"].paused_at is not None


async def test_account_that_a_person_paused_waits_for_a_person() -> None:
    async with MemoryEngine(FakeClock()) as engine:
        accounts = relevo.Accounts([Account("shop", Checked())])
        await relevo.Dispatcher(accounts, engine).pause("shop", "We look at it.")
        assert await Upkeep(engine, accounts, Retention()).wake_accounts() == []
        assert (await engine.account_states())["shop"].paused_at is not None


async def test_account_whose_provider_cannot_be_asked_waits_for_a_person() -> None:
    async with MemoryEngine(FakeClock()) as engine:
        assert await wake(Bare(), engine) == []


async def test_account_of_another_machine_is_left_alone() -> None:
    async with MemoryEngine(FakeClock()) as engine:
        await engine.pause("elsewhere", REFUSED)
        assert await Upkeep(engine, {}, Retention()).wake_accounts() == []


async def test_tidying_goes_on_until_nothing_is_left_to_remove() -> None:
    clock = FakeClock()
    async with MemoryEngine(clock) as engine:
        for number in range(600):
            message = relevo.Message(to=f"54911{number:06}", text="hola", account="shop")
            await engine.accept(message, provider="bare", lane_key=f"tel:{number}")
        clock.advance(3600)
        purged = await Upkeep(engine, {}, Retention(events_s=60)).tidy()
        assert purged.events == 600
        assert (await engine.pulse()).floor == 600
