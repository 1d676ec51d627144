"""The commands together, as somebody's own CI would use them: sandbox, serve, send, look."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.ports import free_port

RELEVO = Path(sys.executable).with_name("relevo")
PERSON = "541130946950"
IN_TIME_S = 30
InPipe = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)


@contextmanager
def running(shown: Path, last: str, *tokens: str) -> Iterator[None]:
    """Run a command that stays, from when it showed its last words on.

    What programs read goes into the file `shown`, what is logged beside it.
    """
    log = shown.with_suffix(".log")
    with (
        shown.open("w") as stdout,
        log.open("w") as stderr,
        subprocess.Popen([RELEVO, *tokens], stdout=stdout, stderr=stderr) as process,
    ):
        try:
            give_up_at = time.monotonic() + IN_TIME_S
            while last not in (told := shown.read_text("utf-8") + log.read_text("utf-8")):
                assert process.poll() is None, told
                assert time.monotonic() < give_up_at, told
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(IN_TIME_S)


def test_sandbox_serve_send_and_look(
    tmp_path: Path, in_pipe: InPipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sandbox prints is the server's settings; its first answer is a 429."""
    url = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("RELEVO_URL", url)
    webhook = f"{url}/api/v1/messaging/webhooks/shop"
    faults = ["--status", "429", "--code", "130429", "--retry-after", "1", "--duplicate"]
    with (
        running(tmp_path / "relevo.toml", "Ctrl-C", "sandbox", "--webhook", webhook, *faults),
        running(tmp_path / "serve.out", "has started", "serve", "--port", url.rpartition(":")[2]),
    ):
        told = in_pipe("send", PERSON, "hola", "--wait", "20")
        assert told.returncode == 0, told.stderr
        message_id = json.loads(told.stdout)["id"]

        give_up_at = time.monotonic() + IN_TIME_S
        message = json.loads(told.stdout)
        while message["status"] != "read":
            assert time.monotonic() < give_up_at
            message = json.loads(in_pipe("messages", "show", message_id).stdout)
        assert [attempt["status"] for attempt in message["attempts"]] == ["queued", "accepted"]
        assert message["attempts"][0]["error"]["provider_code"] == "130429"

        listed = in_pipe("messages", "--account", "shop", "--direction", "out").stdout
        assert message_id in listed

        healthy = in_pipe("doctor")
        assert healthy.returncode == 0, healthy.stdout
        lines = [line.split("\t") for line in healthy.stdout.splitlines()]
        verdicts = {(area, subject): verdict for verdict, area, subject, *_ in lines}
        assert verdicts["engine", "sqlite"] == "good"
        assert verdicts["server", url] == "good"
        assert verdicts["webhooks", "shop"] == "good"
