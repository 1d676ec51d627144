"""`relevo demo` as a person runs it: a process of its own, real ports, a pipe or a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from tests.ports import free_port

RELEVO = Path(sys.executable).with_name("relevo")
IN_TIME_S = 30
SEND = "/api/demo/messaging/meta/whatsapp/send"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def demo_once(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RELEVO, "demo", "--once", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=IN_TIME_S * 2,
        env={**os.environ, **environment},
    )


@dataclass
class RunningDemo:
    """A demo that stays, with what it wrote so far."""

    process: subprocess.Popen[str]
    out: Path
    err: Path
    url: str = field(default="", init=False)

    def events(self) -> list[dict[str, object]]:
        lines = self.out.read_text("utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def wait_for(self, condition: Callable[[], object], what: str) -> None:
        give_up_at = time.monotonic() + IN_TIME_S
        while not condition():
            assert self.process.poll() is None, self.err.read_text("utf-8")
            assert time.monotonic() < give_up_at, f"no {what}\n{self.err.read_text('utf-8')}"
            time.sleep(0.05)

    def statuses(self) -> list[object]:
        return [event["data"]["status"] for event in self.events()]  # type: ignore[index]


@contextmanager
def demo_that_stays(folder: Path, *options: str) -> Iterator[RunningDemo]:
    out, err = folder / "out", folder / "err"
    with (
        out.open("w") as stdout,
        err.open("w") as stderr,
        subprocess.Popen(
            [RELEVO, "demo", *options],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        demo = RunningDemo(process, out, err)
        try:
            demo.wait_for(lambda: "read" in demo.statuses(), "first message that is read")
            demo.url = re.findall(r"http://127\.0\.0\.1:\d+", err.read_text("utf-8"))[0]
            yield demo
        finally:
            if process.poll() is None:
                process.kill()


def test_once_in_a_pipe_prints_the_events_and_nothing_else() -> None:
    """Each line is an event's JSON; the last one says that the message was read; exit code 0."""
    told = demo_once("--port", str(free_port()))
    assert told.returncode == 0, told.stderr
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))
    assert [event["data"]["status"] for event in events] == [
        "queued",
        "sending",
        "accepted",
        "sent",
        "delivered",
        "read",
    ]
    assert {event["data"]["to"] for event in events} == {"541130946950"}
    assert events[0]["data"]["content"]["body"] == "BSD prueba Meta WA Vertice360"
    assert events[2]["data"]["provider_message_id"].startswith("wamid.")
    assert "SANDBOX" in told.stderr
    assert "\x1b" not in told.stdout + told.stderr


def test_real_settings_are_named_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "relevo.toml").write_text("engine = [ this is not even TOML", "utf-8")
    told = demo_once(
        "--port",
        str(free_port()),
        META_VERTICE360_WABA_TOKEN="canary-token",
        PHONE_NUMBER_ID="109990001",
        META_BASE_URL="http://127.0.0.1:1",
        HTTP_PROXY="http://127.0.0.1:1",
        ALL_PROXY="http://127.0.0.1:1",
    )
    assert told.returncode == 0, told.stderr
    (line,) = [line for line in told.stderr.splitlines() if "META_VERTICE360_WABA_TOKEN" in line]
    assert "not used" in line
    assert "PHONE_NUMBER_ID" in line
    assert "relevo.toml" in line
    assert "canary-token" not in told.stdout + told.stderr
    assert {json.loads(line)["data"]["account"] for line in told.stdout.splitlines()} == {"sandbox"}


def test_taken_default_port_means_the_next_free_one_and_says_so() -> None:
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # whoever has it already will do as well
            held.enter_context(socket.create_server(("127.0.0.1", 7062)))
        told = demo_once()
    assert told.returncode == 0, told.stderr
    (chosen,) = re.findall(r"API docs +http://127\.0\.0\.1:(\d+)", told.stderr)
    assert int(chosen) > 7062
    assert f"relevo: 7062 is taken, using {chosen}\n" in told.stderr


