"""`relevo events`: live lines, filters, a server that goes and comes back, Ctrl-C."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from relevo.cli.app import run

RELEVO = Path(sys.executable).with_name("relevo")
PERSON = "15550100001"
IN_TIME_S = 30
Serve = Callable[..., AbstractContextManager[str]]
Capture = pytest.CaptureFixture[str]


def send(url: str, text: str) -> None:
    answer = httpx.post(
        f"{url}/api/v1/messaging/messages",
        json={"to": PERSON, "text": text},
        headers={"Prefer": "wait=20"},
        timeout=IN_TIME_S,
        trust_env=False,
    )
    assert answer.status_code in {200, 422}, answer.text


def wait_for(condition: Callable[[], object], what: str) -> None:
    give_up_at = time.monotonic() + IN_TIME_S
    while not condition():
        assert time.monotonic() < give_up_at, what
        time.sleep(0.02)


@contextmanager
def following(*tokens: str) -> Iterator[tuple[subprocess.Popen[str], Callable[[], list[Any]]]]:
    """Run it in a pipe; give the process and a way to read what it wrote so far."""
    out = Path("events.jsonl")
    with (
        out.open("w") as stdout,
        subprocess.Popen(
            [RELEVO, "events", *tokens], stdout=stdout, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        try:
            yield process, lambda: [json.loads(line) for line in out.read_text().splitlines()]
        finally:
            if process.poll() is None:
                process.kill()


def test_pipe_gets_json_lines_and_ctrl_c_ends_it_quietly(url: str) -> None:
    send(url, "hola")
    with following("--after", "0") as (process, events):
        wait_for(lambda: len(events()) == 3, "what was in the log")
        send(url, "reject")
        wait_for(lambda: len(events()) == 6, "what happens now")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=IN_TIME_S)
    assert (process.returncode, err) == (130, "")
    assert [event["position"] for event in events()] == list(range(1, 7))
    assert [event["data"]["status"] for event in events()][2:] == [
        "accepted", "queued", "sending", "failed",
    ]  # fmt: skip


def test_without_after_only_what_is_new_is_told(url: str) -> None:
    """It begins at the head: the message sent before it is not told."""
    send(url, "before")
    with following() as (process, events):

        def something_new() -> bool:
            # Until it has connected nothing is told; then everything is.
            send(url, "after")
            return bool(events())

        wait_for(something_new, "what happens now")
        process.send_signal(signal.SIGINT)
        process.wait(IN_TIME_S)
    assert events()[0]["position"] > 3


def test_filters_are_the_servers(url: str) -> None:
    send(url, "hola")
    send(url, "reject")
    listed = httpx.get(f"{url}/api/v1/messaging/messages", trust_env=False).json()["items"]
    rejected = next(row["id"] for row in listed if row["status"] == "failed")
    tokens = ["--type", "outbound", "--type", "messaging.status", "--account", "shop"]
    with following("--after", "0", "--message", rejected, *tokens) as (process, events):
        wait_for(lambda: len(events()) == 3, "the events of one message")
        process.send_signal(signal.SIGINT)
        process.wait(IN_TIME_S)
    assert {event["subject"] for event in events()} == {rejected}


def test_server_that_goes_and_comes_back_costs_no_event(serve: Serve, tmp_path: Path) -> None:
    """The same port, the same store: the stream goes on after the last event."""
    tables = {"engine": f"sqlite:///{tmp_path / 'kept.db'}"}
    with serve(**tables) as url:
        port = urlsplit(url).port
        send(url, "hola")
        follower = following("--after", "0", "--url", url)
        process, events = follower.__enter__()
        wait_for(lambda: len(events()) == 3, "what was in the log")
    try:
        with serve(port, **tables):
            send(url, "again")
            wait_for(lambda: len(events()) == 6, "what came after the cut")
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=IN_TIME_S)
    finally:
        follower.__exit__(None, None, None)
    assert process.returncode == 130
    assert [event["position"] for event in events()] == list(range(1, 7))
    cut, back = err.splitlines()
    assert "The stream was cut" in cut
    assert "The stream is back" in back


def test_reader_that_leaves_ends_it(url: str) -> None:
    send(url, "hola")
    with subprocess.Popen(
        [RELEVO, "events", "--after", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["position"] == 1
        process.stdout.close()
        # It notices with the next event that nobody reads any more.
        send(url, "are you there")
        assert process.wait(IN_TIME_S) == 1
        assert process.stderr.read() == ""


def test_terminal_gets_a_coloured_line_each_and_ctrl_c(url: str) -> None:
    send(url, "reject")
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [RELEVO, "events", "--after", "0"],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "140"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no other way
    ) as process:
        os.close(inside)
        shown = ""
        while "✗ failed" not in shown:
            shown += os.read(terminal, 65_536).decode("utf-8", "replace")
        os.write(terminal, b"\x03")
        assert process.wait(IN_TIME_S) == 130
    os.close(terminal)
    queued, sending, failed = (line for line in shown.splitlines() if PERSON in line)
    assert re.search(r"\d\d:\d\d:\d\d\.\d{3} .*● queued.*shop.*reject", queued)
    assert "\x1b[33m● sending" in sending
    assert "\x1b[1;31m✗ failed" in failed
    assert "Traceback" not in shown


@pytest.mark.usefixtures("url")
@pytest.mark.parametrize(
    ("tokens", "code", "words"),
    [
        (["--type", "pigeon"], 2, '"pigeon" is no type of event; there is outbound'),
        (["--after", "ñ"], 2, "--after takes an event's id"),
        (["--after", "yesterday"], 1, "no event id"),
        (["--message", "no-id"], 2, "--message"),
    ],
)
def test_what_does_not_work_is_one_sentence(
    tokens: list[str], code: int, words: str, capsys: Capture
) -> None:
    assert run(["events", *tokens]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1
