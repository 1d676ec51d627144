"""The console provider: what it prints where, and what it says when it cannot."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import anyio
import pytest
from pydantic import ValidationError

import relevo
import relevo_console.output
from relevo import Address, DeliveryStatus, Message, TemplateContent
from relevo_console import ConsoleConfig, ConsoleProvider

TEXT = Message(to="541130946950", text="¿Está listo?\nSí")


class Screen(io.StringIO):
    """A terminal to print on."""

    def isatty(self) -> bool:
        return True


def make_provider(**config: object) -> ConsoleProvider:
    return ConsoleProvider("screen", ConsoleConfig.model_validate(config), None)


@contextmanager
def stdout_into_pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Put a real pipe in place of stdout; give its reading end."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        try:
            yield reading
        finally:
            os.close(reading)
            monkeypatch.undo()


@pytest.mark.anyio
async def test_pipe_gets_one_json_line_per_message(capsys: pytest.CaptureFixture[str]) -> None:
    receipt = await make_provider().send(TEXT)
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "id": receipt.provider_message_id,
        "account": "screen",
        "to": "tel:541130946950",
        "content": {"type": "text", "body": "¿Está listo?\nSí", "preview_url": False},
    }
    assert line.isascii()


@pytest.mark.anyio
async def test_line_carries_reply_template_and_extra(capsys: pytest.CaptureFixture[str]) -> None:
    message = Message(
        to=Address("screen", "ana"),
        content=TemplateContent(name="order", language="es_AR", parameters=("77",)),
        reply_to="console-1",
        extra={"to": "overridden"},
    )
    await make_provider().send(message)
    printed = json.loads(capsys.readouterr().out)
    assert printed["content"]["name"] == "order"
    assert printed["reply_to"] == "console-1"
    assert printed["to"] == "overridden"


@pytest.mark.anyio
async def test_terminal_gets_a_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    receipt = await make_provider().send(TEXT)
    shown = screen.getvalue()
    assert "╭" in shown
    assert "¿Está listo?" in shown
    assert str(receipt.provider_message_id) in shown


@pytest.mark.anyio
async def test_panel_shows_all_of_a_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not its body alone: buttons belong to it."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    content = relevo.ButtonsContent(body="Keep it?", buttons=(relevo.Button(id="y", title="Yes"),))
    await make_provider().send(Message(to="541130946950", content=content))
    shown = screen.getvalue()
    assert "Keep it?" in shown
    assert '"title": "Yes"' in shown


@pytest.mark.anyio
async def test_words_cannot_steer_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control characters and markup of a message are shown, not obeyed."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    await make_provider().send(Message(to="541130946950", text="[red]a\x1b[2Jb\x9bc[/red]"))
    shown = screen.getvalue()
    assert "\x1b[2J" not in shown
    assert "\x9b" not in shown
    assert "[red]a\N{REPLACEMENT CHARACTER}[2Jb" in shown


@pytest.mark.anyio
async def test_stderr_is_used_where_configured(capsys: pytest.CaptureFixture[str]) -> None:
    await make_provider(stream="stderr").send(TEXT)
    out, err = capsys.readouterr()
    assert (out, json.loads(err)["account"]) == ("", "screen")


@pytest.mark.anyio
async def test_statuses_are_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    receipt = await make_provider(statuses=["sent", "read"]).send(TEXT)
    assert [update.status for update in receipt.updates] == [
        DeliveryStatus.SENT,
        DeliveryStatus.READ,
    ]
    assert {update.provider_message_id for update in receipt.updates} == {
        receipt.provider_message_id
    }
    assert capsys.readouterr().out


@pytest.mark.anyio
async def test_simulated_statuses_reach_the_message() -> None:
    accounts = {"screen": {"provider": "console", "statuses": ["sent", "delivered", "read"]}}
    async with relevo.open(accounts=accounts, providers=[ConsoleProvider]) as dispatcher:
        await dispatcher.send(TEXT, wait_s=5)
        record = await dispatcher.message(TEXT.message_id)
    assert record.status is DeliveryStatus.READ


@pytest.mark.anyio
async def test_lines_of_concurrent_messages_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = make_provider()
    with stdout_into_pipe(monkeypatch) as reading:
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(provider.send, Message(to="541130946950", text=f"{number}" * 1000))
        printed = os.read(reading, 1_000_000).decode()
    bodies = {json.loads(line)["content"]["body"] for line in printed.splitlines()}
    assert bodies == {f"{number}" * 1000 for number in range(20)}


@pytest.mark.anyio
async def test_pipe_nobody_reads_is_outcome_unknown_then_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first message may be half written; the next one surely is not, and both say so."""
    monkeypatch.setattr(relevo_console.output, "WRITE_LIMIT_S", 0.2)
    provider = make_provider()
    with stdout_into_pipe(monkeypatch) as reading:
        with pytest.raises(relevo.OutcomeUnknown, match=r"'screen'.*stdout"):
            await provider.send(Message(to="541130946950", text="x" * 99_000))
        with pytest.raises(relevo.Unavailable, match="nothing was printed"):
            await provider.send(TEXT)
        # Somebody reads again: the stuck write ends, and the provider works.
        drained = await anyio.to_thread.run_sync(_read_a_line, reading)
        assert len(json.loads(drained)["content"]["body"]) == 99_000
        await provider.send(TEXT)
        assert json.loads(await anyio.to_thread.run_sync(_read_a_line, reading))


def _read_a_line(reading: int) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(reading, 65_536)
    return line


@pytest.mark.anyio
async def test_pipe_whose_reader_left_is_outcome_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    # Unbuffered, so that nothing is left to complain about at its end.
    stream = io.TextIOWrapper(os.fdopen(writing, "wb", 0), encoding="utf-8", write_through=True)
    monkeypatch.setattr("sys.stdout", stream)
    with pytest.raises(relevo.OutcomeUnknown, match="BrokenPipeError"):
        await make_provider().send(TEXT)
    monkeypatch.undo()
    stream.close()


@pytest.mark.anyio
async def test_closed_stream_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(relevo.Unavailable, match="stdout is closed"):
        await make_provider().send(TEXT)


def test_webhooks_are_closed_without_a_token() -> None:
    request = relevo.WebhookRequest("POST", "/", b"[]", {"x-console-token": ""})
    with pytest.raises(relevo.NotSupported, match="webhook_token"):
        make_provider().verify_webhook(request)


def test_token_beyond_ascii_is_compared_as_the_bytes_that_come() -> None:
    provider = make_provider(webhook_token="ñandú")
    sent = "ñandú".encode().decode("latin-1")  # as a server hands header bytes on
    provider.verify_webhook(relevo.WebhookRequest("POST", "/", b"[]", {"x-console-token": sent}))


@pytest.mark.parametrize(
    "config", [{"statuses": ["played"]}, {"stream": "file"}, {"webhook_token": ""}, {"tokn": "x"}]
)
def test_settings_that_cannot_work_are_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ConsoleConfig.model_validate(config)
