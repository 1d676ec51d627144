"""`relevo accounts`: the list, and a person's say in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from relevo.cli.app import run
from relevo_server.commands.account_view import write_account

InTerminal = Callable[..., tuple[str, int]]
Capture = pytest.CaptureFixture[str]


def test_list_in_a_pipe_is_one_line_each(ask: httpx.Client, capsys: Capture) -> None:
    assert run(["accounts"]) == 0
    assert capsys.readouterr().out == "shop\tacme_sms\tactive\t-\thold\t-\n"
    assert run(["accounts", "list", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row == ask.get("/accounts").json()["items"][0]


def test_account_is_paused_with_a_reason_and_resumed(ask: httpx.Client, capsys: Capture) -> None:
    assert run(["accounts", "pause", "shop", "--reason", "we look"]) == 0
    said: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (said["state"], said["pause_error"]["message"]) == ("paused", "we look")
    assert ask.get("/accounts").json()["items"][0] == said
    assert run(["accounts"]) == 0
    fields = capsys.readouterr().out.rstrip("\n").split("\t")
    assert fields[2].startswith("paused since 20")
    assert fields[5] == "paused_by_hand: we look"
    assert run(["accounts", "resume", "shop"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "active"


def test_list_in_a_terminal_is_a_table(ask: httpx.Client, in_terminal: InTerminal) -> None:
    ask.post("/accounts/shop/pause", json={"reason": "[red]we look"})
    shown, code = in_terminal("accounts")
    assert code == 0
    assert "provider" in shown
    assert "paused since" in shown
    assert "[red]we look" in shown
    shown, code = in_terminal("accounts", "resume", "shop")
    assert code == 0
    assert "active" in shown


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("tokens", "code", "words"),
    [
        (["pause", "nobody"], 1, "No account 'nobody' is configured"),
        (["resume", "a/../b"], 1, ""),
        (["pause"], 2, "NAME"),
        (["pause", "shop", "--reason", ""], 1, "reason"),
    ],
)
def test_what_does_not_work_is_one_sentence(
    tokens: list[str], code: int, words: str, capsys: Capture
) -> None:
    assert run(["accounts", *tokens]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1


def test_account_is_shown_with_its_health(ask: httpx.Client, capsys: Capture) -> None:
    del ask
    assert run(["accounts", "show", "shop"]) == 0
    told = dict(line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert told["health"] == "not known: its provider has not said"
    assert run(["accounts", "show", "shop", "--ask"]) == 1
    assert "no health check" in capsys.readouterr().err
    assert run(["accounts", "show", "nobody"]) == 1
    assert "No account 'nobody'" in capsys.readouterr().err


def test_paused_account_does_not_say_that_it_can_send(capsys: Capture) -> None:
    """What was told before the pause is older than the pause."""
    health = {
        "can_send": True,
        "facts": {},
        "problems": [],
        "asked_at": "2026-11-23T09:00:00Z",
    }
    row = {"name": "shop", "provider": "x", "state": "paused", "health": health}
    write_account(row | {"paused_at": "2026-11-23T10:00:00Z"})
    lines = capsys.readouterr().out.splitlines()
    assert "can send\tno, it is paused (yes when it was asked, before that)" in lines


def test_facts_and_problems_are_a_line_each(capsys: Capture) -> None:
    health = {
        "can_send": False,
        "facts": {"quality": "RED", "limit": 250},
        "problems": ["Its quality is \x1b[2Jlow."],
        "asked_at": "2026-11-22T10:00:00Z",
    }
    write_account({"name": "shop", "provider": "x", "state": "active", "health": health})
    lines = capsys.readouterr().out.splitlines()
    assert "can send\tno" in lines
    assert "quality\tRED" in lines
    assert "limit\t250" in lines
    assert lines[-1].startswith("problem\tIts quality is ")
    assert "\x1b" not in lines[-1]
