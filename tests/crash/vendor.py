"""The vendor of a drill: a WhatsApp sandbox in a process of its own, which survives all of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import anyio
import httpx
from tests.crash.forking import CONTEXT

from relevo_meta_whatsapp.sandbox import MetaSandbox

ACCOUNT = "shop"
IN_TIME_S = 20
_ALL = 1_000_000


class Taken(NamedTuple):
    """One message that the vendor took: which of our attempts, to whom, what.

    `told` says that its first status was taken by us.
    """

    message_id: UUID
    attempt: int
    person: str
    text: str
    at: float
    told: bool


class Vendor:
    """A sandbox that is up."""

    def __init__(self, url: str, account: Mapping[str, Any]) -> None:
        self.account = account
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=IN_TIME_S)

    def behave(self, **behaviour: Any) -> None:
        """Behave like this from now on; what is left out is the sandbox's default."""
        self._client.put("/sandbox/behaviour", json=behaviour).raise_for_status()

    def taken(self) -> list[Taken]:
        """List what it took, in that order."""
        answer = self._client.get("/sandbox/messages", params={"limit": _ALL}).raise_for_status()
        return [_taken(message) for message in answer.json()["messages"]]

    def total(self) -> int:
        """Count what it took; cheaper than to list it."""
        answer = self._client.get("/sandbox/messages", params={"limit": 0}).raise_for_status()
        return int(answer.json()["total"])

    def forget(self) -> None:
        """Forget what it took."""
        self._client.delete("/sandbox/messages").raise_for_status()

    def let_write(self, person: str) -> None:
        """Let a person write: news of the account."""
        body = {"from": person, "text": "still there"}
        self._client.post("/sandbox/reply", json=body).raise_for_status()

    def close(self) -> None:
        """Let go of its control routes."""
        self._client.close()


def run(webhook: str, log: Path, answers: Connection) -> None:
    """Be the sandbox's process; tell the account that sends to it."""
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    anyio.run(_stay, webhook, answers)


async def _stay(webhook: str, answers: Connection) -> None:
    async with MetaSandbox().start(webhook) as running:
        answers.send(running.account)
        await anyio.sleep_forever()


@contextmanager
def running_vendor(webhook_base: str, log: Path) -> Iterator[Vendor]:
    """Run a sandbox until the block ends; its webhooks go to the account's route there."""
    webhook = f"{webhook_base}/webhooks/{ACCOUNT}"
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=run, args=(webhook, log, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        account = _read_account(ours, log)
        with closing(Vendor(str(account["base_url"]), account)) as vendor:
            yield vendor
        assert process.exitcode is None, f"the sandbox died, see {log}"
    finally:
        ours.close()
        process.kill()
        process.join()
        process.close()


def _read_account(answers: Connection, log: Path) -> dict[str, Any]:
    if not answers.poll(IN_TIME_S):
        msg = f"the sandbox did not start, see {log}"
        raise TimeoutError(msg)
    return dict(answers.recv())


def _taken(message: Mapping[str, Any]) -> Taken:
    message_id, _, attempt = message["biz_opaque_callback_data"].rpartition(".")
    return Taken(
        UUID(message_id),
        int(attempt),
        message["wa_id"],
        message["payload"]["text"]["body"],
        message["taken_at"],
        bool(message["told"]),
    )
