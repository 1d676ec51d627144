"""`relevo messages cancel|retry|resolve|replay`, against a running server."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from relevo.cli.app import run

PERSON = "15550100001"
InTerminal = Callable[..., tuple[str, int]]
Capture = pytest.CaptureFixture[str]


def send(ask: httpx.Client, text: str, **more: Any) -> str:
    body = {"to": PERSON, "text": text, **more}
    said = ask.post("/messages", json=body, headers={"Prefer": "wait=20"}).json()
    return str(said.get("id") or said["message_id"])


def later(ask: httpx.Client) -> str:
    body = {"to": PERSON, "text": "hola", "send_at": f"{datetime.now(UTC) + timedelta(days=1)}"}
    return str(ask.post("/messages", json=body).json()["id"])


def only_line(capsys: Capture) -> dict[str, Any]:
    (line,) = capsys.readouterr().out.splitlines()
    return dict(json.loads(line))


def test_waiting_message_is_cancelled(ask: httpx.Client, capsys: Capture) -> None:
    message_id = later(ask)
    assert run(["messages", "cancel", message_id]) == 0
    said = only_line(capsys)
    assert (said["id"], said["status"]) == (message_id, "cancelled")
    assert run(["messages", "cancel", send(ask, "hola")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "it can no longer be withdrawn" in err


def test_given_up_message_is_sent_again_and_a_taken_one_is_not(
    ask: httpx.Client, capsys: Capture
) -> None:
    message_id = send(ask, "reject")
    assert run(["messages", "retry", message_id]) == 0
    assert only_line(capsys)["id"] == message_id
    assert run(["messages", "retry", send(ask, "hola")]) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("word", "status"), [("sent", "accepted"), ("not-sent", "failed")])
def test_doubt_ends_as_a_person_says(
    word: str, status: str, ask: httpx.Client, capsys: Capture
) -> None:
    message_id = send(ask, "cut")
    assert run(["messages", "resolve", message_id, word, "--json"]) == 0
    assert only_line(capsys)["status"] == status
    assert run(["messages", "resolve", message_id, word]) == 1
    assert "there is no doubt about it" in capsys.readouterr().err


def test_terminal_shows_what_became_of_it(ask: httpx.Client, in_terminal: InTerminal) -> None:
    message_id = later(ask)
    shown, code = in_terminal("messages", "cancel", message_id)
    assert code == 0
    assert "⊘ cancelled" in shown
    assert message_id in shown


def test_show_says_why_and_what_comes_next(ask: httpx.Client, in_terminal: InTerminal) -> None:
    message_id = later(ask)
    standing = ask.get(f"/messages/{message_id}").json()["standing"]
    shown, code = in_terminal("messages", "show", message_id)
    assert code == 0
    for sentence in (*standing["why"], standing["next"]):
        assert sentence in shown
    at = datetime.fromisoformat(standing["next_at"]).astimezone()
    assert f"{at:%Y-%m-%d %H:%M:%S}" in shown


def test_replay_takes_ids_or_filters(ask: httpx.Client, capsys: Capture) -> None:
    first, second = [send(ask, "reject") for _ in range(2)]
    assert run(["messages", "replay", first]) == 0
    assert capsys.readouterr().out.split() == [first]
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    assert run(["messages", "replay", "--closed-from", tomorrow]) == 0
    assert capsys.readouterr().out == ""
    assert run(["messages", "replay", "--error-code", "rejected", "--status", "expired"]) == 0
    assert capsys.readouterr().out == ""
    filters = ["--account", "shop", "--closed-until", tomorrow, "--limit", "1"]
    assert run(["messages", "replay", *filters, "--json"]) == 0
    said = only_line(capsys)
    assert said["more"] is True
    assert set(said["items"]) < {first, second}


def test_replay_in_a_terminal_says_how_many(ask: httpx.Client, in_terminal: InTerminal) -> None:
    message_id = send(ask, "reject")
    shown, code = in_terminal("messages", "replay", "--account", "shop")
    assert code == 0
    assert message_id in shown
    assert "1 message is sent again" in shown


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("tokens", "code", "words"),
    [
        (["replay"], 2, "Say which: ids, or --account"),
        (["replay", "--limit", "5"], 2, "Say which"),
        (["replay", "no-such"], 2, "no-such"),
        (["show", "00000"], 2, "'00000' is no id. Ids are whole UUIDs"),
        (["show", "00000"], 2, "Try: relevo messages show --help"),
        (["resolve", f"{uuid4()}", "maybe"], 2, "Try: relevo messages resolve --help"),
        (["replay", "--account", "shop", "--limit", "1001"], 2, "--limit"),
        (["replay", "--closed-from", "soon"], 2, "--closed-from"),
        (["replay", "--status", "queued"], 2, "'queued' is none of failed, expired."),
        (["replay", f"{uuid4()}", "--to", "1"], 2, "Give ids alone"),
        (["replay", "--account", "shpo"], 1, "Did you mean 'shop'?"),
        (["list", "--account", "shpo"], 1, "Did you mean 'shop'?"),
        (["replay", f"{uuid4()}"], 1, "message"),
        (["resolve", f"{uuid4()}"], 2, "RESOLUTION"),
        (["resolve", f"{uuid4()}", "maybe"], 2, "maybe"),
        (["resolve", f"{uuid4()}", "sent"], 1, "message"),
        (["retry", f"{uuid4()}"], 1, "message"),
        (["cancel", f"{uuid4()}"], 1, "message"),
    ],
)
def test_what_does_not_work_is_one_sentence(
    tokens: list[str], code: int, words: str, capsys: Capture
) -> None:
    assert run(["messages", *tokens]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1
