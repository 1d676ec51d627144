"""Opening and closing the whole."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import anyio
import pytest
from pydantic import BaseModel

import relevo
from relevo.events import utc_now
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


def variant(**other: object) -> type[relevo.Provider[Config]]:
    return type("Wrong", (Silent,), other)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([Config], "gave the class Config; it has to give subclasses of relevo.Provider"),
        ([variant(core_api=99)], "class Wrong was written for core API 99"),
        ([variant(name="")], "class Wrong has to set 'name'"),
        ([variant(config_type=dict)], "class Wrong has to set 'config_type'"),
        ([variant(send=lambda _: None)], "class Wrong has to write send as 'async def"),
        (
            [variant(capabilities=frozenset({relevo.Capability.BLOCK}))],
            "class Wrong claims 'block' and has no code for it. It has to write block, unblock",
        ),
        ([Silent, variant()], "2 classes are named 'silent'"),
    ],
    ids=["no provider", "another api", "no name", "no config", "send", "claim", "twice"],
)
async def test_provider_given_by_hand_is_checked_as_a_plugins_is(
    given: list[type], words: str
) -> None:
    """Before anything opens, in the words that a plugin's class would be told in."""
    with pytest.raises(relevo.ConfigurationError) as refusal:
        async with relevo.open(accounts=ACCOUNTS, providers=given):
            raise AssertionError
    assert refusal.value.message.startswith("relevo.open(providers=[...])")
    assert words in refusal.value.message


async def test_message_of_a_paused_account_expires_soon_after_its_time() -> None:
    """Nothing claims there, and nobody asks."""
    async with relevo.open(accounts=ACCOUNTS, providers=[Silent]) as dispatcher:
        await dispatcher.pause("shop", "We look at it.")
        ends_at = utc_now() + timedelta(seconds=0.3)
        message = relevo.Message(to="541130946950", text="hola", expires_at=ends_at)
        message_id = await dispatcher.submit(message)
        with anyio.fail_after(30):
            while await status_of(dispatcher, message_id) is not relevo.DeliveryStatus.EXPIRED:
                await anyio.sleep(0.05)


async def status_of(dispatcher: relevo.Dispatcher, message_id: UUID) -> relevo.DeliveryStatus:
    return (await dispatcher.engine.message(message_id)).status


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


async def test_handler_hears_of_a_message_sent_at_once() -> None:
    """A new handler begins before the block does; a stop commits what it was handed."""
    told: list[str] = []
    accepted = anyio.Event()

    async def note(event: relevo.Event) -> None:
        told.append(event.data["status"])
        if told[-1] == "accepted":
            accepted.set()

    handler = relevo.EventHandler(name="crm", handle=note, types=[relevo.EventType.OUTBOUND])
    with anyio.fail_after(DRAIN_S / 2):
        async with relevo.open(
            accounts=ACCOUNTS, providers=[Silent], handlers=[handler]
        ) as dispatcher:
            await dispatcher.send(relevo.Message(to="541130946950", text="hola"))
            await accepted.wait()
    assert told == ["queued", "sending", "accepted"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_handler_goes_on_in_the_next_process(tmp_path: Path) -> None:
    """Where the one before stopped: nothing twice after a graceful stop, nothing left out."""
    engine = f"sqlite:///{tmp_path / 'relevo.db'}"
    told: list[str] = []

    async def note(event: relevo.Event) -> None:
        told.append(event.id)

    handler = relevo.EventHandler(name="crm", handle=note)
    for _ in range(3):
        async with relevo.open(
            accounts=ACCOUNTS, providers=[Silent], engine=engine, handlers=[handler]
        ) as dispatcher:
            await dispatcher.send(relevo.Message(to="541130946950", text="hola"))
    async with relevo.open_engine(engine) as store:
        events = await store.events(0)
        (cursor,) = await store.cursors()
    assert told == [event.id for event in events if event.position <= cursor.position]


async def test_process_that_hands_nothing_over_handles_no_event(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Role `api`: it makes no cursor either; a new one begins where the first worker finds it."""
    monkeypatch.setattr("relevo.runtime.can_be_shared", lambda _: True)

    async def note(_: relevo.Event) -> None:
        raise NotImplementedError

    handler = relevo.EventHandler(name="crm", handle=note)
    settings = relevo.parse_settings({"engine": "memory"})
    for role, names in ((relevo.Role.API, []), (relevo.Role.WORKER, ["crm"])):
        async with relevo.open_runtime(settings, handlers=[handler], role=role) as runtime:
            assert [one.name for one in await runtime.engine.cursors()] == names


async def test_failing_handler_stops_no_message() -> None:
    async def fail(_: relevo.Event) -> None:
        raise OSError

    handler = relevo.EventHandler(name="crm", handle=fail)
    with anyio.fail_after(DRAIN_S / 2):
        async with relevo.open(
            accounts=ACCOUNTS, providers=[Silent], handlers=[handler]
        ) as dispatcher:
            for _ in range(3):
                await dispatcher.send(relevo.Message(to="541130946950", text="hola"))


async def test_two_handlers_of_one_name_are_refused_before_anything_opens() -> None:
    async def note(event: relevo.Event) -> None:
        raise NotImplementedError

    handler = relevo.EventHandler(name="crm", handle=note)
    with pytest.raises(relevo.ConfigurationError, match="'crm'"):
        async with relevo.open(accounts=ACCOUNTS, providers=[Silent], handlers=[handler] * 2):
            pytest.fail("it opened")


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_handler_is_called_only_once_the_block_has_begun(tmp_path: Path) -> None:
    """So it may use what the block is given, also for what waited in the store."""
    engine = f"sqlite:///{tmp_path / 'relevo.db'}"
    async with relevo.open_engine(engine) as store:
        await store.pause("clinic", relevo.ErrorDetail(code="by_hand", message="-"))
    given: list[relevo.Dispatcher] = []
    called, had = anyio.Event(), list[bool]()

    async def look(_: relevo.Event) -> None:
        had.append(bool(given))
        called.set()

    handler = relevo.EventHandler(name="crm", handle=look, begin=relevo.Begin.START)
    async with relevo.open(
        accounts=ACCOUNTS, providers=[Silent], engine=engine, handlers=[handler]
    ) as dispatcher:
        given.append(dispatcher)
        await called.wait()
    assert had == [True]


async def test_handler_that_sends_twice_under_one_id_sends_once() -> None:
    """An id made of the event's: the repetition is the same message."""
    answered: list[relevo.DeliveryStatus] = []
    done = anyio.Event()

    async def answer(event: relevo.Event) -> None:
        message_id = uuid5(NAMESPACE_URL, event.id)
        message = relevo.Message(message_id=message_id, to="541130946951", text="thanks")
        await dispatcher.submit(message)
        if not answered:
            answered.append((await dispatcher.message(message_id)).status)
            raise OSError  # it comes again, as after a crash
        done.set()

    handler = relevo.EventHandler(
        name="answers", handle=answer, types=[relevo.EventType.ACCOUNT], begin=relevo.Begin.START
    )
    with anyio.fail_after(DRAIN_S / 2):
        async with relevo.open_runtime(
            relevo.parse_settings({"accounts": ACCOUNTS}), providers=[Silent], handlers=[handler]
        ) as runtime:
            dispatcher = runtime.dispatcher
            await runtime.engine.pause("clinic", relevo.ErrorDetail(code="by_hand", message="-"))
            await done.wait()
            page = await runtime.engine.messages(relevo.MessageQuery())
    assert len(page.items) == 1
