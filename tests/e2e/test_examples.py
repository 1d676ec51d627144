"""The examples run as they stand."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import anyio
import httpx
import pytest

import relevo

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
IN_TIME_S = 30


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)


def python(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=IN_TIME_S * 2,
        env={**os.environ, **environment},
    )


def test_every_example_is_run_here() -> None:
    """A new example needs a test below."""
    assert {path.name for path in EXAMPLES.iterdir() if not path.name.startswith(("_", "."))} == {
        "acme_sms",
        "embed_litestar.py",
        "embed_script.py",
        "handle_events.py",
        "test_with_whatsapp_sandbox.py",
    }


def test_embed_script_sends_and_sees_it_read() -> None:
    told = python(EXAMPLES / "embed_script.py")
    assert told.returncode == 0, told.stderr
    first, *events = told.stdout.splitlines()
    assert first.startswith("Taken as console-")
    assert events[-1] == "messaging.status read"
    assert json.loads(told.stderr)["content"]["body"] == "Your order is ready."


def test_test_with_whatsapp_sandbox_passes() -> None:
    told = python("-m", "pytest", "-q", EXAMPLES / "test_with_whatsapp_sandbox.py")
    assert told.returncode == 0, told.stdout
    assert "1 passed" in told.stdout


def test_event_handler_goes_on_where_it_was() -> None:
    """Run twice, each run is handed its own two statuses and none of the other's."""
    ids: list[str] = []
    for _ in range(2):
        told = python(EXAMPLES / "handle_events.py")
        assert told.returncode == 0, told.stderr
        lines = [line.split() for line in told.stdout.splitlines()]
        assert [status for _, status in lines] == ["sent", "read"]
        ids += [event_id for event_id, _ in lines]
    assert len(set(ids)) == 4


def test_embed_litestar_serves_its_own_route_and_ours() -> None:
    """A route of the application submits; Relevo's API beside it tells that it was read."""
    command = ["-m", "uvicorn", "embed_litestar:app", "--port", "0", "--app-dir", str(EXAMPLES)]
    with subprocess.Popen(
        [sys.executable, *command], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        try:
            url = _address_of(process)
            with httpx.Client(base_url=url, trust_env=False) as client:
                answer = client.post("/orders/77/ready")
                assert answer.status_code == 201, answer.text
                where = f"/api/v1/messaging/messages/{answer.json()['message_id']}"
                give_up_at = time.monotonic() + IN_TIME_S
                while client.get(where).json()["status"] != "read":
                    assert time.monotonic() < give_up_at, client.get(where).text
                    time.sleep(0.05)
        finally:
            process.terminate()
            process.communicate(timeout=IN_TIME_S)


def _address_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(r"running on (http://\S+)", line):
            return found[1]
    pytest.fail(said)


def test_acme_sms_passes_its_own_suite() -> None:
    """From its sources; as an installed wheel it is tested with the other wheels."""
    folder = EXAMPLES / "acme_sms"
    told = python(
        *("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, folder / "tests"),
        PYTHONPATH=str(folder / "src"),
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(r"\d+ passed", told.stdout)


class Acme(BaseHTTPRequestHandler):
    """The vendor: takes every text."""

    taken: ClassVar[list[tuple[str, str, object]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.append((self.path, self.headers["authorization"], json.loads(body)))
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b'{"id": "sms-1"}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def acme_url() -> Iterator[str]:
    Acme.taken.clear()
    with HTTPServer(("127.0.0.1", 0), Acme) as vendor:
        thread = threading.Thread(target=vendor.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{vendor.server_port}"
        vendor.shutdown()
        thread.join()


@pytest.mark.anyio
async def test_acme_sms_sends_and_receives_through_relevo(
    acme_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both ways through the whole of Relevo, against a vendor that answers over real HTTP."""
    monkeypatch.syspath_prepend(str(EXAMPLES / "acme_sms" / "src"))
    provider = importlib.import_module("relevo_acme_sms").AcmeSms
    account = {
        "provider": "acme_sms",
        "token": "made-up-token",
        "webhook_token": "made-up-webhook-token",
        "base_url": acme_url,
    }
    settings = relevo.Settings.model_validate({"accounts": {"texts": account}})
    rows = [
        {"kind": "dlr", "id": "sms-1", "state": "dlvrd"},
        {"kind": "nonsense"},
        {"kind": "mo", "id": "sms-9", "from": "541130946950", "text": "gracias"},
    ]
    posted = relevo.WebhookRequest(
        "POST", "/", json.dumps(rows).encode(), {"x-acme-token": "made-up-webhook-token"}
    )
    message = relevo.Message(to="541130946950", text="hola")
    with anyio.fail_after(IN_TIME_S):
        async with relevo.open_runtime(settings, providers=[provider]) as runtime:
            receipt = await runtime.dispatcher.send(message)
            assert receipt.provider_message_id == "sms-1"
            await runtime.receiver.receive("texts", posted)
            told: list[relevo.EventType] = []
            async for event in runtime.dispatcher.events(after=0):
                told.append(event.type)
                if event.type is relevo.EventType.INBOUND:
                    break
            record = await runtime.dispatcher.message(message.message_id)
    assert record.status is relevo.DeliveryStatus.DELIVERED
    assert relevo.EventType.WEBHOOK in told, "the row nobody understands is set aside alone"
    sent = {"to": "541130946950", "text": "hola"}
    assert Acme.taken == [("/sms", "Bearer made-up-token", sent)]
