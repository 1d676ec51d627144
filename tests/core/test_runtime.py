"""Opening and closing the whole."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from pydantic import BaseModel

import relevo
from relevo.runtime import DRAIN_S

pytestmark = pytest.mark.anyio


class Config(BaseModel):
    """Nothing to configure."""


class Silent(relevo.Provider[Config]):
    """Take everything."""

    name = "silent"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))


ACCOUNTS = {"shop": {"provider": "silent"}}


async def test_an_error_inside_the_block_comes_out_as_itself() -> None:
    """Not as a group around it: callers catch what they would catch anywhere."""
    with pytest.raises(relevo.InvalidAddress):
        async with relevo.open(accounts=ACCOUNTS, providers=[Silent]) as dispatcher:
            await dispatcher.send(relevo.Message(to="nobody", text="hola"))


async def test_cancelling_the_block_ends_it_without_waiting_for_a_drain() -> None:
    began = anyio.current_time()
    with anyio.move_on_after(0.05) as scope:
        async with relevo.open(accounts=ACCOUNTS, providers=[Silent]):
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert anyio.current_time() - began < DRAIN_S / 2


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("oracle://x", "No engine 'oracle'"),
        ("memory://here", "has no address"),
        ("sqlite://relevo.db", "sqlite:///relevo.db"),
        ("sqlite:///", "sqlite:///relevo.db"),
    ],
)
async def test_an_engine_nobody_knows_is_a_clear_error(engine: str, words: str) -> None:
    with pytest.raises(relevo.ConfigurationError, match=words):
        async with relevo.open(accounts=ACCOUNTS, providers=[Silent], engine=engine):
            pytest.fail("it opened")


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_sqlite_on_trio_says_what_to_use_instead(tmp_path: Path) -> None:
    with pytest.raises(relevo.ConfigurationError, match="memory engine"):
        async with relevo.open(
            accounts=ACCOUNTS, providers=[Silent], engine=f"sqlite:///{tmp_path / 'a.db'}"
        ):
            pytest.fail("it opened")


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_message_waits_in_the_file_for_the_next_process(tmp_path: Path) -> None:
    engine = f"sqlite:///{tmp_path / 'relevo.db'}"
    message = relevo.Message(to="541130946950", text="hola", account="shop")
    async with relevo.open_engine(engine) as store:
        await store.accept(message, provider="silent", lane_key="tel:541130946950")
    async with relevo.open(accounts=ACCOUNTS, providers=[Silent], engine=engine) as dispatcher:
        async for event in dispatcher.events(after=0):
            if event.data["status"] == "accepted":
                break
    assert event.subject == str(message.message_id)
