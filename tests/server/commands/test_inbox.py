"""`relevo inbox`: what was set aside, the raw webhook, another try, and giving up."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable

import httpx
import pytest

from relevo.cli.app import run
from relevo_server.commands import inbox as inbox_module

InTerminal = Callable[..., tuple[str, int]]
Capture = pytest.CaptureFixture[str]


def post_junk(ask: httpx.Client, *bodies: bytes) -> list[int]:
    """Let the provider post what its parser refuses; give the webhooks' ids, newest first."""
    for body in bodies:
        signature = hmac.new(b"acme-webhook-secret", body, hashlib.sha256).hexdigest()
        headers = {"x-acme-signature": signature, "content-type": "application/json"}
        assert ask.post("/webhooks/shop", content=body, headers=headers).status_code == 200
    give_up_at = time.monotonic() + 20
    while len(items := ask.get("/inbox").json()["items"]) < len(bodies):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)
    return [item["webhook_id"] for item in items]


def test_list_in_a_pipe_is_one_line_each_over_all_pages(
    ask: httpx.Client, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_module, "_PAGE", 2)
    ids = post_junk(ask, b"[1]", b"[2]", b"[3]", b"[4]", b"[5]")
    assert run(["inbox", "--limit", "4"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[1] for row in rows] == [str(one) for one in ids[:4]]
    assert rows[0][2:] == ["shop", "webhook_malformed", "Acme sends objects."]
    assert run(["inbox", "list", "--account", "nobody"]) == 1
    out, err = capsys.readouterr()
    assert (out, "Account 'nobody' is not configured" in err) == ("", True)
    assert run(["inbox", "list", "--limit", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["raw"] == [5]


def test_webhook_is_shown_to_programs_and_people(
    ask: httpx.Client, capsys: Capture, in_terminal: InTerminal
) -> None:
    (webhook_id,) = post_junk(ask, b'["junk \\u001b[2J"]')
    assert run(["inbox", "show", str(webhook_id)]) == 0
    assert json.loads(capsys.readouterr().out) == ask.get(f"/inbox/{webhook_id}").json()
    shown, code = in_terminal("inbox", "show", str(webhook_id))
    assert code == 0
    assert "x-acme-signature" in shown
    assert "(webhook_malformed)" in shown
    assert "***" in shown
    assert '"junk \\u001b[2J"' in shown
    assert "\x1b[2J" not in shown


def test_body_that_is_no_text_is_shown_too(ask: httpx.Client, in_terminal: InTerminal) -> None:
    webhook_ids = post_junk(ask, b"\xff\x00", b"no json \x1b[2J")
    shown = "".join(in_terminal("inbox", "show", str(one))[0] for one in webhook_ids)
    assert "(base64) /wA=" in shown
    assert "no json" in shown
    assert "\x1b[2J" not in shown


def test_replay_tells_what_is_worked_through(
    ask: httpx.Client, capsys: Capture, in_terminal: InTerminal
) -> None:
    newest, oldest = post_junk(ask, b"[1]", b"[2]")
    assert run(["inbox", "replay", str(newest)]) == 0
    assert capsys.readouterr().out.split() == [str(newest)]
    assert run(["inbox", "replay", str(oldest), "--account", "shop", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"items": [oldest], "more": False}
    shown, code = in_terminal("inbox", "replay")
    assert code == 0
    assert "worked through" in shown


def test_discard_tells_what_was_given_up_and_replay_brings_it_back(
    ask: httpx.Client, capsys: Capture, in_terminal: InTerminal
) -> None:
    newest, oldest = post_junk(ask, b"[1]", b"[2]")
    keys = {item["webhook_id"]: item["key"] for item in ask.get("/inbox").json()["items"]}
    assert run(["inbox", "discard", str(newest), "--key", keys[newest]]) == 0
    assert capsys.readouterr().out.split("\t") == [str(newest), "shop", f"{keys[newest]}\n"]
    assert run(["inbox", "discard", "--account", "shop", "--json"]) == 0
    gone = {"webhook_id": oldest, "account": "shop", "key": keys[oldest]}
    assert json.loads(capsys.readouterr().out) == gone
    shown, code = in_terminal("inbox", "discard", "--account", "shop")
    assert (code, "Nothing was set aside" in shown) == (0, True)
    assert run(["inbox", "replay", str(oldest)]) == 1
    assert run(["inbox", "replay", str(oldest), "--discarded"]) == 0
    assert capsys.readouterr().out.split() == [str(oldest)]


@pytest.mark.usefixtures("url")
def test_empty_list_in_a_terminal_says_so(in_terminal: InTerminal) -> None:
    shown, code = in_terminal("inbox")
    assert code == 0
    assert "Nothing was set aside." in shown


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("tokens", "code", "words"),
    [
        (["show", "77"], 1, "webhook"),
        (["show", "0"], 2, "WEBHOOK_ID"),
        (["show", "x"], 2, "x"),
        (["replay", "77"], 1, "Nothing is set aside of webhook 77."),
        (["--limit", "0"], 2, "--limit"),
        (["discard"], 2, "Say which: ids of webhooks, or --account"),
        (["discard", "--key", "x"], 2, "Say which: ids of webhooks, or --account"),
        (["discard", "77"], 1, "Nothing is set aside of webhook 77."),
        (["discard", "77", "--key", "x"], 1, "No item with the key x is set aside of webhook 77."),
        (["replay", "--discarded"], 2, "--discarded needs the webhooks' ids"),
    ],
)
def test_what_does_not_work_is_one_sentence(
    tokens: list[str], code: int, words: str, capsys: Capture
) -> None:
    assert run(["inbox", *tokens]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1
