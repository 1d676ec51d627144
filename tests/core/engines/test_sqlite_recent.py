"""What the one writer remembers is what is kept: never what was undone, purged or changed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from relevo.contents import TemplateContent
from relevo.engines.records import ItemState, MessageRecord
from relevo.engines.replacing import replace
from relevo.engines.sqlite import SqliteEngine
from relevo.engines.sqlite.recent import Recent
from relevo.engines.sqlite.rows import SqliteRows
from relevo.engines.steps.accepting import accept
from relevo.engines.transitions import accepted, withdrawn
from relevo.errors import EngineUnavailable
from relevo.events import AccountUpdate, DeliveryStatus, InboundMessage, StatusUpdate
from relevo.messages import Address, Message
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import PROVIDER, SHOP, Scene

_S = DeliveryStatus


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def engine(tmp_path: Path, clock: FakeClock) -> AsyncIterator[SqliteEngine]:
    async with SqliteEngine(tmp_path / "relevo.db", clock) as engine:
        yield engine


@pytest.fixture
def scene(engine: SqliteEngine, clock: FakeClock) -> Scene:
    return Scene(engine, clock)


async def _seen_by_writer(engine: SqliteEngine, record: MessageRecord) -> MessageRecord | None:
    return await engine._write(lambda rows, _: rows.message(record.message_id))


@pytest.mark.anyio
async def test_failing_change_is_forgotten(engine: SqliteEngine, scene: Scene) -> None:
    record = await scene.accept()

    def change_and_fail(rows: SqliteRows, now: datetime) -> None:
        rows.save_message(withdrawn(record, now).record, record)
        message = "it fails after it changed something"
        raise EngineUnavailable(message)

    with pytest.raises(EngineUnavailable, match="after it changed"):
        await engine._write(change_and_fail)
    assert await _seen_by_writer(engine, record) == await scene.now(record) == record


@pytest.mark.anyio
async def test_failing_commit_is_forgotten(engine: SqliteEngine, scene: Scene) -> None:
    """The same message is accepted again, as if for the first time."""
    message = Message(account=SHOP, to=Address("test", "ana"), text="hello")

    def break_the_commit(rows: SqliteRows) -> None:
        rows._connection.execute("PRAGMA defer_foreign_keys = ON")
        rows._connection.execute("INSERT INTO delivery VALUES ('shop', 'ana', 99, 4711)")

    assert engine._parts is not None
    writer = engine._parts.writer
    first = writer.submit(
        lambda rows: accept(
            rows, message, provider=PROVIDER, lane_key="test:ana", now=engine._clock()
        )
    )
    broken = writer.submit(break_the_commit)
    for answer in (first, broken):
        with pytest.raises(EngineUnavailable):
            await answer
    again = await engine.accept(message, provider=PROVIDER, lane_key="test:ana")
    assert again.created
    assert await scene.everything_sent() == ["hello"]


@pytest.mark.anyio
async def test_undone_part_is_forgotten(engine: SqliteEngine, scene: Scene) -> None:
    """An item whose second effect cannot be kept is set aside whole."""
    record = await scene.accept()
    await scene.hand_over(await scene.claim_one(), "v-1")
    nameless = InboundMessage(Address("test", "bea"), "hi", provider_message_id="\ud83d")
    item = scene.item(StatusUpdate("v-1", _S.READ), nameless)
    assert await scene.webhook(item) == [ItemState.QUARANTINED]
    seen = await _seen_by_writer(engine, record)
    assert seen == await scene.now(record)
    assert seen is not None
    assert seen.status is _S.ACCEPTED
    assert await scene.story(record) == ["queued", "sending", "accepted"]
    await scene.hear(AccountUpdate("quality"), StatusUpdate("v-1", _S.SENT))
    assert await scene.status(record) is _S.SENT


@pytest.mark.anyio
async def test_what_the_application_changes_later_is_not_sent(scene: Scene) -> None:
    """It was accepted as it was."""
    template = TemplateContent(name="ready", language="es_AR", parameters={"who": "Ana"})
    told = Message(account=SHOP, to=Address("test", "ana"), content=template, extra={"a": [1]})
    plain = Message(account=SHOP, to=Address("test", "bea"), text="hello")
    asked = [message.model_dump() for message in (told, plain)]
    for message in (told, plain):
        await scene.accept_message(message)
        message.extra["a"] = "changed"
    assert isinstance(template.parameters, dict)
    template.parameters["who"] = "somebody else"
    claimed = [claim.message.model_dump() for claim in await scene.claim()]
    assert claimed == asked


def test_recent_rows_stay_within_their_size() -> None:
    recent = Recent[int, str](size=3)
    for number in range(10):
        recent.keep(number, str(number))
    found = [number for number in range(10) if recent.get(number) is not None]
    assert found == [6, 7, 8, 9]
    recent.keep(6, "changed")
    assert recent.get(6) == "changed"
    recent.drop(6)
    recent.drop(9)
    assert (recent.get(6), recent.get(9)) == (None, None)


def test_replacing_changes_what_is_named_only() -> None:
    message = Message(account=SHOP, to=Address("test", "ana"), text="hello")
    before = accepted(message, provider=PROVIDER, conversation_id="thread", now=FakeClock()())
    record = replace(before, status=_S.SENT, attempts=2)
    assert (record.status, record.attempts) == (_S.SENT, 2)
    assert replace(record, status=_S.QUEUED, attempts=0) == before
    with pytest.raises(KeyError, match="colour"):
        replace(record, colour="red")
