"""`relevo serve` as a process: where it listens, how it stops, what stops it from starting."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from relevo.cli.app import run
from relevo_server.commands import serve as serve_module
from relevo_server.operating import LogFormat

RELEVO = Path(sys.executable).with_name("relevo")
IN_TIME_S = 30
SETTINGS = """
engine = "sqlite:///kept.db"
[accounts.screen]
provider = "console"
statuses = ["sent", "read"]
webhook_token = "env:CONSOLE_TOKEN"
"""
FOR_PEOPLE = f'{SETTINGS}\n[server]\nlog_format = "text"\n'


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CONSOLE_TOKEN", "canary-console-token")


@contextmanager
def serving(*options: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """Run it on any free port; give the process, its address and what it announced.

    Its settings say `log_format = "text"`: to a pipe it announces nothing otherwise.
    """
    with subprocess.Popen(
        [RELEVO, "serve", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            announced: list[str] = []
            for line in process.stdout:
                announced.append(line.rstrip("\n"))
                if line.startswith("  docs"):
                    break
            (url,) = re.findall(r"listens on (http://127\.0\.0\.1:\d+)", announced[0])
            yield process, url, announced
        finally:
            if process.poll() is None:
                process.kill()


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    """Run one that is expected not to start."""
    return subprocess.run(
        [RELEVO, "serve", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=IN_TIME_S,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_server_announces_serves_and_stops_in_spite_of_open_streams(
    number: signal.Signals, tmp_path: Path
) -> None:
    config = tmp_path / "relevo.toml"
    config.write_text(FOR_PEOPLE, "utf-8")
    with (
        serving("--config", str(config)) as (process, url, announced),
        httpx.Client(base_url=url, trust_env=False) as client,
        client.stream("GET", "/api/v1/messaging/events", timeout=None) as reader,
    ):
        assert any("screen (console)" in line for line in announced)
        assert not any("/demo/messaging/providers" in line for line in announced)
        assert any("meta_whatsapp" in line and "loaded" in line for line in announced)
        lines = reader.iter_lines()
        assert next(lines).startswith("id: ")
        message = {"to": "541130946950", "text": "hola"}
        answer = client.post(
            "/api/v1/messaging/messages", json=message, headers={"Prefer": "wait=5"}
        )
        assert answer.status_code == 200, answer.text
        news = (line for line in lines if line.startswith("data: "))
        assert [next(news) for _ in ("queued", "sending", "accepted")]
        began = time.monotonic()
        process.send_signal(number)
        for _ in lines:
            pass  # the stream ends by itself
        _, err = process.communicate(timeout=IN_TIME_S)
        assert process.returncode == 0
        assert time.monotonic() - began < 8
    assert "Traceback" not in err
    assert "canary-console-token" not in err
    assert "541130946950" not in err


def test_store_that_is_in_use_ends_the_second_server(tmp_path: Path) -> None:
    (tmp_path / "relevo.toml").write_text(FOR_PEOPLE, "utf-8")
    with serving():
        told = serve("--port", "0")
    assert (told.returncode, told.stdout) == (3, "")
    assert "kept.db" in told.stderr
    assert "Traceback" not in told.stderr


def test_taken_port_is_told() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        told = serve("--port", port)
    assert told.returncode == 2
    assert port in told.stderr
    assert "--port" in told.stderr
    logged, said = told.stderr.splitlines()
    row = json.loads(logged)
    assert (row["level"], row["code"]) == ("error", "configuration")
    assert said == f"relevo: {row['message']}"


@pytest.mark.parametrize(
    ("options", "settings", "words"),
    [
        (["--host", "0.0.0.0"], "", "no keys"),  # noqa: S104 - refused
        (["--host", "nowhere.invalid"], "", "server.host"),
        (["--config", "nowhere.toml"], "", "nowhere.toml"),
        ([], '[accounts.shop]\nprovider = "pigeon"', "pigeon"),
        ([], '[accounts.shop]\nprovider = "console"\nstrem = "stdout"', "stream"),
        ([], '[accounts.shop]\nprovider = "console"\nwebhook_token = "env:NOPE"', "NOPE"),
        ([], "[server]\nprot = 1", "server.prot"),
        ([], 'engine = "oracle://x"', "oracle"),
        ([], '[server]\ndemo_account = "nobody"', "nobody"),
    ],
)
def test_settings_that_cannot_work_are_one_sentence(
    options: list[str],
    settings: str,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(serve_module, "log_to_stderr", lambda _: None)
    (tmp_path / "relevo.toml").write_text(settings, "utf-8")
    code = run(["serve", "--port", "0", *options])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert words in err
    assert not list(tmp_path.glob("relevo.db*"))
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1


def test_start_and_stop_are_log_lines_and_a_pipe_gets_no_banner(tmp_path: Path) -> None:
    """In a container stdout and stderr are one log: every line of it is an object then."""
    (tmp_path / "relevo.toml").write_text(SETTINGS, encoding="utf-8")
    with subprocess.Popen(
        [RELEVO, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            started = next(
                row for row in map(json.loads, process.stderr) if "has started" in row["message"]
            )
            process.send_signal(signal.SIGTERM)
            err, out = process.stderr.read(), process.stdout.read()
        finally:
            process.kill()
    assert out == ""
    assert (started["version"], started["role"]) == (importlib.metadata.version("relevo"), "all")
    assert started["url"].startswith("http://127.0.0.1:")
    last = json.loads(err.splitlines()[-1])
    assert "has stopped" in last["message"]
    assert last["version"] == started["version"]


@pytest.mark.parametrize(
    ("form", "terminal", "shown"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("json", True, False),
        ("text", False, True),
    ],
)
def test_banner_is_for_people(
    monkeypatch: pytest.MonkeyPatch, form: str, *, terminal: bool, shown: bool
) -> None:
    """In a terminal, unless JSON is wanted there; in a pipe where words are wanted."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    assert serve_module._is_read_by_people(LogFormat(form)) is shown


def test_lab_is_announced_for_providers_named_by_family_and_product() -> None:
    """Once for each, however many accounts use it."""
    pages = serve_module.lab_pages(["meta_whatsapp", "console", "meta_whatsapp", "acme_sms"])
    assert pages == [
        "/demo/messaging/providers/acme/sms",
        "/demo/messaging/providers/meta/whatsapp",
    ]
