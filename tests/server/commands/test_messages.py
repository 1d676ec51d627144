"""`relevo messages`: the list and one message, for programs and for people."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from relevo.cli.app import run
from relevo_server.commands import messages as messages_module

PERSON = "15550100001"
InTerminal = Callable[..., tuple[str, int]]
Capture = pytest.CaptureFixture[str]


def send(ask: httpx.Client, text: str) -> str:
    """Send and wait for the handover, or for its end."""
    answer = ask.post("/messages", json={"to": PERSON, "text": text}, headers={"Prefer": "wait=20"})
    said = answer.json()
    return str(said["id"] if answer.is_success else said["message_id"])


def tell(ask: httpx.Client, **news: Any) -> None:
    """Let the provider tell something by webhook."""
    body = json.dumps(news).encode()
    signature = hmac.new(b"acme-webhook-secret", body, hashlib.sha256).hexdigest()
    answer = ask.post("/webhooks/shop", content=body, headers={"x-acme-signature": signature})
    assert answer.status_code == 200


def wait_until(ask: httpx.Client, path: str, condition: Callable[[Any], object]) -> None:
    give_up_at = time.monotonic() + 20
    while not condition(ask.get(path).json()):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_list_in_a_pipe_is_one_line_each(ask: httpx.Client, capsys: Capture) -> None:
    first, second = send(ask, "hola"), send(ask, "reject")
    assert run(["messages"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[1:] for row in rows] == [
        ["out", "failed", "shop", PERSON, second, "reject"],
        ["out", "accepted", "shop", PERSON, first, "hola"],
    ]
    assert run(["messages", "list", "--status", "failed", "--json"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["id"], row["error"]["code"]) == (second, "rejected")


def test_list_tells_dead_letters_and_one_persons_messages(
    ask: httpx.Client, capsys: Capture
) -> None:
    first, second = send(ask, "hola"), send(ask, "reject")
    for options, ids in ((["--dead"], [second]), (["--to", f"+{PERSON}"], [second, first])):
        assert run(["messages", *options, "--json"]) == 0
        assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == ids
    assert run(["messages", "--to", "15550100009"]) == 0
    assert capsys.readouterr().out == ""


def test_list_takes_filters_and_as_many_pages_as_it_needs(
    ask: httpx.Client, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages_module, "_PAGE", 2)
    sent = [send(ask, f"hola {number}") for number in range(5)]
    tell(ask, **{"from": PERSON, "text": "¿Está listo?\tsí\nno"})
    wait_until(ask, "/messages?direction=in", lambda page: page["items"])
    assert run(["messages", "--direction", "out", "--limit", "4", "--json"]) == 0
    listed = [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]
    assert listed == sent[:0:-1]
    assert run(["messages", "list", "--direction", "in"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split("\t")[1:5] == ["in", "delivered", "shop", PERSON]
    assert "¿Está listo?" in line
    assert len(line.split("\t")) == 7
    assert run(["messages", "--account", "nobody"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "Account 'nobody' is not configured. Name one of: shop." in err


@pytest.mark.parametrize(("columns", "roomy"), [("80", False), ("140", True)])
def test_list_in_a_terminal_is_a_table_that_fits(
    columns: str, *, roomy: bool, ask: httpx.Client, in_terminal: InTerminal
) -> None:
    """Whatever people write: ids stay whole, and no line is longer than the terminal."""
    send(ask, "¿Se puede pasar a buscar? " * 20)
    message_id = send(ask, "reject")
    shown, code = in_terminal("messages", COLUMNS=columns)
    assert code == 0
    assert message_id in shown
    rows = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    assert max(map(len, rows)) <= int(columns)
    assert re.search(r"\d\d:\d\d:\d\d", rows[1])
    assert "¿Se" in rows[2]
    assert "\x1b[1;31m✗ failed" in shown
    assert PERSON in shown
    assert ("shop" in shown) is roomy
    assert ("━" in shown) is roomy


@pytest.mark.usefixtures("url")
def test_empty_list_in_a_terminal_says_what_to_do(in_terminal: InTerminal) -> None:
    shown, code = in_terminal("messages")
    assert code == 0
    assert "relevo send TO TEXT" in shown


def test_one_message_in_a_pipe_is_one_line_of_json(ask: httpx.Client, capsys: Capture) -> None:
    message_id = send(ask, "hola")
    assert run(["messages", "show", message_id]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == ask.get(f"/messages/{message_id}").json()


def _has_news(count: int) -> Callable[[Any], object]:
    return lambda message: len(message["statuses"]) == count


def test_one_message_in_a_terminal_is_its_whole_story(
    ask: httpx.Client, in_terminal: InTerminal
) -> None:
    message_id = send(ask, "hola")
    for count, status in enumerate(("read", "sent"), 1):
        tell(ask, id=f"acme-{message_id}", status=status)
        wait_until(ask, f"/messages/{message_id}", _has_news(count))
    shown, code = in_terminal("messages", "show", message_id)
    assert code == 0
    dots, names, offsets = shown.splitlines()[:3]
    assert dots.count("●") == 6
    assert [name in names for name in ("queued", "sending", "accepted", "read")] == [True] * 4
    assert "ms" in offsets
    assert "\x1b[34mread\x1b[0m  The person opened it." in shown
    assert f"acme-{message_id}" in shown
    assert "attempt 1" in shown
    assert "moved nothing" in shown


def test_one_that_failed_says_why_and_one_in_doubt_what_happens_next(
    ask: httpx.Client, in_terminal: InTerminal
) -> None:
    shown, code = in_terminal("messages", "show", send(ask, "reject"))
    assert code == 0
    assert "\x1b[1;31m✗" in shown
    assert shown.count("as asked.") == 1
    assert "Attempt 1 ended" in shown
    assert "The provider's code: 77" in shown
    doubtful = send(ask, "cut")
    shown, code = in_terminal("messages", "show", doubtful)
    assert code == 0
    assert "\x1b[1;35m○" in shown
    assert "It may have been sent: no answer came." in shown
    error = ask.get(f"/messages/{doubtful}").json()["error"]["message"]
    assert shown.count(error) == 1
    assert f"relevo messages resolve {doubtful} sent|not-sent|resend" in shown


def test_one_that_a_person_decided_does_not_speak_for_the_provider(
    ask: httpx.Client, in_terminal: InTerminal
) -> None:
    doubtful = send(ask, "cut")
    ask.post(f"/messages/{doubtful}/resolve", json={"resolution": "sent"})
    shown, code = in_terminal("messages", "show", doubtful)
    assert code == 0
    assert "The provider took it" not in shown
    assert "It counts as handed over, as a person decided." in shown
    assert "then it counts as sent: a person decided so" in shown


def test_inbound_message_in_a_terminal_names_who_wrote(
    ask: httpx.Client, in_terminal: InTerminal
) -> None:
    tell(ask, **{"from": PERSON, "text": "\x1b[2Jhola"})
    wait_until(ask, "/messages", lambda page: page["items"])
    message_id = ask.get("/messages").json()["items"][0]["id"]
    shown, code = in_terminal("messages", "show", message_id)
    assert code == 0
    assert "A person wrote it" in shown
    assert f"{PERSON}\r\n" in shown
    assert "\x1b[2J" not in shown
    assert "hola" in shown


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("tokens", "code", "words"),
    [
        (["show", "no/such"], 2, "'no/such' is no id"),
        (["show", "019a2c5e-7d1f-7c3a-9b51-0f6f3a1c2d4e"], 1, "019a2c5e"),
        (["--status", "lost"], 2, "--status"),
        (["--limit", "0"], 2, "--limit"),
        (["list", "--direction", "sideways"], 2, "--direction"),
        (["shwo"], 2, "'shwo'"),
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