def test_port_that_was_asked_for_and_is_taken_is_refused() -> None:
    with taken_port() as port:
        told = demo_once("--port", str(port))
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == (
        f"relevo: Cannot listen on 127.0.0.1 port {port}: the port is taken; give another with "
        "--port, or stop what has it.\n"
    )


def test_file_is_kept_where_asked_and_used_again(tmp_path: Path) -> None:
    """A second run goes on in the same log, and ends with its own message."""
    options = ("--port", str(free_port()), "--db", str(tmp_path / "kept.db"))
    first, second = demo_once(*options), demo_once(*options)
    assert (first.returncode, second.returncode) == (0, 0), second.stderr
    positions = [
        [json.loads(line)["position"] for line in run.stdout.splitlines()]
        for run in (first, second)
    ]
    assert positions[0] + positions[1] == list(range(1, len(positions[0]) * 2 + 1))


def test_second_demo_beside_the_first_works_and_ctrl_c_ends_both(tmp_path: Path) -> None:
    with demo_that_stays(tmp_path) as first:
        told = demo_once()
        assert told.returncode == 0, told.stderr
        assert first.url not in told.stderr
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(IN_TIME_S) == 0
        assert "Traceback" not in first.err.read_text("utf-8")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_staying_demo_serves_and_stops_in_spite_of_open_streams(
    number: signal.Signals, tmp_path: Path
) -> None:
    """What others send appears live, and a reader of the stream holds nothing up."""
    with (
        demo_that_stays(tmp_path, "--port", str(free_port())) as demo,
        httpx.Client(base_url=demo.url, trust_env=False) as client,
        client.stream("GET", "/api/v1/messaging/events", timeout=None) as reader,
    ):
        lines = reader.iter_lines()
        assert next(lines).startswith("id: ")
        answer = client.post(SEND, json={"to": "541130946950", "text": "hola"})
        assert answer.json()["messages"][0]["id"].startswith("wamid.")
        demo.wait_for(lambda: demo.statuses().count("read") == 2, "second message that is read")
        began = time.monotonic()
        demo.process.send_signal(number)
        assert demo.process.wait(IN_TIME_S) == 0
        assert time.monotonic() - began < 8
        assert sum(line.startswith("data: ") for line in lines) >= 6
    assert "Traceback" not in demo.err.read_text("utf-8")


def test_terminal_shows_a_timeline_takes_a_reply_and_ctrl_c() -> None:
    """In a terminal: colours and offsets; a typed line comes back as the customer's words."""
    with demo_in_a_terminal() as (process, terminal):
        shown = _read_until(terminal, "", r"\+\d+ ms.*\x1b\[34mread")
        assert "SANDBOX" in shown
        assert re.search(r"\+\d+ ms.*\x1b\[36m●.*\x1b\[36mdelivered", shown)
        os.write(terminal, "¿Está listo?\n".encode())
        shown = _read_until(terminal, shown, r"◀ reply.*from 549\d+  ¿Está listo\?")
        os.write(terminal, b"\x03")
        _read_until(terminal, shown, r"Stopping\.")
        assert process.wait(IN_TIME_S) == 0


@contextmanager
def demo_in_a_terminal() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run it in a session of its own, whose Ctrl-C is the terminal's affair."""
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [RELEVO, "demo", "--port", str(free_port())],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no other way
    ) as process:
        os.close(inside)
        try:
            yield process, terminal
        finally:
            if process.poll() is None:
                process.kill()
            os.close(terminal)


def _read_until(terminal: int, shown: str, pattern: str) -> str:
    give_up_at = time.monotonic() + IN_TIME_S
    while not re.search(pattern, shown):
        assert time.monotonic() < give_up_at, shown
        try:
            shown += os.read(terminal, 65_536).decode("utf-8", "replace")
        except OSError:  # Linux says EIO at the end of a terminal
            pytest.fail(f"It ended before {pattern!r} was shown:\n{shown}")
    return shown
