"""`relevo send`: in a pipe, in a terminal, and what it says when it does not work."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.ports import free_port

import relevo
from relevo.cli.app import run
from relevo.cli.server_address import API_PATH, DEFAULT_URL
from relevo_server.commands.send import check_handover
from relevo_server.context import API_PATH as SERVED_PATH
from relevo_server.settings import DEFAULT_HOST, DEFAULT_PORT

PERSON = "15550100001"
NOBODYS = "019a2c5e-7d1f-7c3a-9b51-0f6f3a1c2d4e"
NEXT_STEP = (
    "An echo settles it whenever it comes; else a person does: "
    "`relevo messages resolve {id} sent|not-sent|resend`. "
    "See `relevo messages show {id}`."
)
InTerminal = Callable[..., tuple[str, int]]
Capture = pytest.CaptureFixture[str]


def sent(capsys: Capture) -> dict[str, Any]:
    """Give the one line of JSON that was written."""
    (line,) = capsys.readouterr().out.splitlines()
    return dict(json.loads(line))


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Serve one connection with these bytes, whatever it asks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            # Whoever asks again meets nobody, instead of waiting for an answer.
            listener.close()
            with connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def test_commands_look_where_a_server_listens() -> None:
    assert f"http://{DEFAULT_HOST}:{DEFAULT_PORT}" == DEFAULT_URL
    assert API_PATH == SERVED_PATH


@pytest.mark.parametrize("command", [["send", PERSON, "hola"], ["messages"], ["events"]])
def test_server_is_looked_for_where_the_settings_have_it_listen(
    command: list[str], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What else the settings hold need not work here: the secrets are the server's."""
    nobody = free_port()
    table = f'engine = "env:NOT_HERE"\n[server]\nport = {nobody}\n'
    (tmp_path / "relevo.toml").write_text(table, "utf-8")
    assert run(command) == 4
    assert f"No server answers at http://127.0.0.1:{nobody} " in capsys.readouterr().err
    monkeypatch.setenv("RELEVO_SERVER__HOST", "::1")
    assert run(command) == 4
    assert f"No server answers at http://[::1]:{nobody} " in capsys.readouterr().err
    monkeypatch.setenv("RELEVO_URL", "http://127.0.0.1:1")
    assert run(command) == 4
    assert "No server answers at http://127.0.0.1:1 " in capsys.readouterr().err


def test_settings_that_name_no_address_are_told(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "relevo.toml").write_text("[server]\nport = 'many'\n", "utf-8")
    assert run(["messages"]) == 2
    assert "correct host and port in [server]" in capsys.readouterr().err
    (tmp_path / "relevo.toml").write_text("server = [", "utf-8")
    assert run(["messages"]) == 2
    assert "relevo.toml: this is no TOML" in capsys.readouterr().err


def test_commands_that_ask_need_no_web_framework() -> None:
    """It would double the time before they do anything."""
    program = "import relevo_server.plugin, sys; sys.exit('litestar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.usefixtures("url")
def test_in_a_pipe_it_is_one_line_of_json(capsys: Capture) -> None:
    assert run(["send", PERSON, "hola"]) == 0
    message = sent(capsys)
    assert (message["to"], message["account"]) == (PERSON, "shop")
    assert message["status"] == "queued"
    assert message["content"]["body"] == "hola"


def test_wait_tells_what_the_provider_said(ask: httpx.Client, capsys: Capture) -> None:
    assert run(["send", PERSON, "hola", "--wait", "20", "--account", "shop"]) == 0
    message = sent(capsys)
    assert message["status"] == "accepted"
    assert message["provider_message_id"] == f"acme-{message['id']}"
    assert ask.get(f"/messages/{message['id']}").json()["attempt_count"] == 1


def test_a_plan_sends_nothing(ask: httpx.Client, capsys: Capture) -> None:
    before = len(ask.get("/messages").json()["items"])
    assert run(["send", PERSON, "hola", "--plan"]) == 0
    plan = sent(capsys)
    assert (plan["account"], plan["to"]) == ("shop", PERSON)
    assert plan["standing"]["state"] == "queued"
    assert run(["send", PERSON, "too long", "--plan"]) == 1
    assert len(ask.get("/messages").json()["items"]) == before


@pytest.mark.usefixtures("url")
def test_a_plan_in_a_terminal_says_what_would_come(in_terminal: InTerminal) -> None:
    shown, code = in_terminal("send", PERSON, "hola", "--plan")
    assert code == 0
    assert "It is due now." in shown
    assert "Nothing was kept or sent." in shown


@pytest.mark.usefixtures("url")
def test_any_content_is_sent_as_json(capsys: Capture) -> None:
    content = {"type": "text", "body": "-5 °C", "preview_url": True}
    assert run(["send", PERSON, "--content", json.dumps(content)]) == 0
    assert sent(capsys)["content"] == content
    assert run(["send", PERSON, "--", "-5 °C"]) == 0
    assert sent(capsys)["content"]["body"] == "-5 °C"


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("word", "status", "sentence"),
    [
        ("reject", "failed", "Account 'shop': as asked."),
        ("window", "failed", "Account 'shop': as asked."),
        (
            "cut",
            "unknown",
            f"Account 'shop': as asked. {NEXT_STEP}",
        ),
    ],
)
def test_handover_that_did_not_happen_is_a_sentence_and_code_1(
    word: str, status: str, sentence: str, capsys: Capture
) -> None:
    """The message is written all the same, so that a program has its id."""
    assert run(["send", PERSON, word, "--wait", "20"]) == 1
    out, err = capsys.readouterr()
    message = json.loads(out)
    assert message["status"] == status
    assert err == f"relevo: {sentence.format(id=message['id'])}\n"


