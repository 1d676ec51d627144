"""A handler answers with the dispatcher of wherever it runs, once for every event."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest
from pydantic import BaseModel
from tests.core.handling.hands import IN_TIME_S, QUICK, handled, tell

import relevo
from relevo.accounts import Account
from relevo.engines.memory import MemoryEngine
from relevo.handling import Handling

pytestmark = pytest.mark.anyio


class Config(BaseModel):
    """Nothing to configure."""


class Desk(relevo.Provider[Config]):
    """Takes everything."""

    name = "desk"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine()


def dispatcher_of(engine: MemoryEngine) -> relevo.Dispatcher:
    desk = Desk("shop", Config(), None)
    return relevo.Dispatcher(relevo.Accounts([Account("shop", desk)]), engine)


async def test_handler_that_sees_an_event_twice_answers_once(engine: MemoryEngine) -> None:
    """It fails after answering, so the event comes again; its key is the event's."""
    tries: list[str] = []
    done = anyio.Event()

    async def answer(event: relevo.Event, context: relevo.HandlerContext) -> None:
        message = relevo.Message(to="541130946950", text="Thank you.")
        key = f"{context.name}:{event.id}"
        tries.append(str(await context.dispatcher.submit(message, idempotency_key=key)))
        if len(tries) == 1:
            raise RuntimeError
        done.set()

    only_news = relevo.EventHandler(name="thanks", handle=answer, types=[relevo.EventType.ACCOUNT])
    async with handled(engine, only_news, dispatcher=dispatcher_of(engine)):
        await tell(engine, "news")
        with anyio.fail_after(IN_TIME_S):
            await done.wait()
    assert len(tries) == 2
    assert len(set(tries)) == 1
    assert (await engine.pulse()).queued == 1


async def test_handler_of_a_running_relevo_answers_with_its_dispatcher() -> None:
    seen: list[relevo.Dispatcher] = []
    done = anyio.Event()

    async def note(event: relevo.Event, context: relevo.HandlerContext) -> None:
        del event
        seen.append(context.dispatcher)
        done.set()

    handler = relevo.EventHandler(name="note", handle=note)
    async with relevo.open(
        accounts={"shop": {"provider": "desk"}}, providers=[Desk], handlers=[handler]
    ) as dispatcher:
        await dispatcher.submit(relevo.Message(to="541130946950", text="hola"))
        with anyio.fail_after(IN_TIME_S):
            await done.wait()
        assert seen[0] is dispatcher


async def test_sink_is_told_where_it_runs(engine: MemoryEngine) -> None:
    told: list[relevo.HandlerContext] = []
    done = anyio.Event()

    async def write(events: Sequence[relevo.Event], *, context: relevo.HandlerContext) -> None:
        del events
        told.append(context)
        done.set()

    dispatcher = dispatcher_of(engine)
    async with handled(engine, relevo.EventSink(name="sink", write=write), dispatcher=dispatcher):
        await tell(engine, "news")
        with anyio.fail_after(IN_TIME_S):
            await done.wait()
    assert told[0] == relevo.HandlerContext("sink", dispatcher)


async def test_only_a_parameter_named_so_is_given_the_context(engine: MemoryEngine) -> None:
    """One with another second parameter is called as before."""
    seen: list[object] = []
    done = anyio.Event()

    async def take(event: relevo.Event, retries: int = 3) -> None:
        seen.append((event.type, retries))
        done.set()

    handler = relevo.EventHandler(name="plain", handle=take)
    assert not handler.wants_context
    async with handled(engine, handler, dispatcher=dispatcher_of(engine)):
        await tell(engine, "news")
        with anyio.fail_after(IN_TIME_S):
            await done.wait()
    assert seen == [(relevo.EventType.ACCOUNT, 3)]


def test_handler_that_wants_a_context_needs_somewhere_to_send(engine: MemoryEngine) -> None:
    async def answer(event: relevo.Event, context: relevo.HandlerContext) -> None:
        del event, context

    with pytest.raises(relevo.ConfigurationError, match="'thanks' wants a context"):
        Handling(
            engine,
            [relevo.EventHandler(name="thanks", handle=answer)],
            worker="one",
            terms=QUICK,
        )
