"""Both flavours of the client against a real server, through cuts and restarts."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest
from tests.server.client.conftest import Open, Relay, Serve, done, take
from tests.server.conftest import PERSON
from tests.server.test_media import BYTES, AcmeFiles

import relevo
from relevo.client import AsyncEventFollower

pytestmark = pytest.mark.anyio


def files_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.is_file())


async def test_message_is_sent_waited_for_and_looked_at(serve: Serve, open_client: Open) -> None:
    with serve() as url:
        async with open_client(url) as client:
            sent = await done(client.send(to=PERSON, text="hola", wait_s=20))
            assert sent.receipt.provider_message_id == f"acme-{sent.id}"
            seen = await done(client.message(sent.id))
            assert (seen.status, seen.attempts[0].number) == (relevo.DeliveryStatus.ACCEPTED, 1)
            assert seen.content == relevo.TextContent(body="hola")
            assert seen.created_at.tzinfo is not None
            (thread,) = await done(client.conversations())
            assert (await done(client.conversation(thread.id))).preferences == []


async def test_batch_and_plan_tell_each_message_apart(serve: Serve, open_client: Open) -> None:
    messages = [
        relevo.Message(to=PERSON, text="hola"),
        relevo.Message(to=PERSON, text="hola", account="shpo"),
    ]
    with serve() as url:
        async with open_client(url) as client:
            plan = await done(client.plan(messages[0]))
            assert (plan.account, plan.warnings) == ("shop", [])
            with pytest.raises(relevo.UnknownAccount):
                await done(client.plan(messages[1]))
            batch = await done(client.send_batch(messages))
            again = await done(client.send_batch(messages))
            assert (batch.accepted, batch.refused) == (1, 1)
            assert isinstance(batch.items[1].error, relevo.UnknownAccount)
            assert batch.items[0].error is None
            assert again.items[0].message.id == batch.items[0].message.id
            assert [row.id for row in await done(client.messages())] == [again.items[0].message.id]


async def test_repeat_after_a_cut_makes_no_second_message(serve: Serve, open_client: Open) -> None:
    """The server kept the message, and its answer never arrived: twice."""
    with serve() as url, Relay(url, 0, 20) as relay:
        async with open_client(relay.url) as client:
            sent = await done(client.send(to=PERSON, text="hola"))
            assert relay.connections == 3
            assert [row.id for row in await done(client.messages())] == [sent.id]


async def test_what_could_be_done_twice_is_not_repeated(serve: Serve, open_client: Open) -> None:
    with serve() as url, Relay(url, 0) as relay:
        async with open_client(relay.url) as client:
            with pytest.raises(relevo.AnswerLost, match="broke off"):
                await done(client.replay(account="shop"))
        assert relay.connections == 1


async def test_every_event_comes_once_through_a_relay_that_cuts(
    serve: Serve, open_client: Open
) -> None:
    with serve() as url, Relay(url, *([2_500] * 10)) as relay:
        async with open_client(url) as client:
            for number in range(12):
                await done(client.send(to=PERSON, text=str(number), wait_s=20))
        said: list[str] = []
        async with open_client(relay.url) as client:
            with anyio.fail_after(30):
                events = await take(client.events(after="0", tell=said.append), 36)
        assert [event.position for event in events] == list(range(1, 37))
        assert any("cut" in one for one in said)
        assert relay.connections > 3


async def test_every_event_comes_once_across_a_restart(
    serve: Serve, open_client: Open, tmp_path: Path
) -> None:
    """The same port, the same store: the stream goes on after the last event."""
    tables = {"engine": f"sqlite:///{tmp_path / 'kept.db'}"}
    said: list[str] = []
    with serve(**tables) as url:
        first = open_client(url)
        client = await first.__aenter__()
        events = client.events(after="0", tell=said.append)
        await done(client.send(to=PERSON, text="hola", wait_s=20))
        seen = await take(events, 3)
    with serve(urlsplit(url).port, **tables):
        await done(client.send(to=PERSON, text="again", wait_s=20))
        with anyio.fail_after(30):
            seen += await take(events, 3)
        await first.__aexit__(None, None, None)
    assert [event.position for event in seen] == list(range(1, 7))
    assert {event.type for event in seen} == {relevo.EventType.OUTBOUND}
    assert len(said) == 2


async def test_open_stream_misses_nothing_of_its_block(serve: Serve, open_client: Open) -> None:
    """Without `after` it begins at the head, which is known once the block begins."""
    with serve() as url:
        async with open_client(url) as client:
            await done(client.send(to=PERSON, text="before", wait_s=20))
            events = client.events(account=["shop"], type=relevo.EventType.OUTBOUND)
            if isinstance(events, AsyncEventFollower):
                await events.__aenter__()
            else:
                events.__enter__()
            sent = await done(client.send(to=PERSON, text="after", wait_s=20))
            assert {event.subject for event in await take(events, 3)} == {sent.id}


async def test_lists_come_over_all_pages(serve: Serve, open_client: Open) -> None:
    with serve() as url:
        async with open_client(url) as client:
            ids = [(await done(client.send(to=PERSON, text=str(n)))).id for n in range(5)]
            assert [row.id for row in await done(client.messages(page_size=2))] == ids[::-1]
            shown = await done(client.messages(page_size=2, limit=3, account="shop"))
            assert [row.id for row in shown] == ids[:1:-1]
            with pytest.raises(relevo.UnknownAccount, match="nobody"):
                await done(client.messages(account="nobody"))


async def test_accounts_are_listed_paused_and_resumed(serve: Serve, open_client: Open) -> None:
    with serve() as url:
        async with open_client(url) as client:
            paused = await done(client.pause("shop", "we look"))
            assert (paused.state, paused.pause_error.message) == ("paused", "we look")
            message = await done(client.send(to=PERSON, text="hola"))
            assert (await done(client.cancel(message.id))).outcome == "cancelled"
            assert (await done(client.resume("shop"))).state == "active"
            (account,) = await done(client.accounts())
            assert relevo.Capability.TEXT in account.capabilities
            assert "acme_sms" in {one.name for one in await done(client.providers())}
            assert (await done(client.ready())).engine.engine == "memory"
            assert (await done(client.live())).status == "live"
            assert not (await done(client.sandbox())).on


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda client: client.send(to=PERSON, text="reject", wait_s=20), relevo.Rejected),
        (lambda client: client.send(to=PERSON, text="window", wait_s=20), relevo.WindowClosed),
        (lambda client: client.send(to=PERSON, text="cut", wait_s=20), relevo.OutcomeUnknown),
        (lambda client: client.send(to=PERSON, text="hola", account="x"), relevo.UnknownAccount),
        (lambda client: client.send(to="12", text="hola"), relevo.InvalidAddress),
        (lambda client: client.send(to=PERSON, content={"type": "x"}), relevo.RequestRefused),
        (lambda client: client.message("no-id"), relevo.UnknownMessage),
        (lambda client: client.conversation("none"), relevo.UnknownConversation),
        (lambda client: client.webhook(7), relevo.UnknownWebhook),
        (lambda client: client.account_health("nobody"), relevo.UnknownAccount),
        (lambda client: client.ask_account_health("shop"), relevo.NotSupported),
        (lambda client: client.create_template("shop", {"name": "x", "language": "es"}),
         relevo.NotSupported),
        (lambda client: client.reply_in_sandbox(PERSON, text="hola"), relevo.RequestRefused),
        (lambda client: client.download_media("no-id", "file"), relevo.UnknownMedia),
    ],
)  # fmt: skip
async def test_refusals_are_what_a_dispatcher_would_raise(
    serve: Serve, open_client: Open, act: Any, kind: type[relevo.RelevoError]
) -> None:
    with serve() as url:
        async with open_client(url) as client:
            with pytest.raises(kind) as caught:
                await done(act(client))
    assert type(caught.value) is kind
    problem = caught.value.problem
    assert problem is not None
    assert problem.type == f"/problems/{problem.code}"
    assert problem.status >= 400


async def test_key_for_another_message_is_a_conflict(serve: Serve, open_client: Open) -> None:
    with serve() as url:
        async with open_client(url) as client:
            first = await done(client.send(to=PERSON, text="hola", idempotency_key="k"))
            again = await done(client.send(to=PERSON, text="hola", idempotency_key="k"))
            assert first.id == again.id
            with pytest.raises(relevo.IdempotencyConflict):
                await done(client.send(to=PERSON, text="adios", idempotency_key="k"))


async def test_files_go_up_and_down_in_pieces(
    serve: Serve, open_client: Open, tmp_path: Path
) -> None:
    file, copy = tmp_path / "menú.png", tmp_path / "copy.png"
    file.write_bytes(BYTES * 1_000)
    tables = {"media": {"path": str(tmp_path / "files"), "max_bytes": 3_000_000}}
    with serve(provider=AcmeFiles, **tables) as url:
        async with open_client(url) as client:
            kept = await done(client.upload_media(file))
            assert (kept.size, kept.mime_type, kept.filename) == (
                2_048_000,
                "image/png",
                "menú.png",
            )
            down = await done(client.download_media(kept.id, copy))
            assert (down.path, down.size, down.filename) == (copy, kept.size, "menú.png")
            assert copy.read_bytes() == file.read_bytes()
            small = await done(client.upload_media(b"x", mime_type="text/plain"))
            assert (small.size, small.mime_type) == (1, "text/plain")
            for too_many in (1_470, 3_000):  # seen while it comes, and before
                file.write_bytes(BYTES * too_many)
                with pytest.raises(relevo.MediaTooLarge, match=r"max_bytes under \[media\]"):
                    await done(client.upload_media(file))
            with pytest.raises(relevo.ConfigurationError, match="cannot be read"):
                await done(client.upload_media(tmp_path / "nothing"))
    assert files_in(tmp_path) == ["copy.png", "menú.png"]


async def test_file_that_was_cut_is_fetched_again_and_leaves_nothing_half(
    serve: Serve, open_client: Open, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    tables = {"media": {"path": str(tmp_path / "files"), "max_bytes": 3_000_000}}
    with serve(provider=AcmeFiles, **tables) as url:
        async with open_client(url) as client:
            kept = await done(client.upload_media(BYTES * 1_000))
        with Relay(url, 50_000) as relay:
            async with open_client(relay.url) as client:
                await done(client.download_media(kept.id, copy))
        assert copy.read_bytes() == BYTES * 1_000
        with Relay(url, 9_000, 9_000, 9_000) as relay:
            async with open_client(relay.url) as client:
                with pytest.raises(relevo.AnswerLost):
                    await done(client.download_media(kept.id, tmp_path / "half"))
    assert files_in(tmp_path) == ["copy"]


async def test_keys_are_made_used_limited_and_taken_back(
    serve: Serve, open_client: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """And none of them is seen: not in a `repr`, an error or any log."""
    with caplog.at_level(logging.DEBUG), serve() as url:
        async with open_client(url) as client:
            made = await done(client.create_key("ours", scopes=["admin", "read", "send", "events"]))
            key = made.key.get_secret_value()
            with pytest.raises(relevo.Unauthorized) as refused:
                await done(client.messages())
            shown = [repr(made), str(made), repr(made.as_json()), str(refused.value)]
        async with open_client(url, key=made.key) as client:
            few = await done(client.create_key("few", scopes=["send"], accounts=["shop"]))
            ticket = await done(client.create_ticket(type="messaging.status", ttl_s=60))
            shown += [repr(client), repr(ticket), repr(few)]
            assert {one.name for one in await done(client.keys())} == {"ours", "few"}
        async with open_client(url, key=few.key.get_secret_value()) as client:
            assert (await done(client.send(to=PERSON, text="hola"))).account == "shop"
            with pytest.raises(relevo.MissingScope, match="read"):
                await done(client.messages())
        async with open_client(url, key=key) as client:
            await done(client.revoke_key(few.id))
        async with open_client(url, key=few.key) as client:
            with pytest.raises(relevo.Unauthorized):
                await done(client.send(to=PERSON, text="hola"))
    secrets = [key, few.key.get_secret_value(), ticket.ticket.get_secret_value()]
    assert [one for one in secrets for text in [*shown, caplog.text] if one in text] == []


async def test_nobody_there_is_told_with_how_to_start_one(serve: Serve, open_client: Open) -> None:
    with serve() as url:
        pass
    async with open_client(url) as client:
        with pytest.raises(relevo.ServerUnreachable, match="relevo serve"):
            await done(client.messages())
        with pytest.raises(relevo.ServerUnreachable, match="relevo serve"):
            await take(client.events(), 1)