@pytest.mark.usefixtures("url")
def test_message_still_under_way_after_the_wait_has_a_code_of_its_own(capsys: Capture) -> None:
    assert run(["send", PERSON, "away", "--wait", "0.5"]) == 5
    out, err = capsys.readouterr()
    message = json.loads(out)
    assert message["status"] == "queued"
    assert f"Message {message['id']} is still queued; it goes on by itself. " in err
    assert "Its last attempt failed (unavailable): Account 'shop': as asked." in err


@pytest.mark.usefixtures("url")
def test_refused_credentials_do_not_look_like_mere_waiting(capsys: Capture) -> None:
    assert run(["send", PERSON, "auth", "--wait", "1"]) == 5
    err = capsys.readouterr().err
    assert "Its last attempt failed (auth_failed): Account 'shop': as asked." in err


def test_time_of_the_next_attempt_is_told_where_the_server_knows_it() -> None:
    error = {"code": "auth_failed", "message": "Account 'shop': as asked."}
    message = {"id": "m1", "status": "queued", "error": error}
    with pytest.raises(relevo.StillPending) as caught:
        check_handover(message | {"standing": {"next_at": "2026-11-22T10:05:07Z"}})
    due = datetime(2026, 11, 22, 10, 5, 7, tzinfo=UTC).astimezone()
    assert str(caught.value) == (
        "Message m1 is still queued; it goes on by itself. Its last attempt failed (auth_failed): "
        f"Account 'shop': as asked. The next one is due at {due:%H:%M:%S}. "
        "Follow its events or ask for it again."
    )
    with pytest.raises(relevo.StillPending, match=r"as asked\. Follow its events"):
        check_handover(message)


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["12", "hola"], "5 to 15 digits"),
        ([PERSON, "  "], "text"),
        ([PERSON, "hola", "--account", "shpo"], "Did you mean 'shop'?"),
        ([PERSON, "hola", "--reply-to", "wamid.x"], "reply"),
        ([PERSON, "--content", '{"type": "pigeon"}'], "content"),
    ],
)
def test_problem_is_one_sentence_and_code_1(tokens: list[str], words: str, capsys: Capture) -> None:
    assert run(["send", *tokens]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        ([PERSON], "either a text or --content"),
        ([PERSON, "hola", "--content", "{}"], "either a text or --content"),
        ([PERSON, "--content", "{"], "--content is no JSON"),
        ([PERSON, "hola", "--wait", "-1"], "--wait"),
        ([PERSON, "hola", "--url", "localhost:7062"], "http://127.0.0.1:7062"),
        ([PERSON, "hola", "--url", "http://[::1"], "http://127.0.0.1:7062"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(
    tokens: list[str], words: str, capsys: Capture
) -> None:
    assert run(["send", *tokens]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "tokens", [["send", PERSON, "hola"], ["events"], ["messages"], ["messages", "show", NOBODYS]]
)
def test_server_that_is_not_there_is_told_with_how_to_start_one(
    tokens: list[str], capsys: Capture
) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    assert run([*tokens, "--url", nobody]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert f"No server answers at {nobody} (connection refused)." in err
    assert "relevo serve" in err
    # Who follows is told first that it is tried for a few seconds: the server may just start.
    assert len(err.splitlines()) == (2 if tokens == ["events"] else 1)


def test_answer_of_something_else_is_told(capsys: Capture) -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Type: text/html\r\n\r\n<html>"
    with answering(page) as somewhere:
        assert run(["send", PERSON, "hola", "--url", somewhere]) == 1
    assert "not as Relevo does" in capsys.readouterr().err


def test_cut_before_the_answer_warns_of_sending_twice(capsys: Capture) -> None:
    with answering(b"") as somewhere:
        assert run(["send", PERSON, "hola", "--url", somewhere]) == 1
    assert "look before you send it again" in capsys.readouterr().err


@pytest.mark.usefixtures("url")
def test_terminal_shows_the_line_move_until_the_handover(in_terminal: InTerminal) -> None:
    shown, code = in_terminal("send", PERSON, "hola", "--wait", "20")
    assert code == 0
    assert "\x1b[1m● accepted" in shown
    assert f"to {PERSON} on shop" in shown
    # First one step, then all three: the last picture is overwritten, not written below.
    steps = [row.count("●") for row in shown.splitlines() if "·" in row]
    assert (steps[0], steps[-1]) == (1, 3)
    assert "\x1b[1A" in shown


@pytest.mark.usefixtures("url")
def test_terminal_shows_where_the_line_ended(in_terminal: InTerminal) -> None:
    shown, code = in_terminal("send", PERSON, "reject", "--wait", "20")
    assert code == 1
    assert "\x1b[1;31m✗" in shown
    assert "Account 'shop': as asked." in shown
    assert "Traceback" not in shown


@pytest.mark.usefixtures("url")
def test_terminal_gets_json_where_asked(in_terminal: InTerminal) -> None:
    shown, code = in_terminal("send", PERSON, "hola", "--json")
    assert (code, json.loads(shown)["status"]) == (0, "queued")
