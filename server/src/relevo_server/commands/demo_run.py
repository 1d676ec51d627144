"""One run of the demo: send the first message, follow the stream, say how to go on."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from urllib.parse import quote

import anyio
import anyio.to_thread
import httpx
from rich.console import Console
from rich.text import Text

import relevo
from relevo.client import AsyncClient
from relevo_server.commands.listening import wait_for_stop
from relevo_server.commands.serve import API
from relevo_server.commands.timeline import Timeline, show_line

PERSON = "541130946950"
WORDS = "BSD prueba Meta WA Vertice360"
READ_WITHIN_S = 30.0
_READ = frozenset({"read", "played"})
_SEND_LIMIT_S = 25.0
"""A little more than the route itself takes at most."""


class DemoRun:
    """Drive a running server over HTTP, as a front end would.

    Args:
        url: Where the server answers.
        provider: The provider the sandbox stands in for, `<family>_<product>`.
        sandbox: It is running.
        as_json: Show events as JSON lines instead of a timeline.
    """

    def __init__(
        self, url: str, provider: str, sandbox: relevo.RunningSandbox, *, as_json: bool
    ) -> None:
        family, _, product = provider.partition("_")
        self._url = url
        self._send_path = f"/api/demo/messaging/{quote(family)}/{quote(product)}/send"
        self._lab_path = f"/demo/messaging/providers/{quote(family)}/{quote(product)}"
        self._sandbox = sandbox
        self._show: Callable[[relevo.Event], None] = show_line if as_json else Timeline().show
        self._notes = Console(file=sys.stderr, highlight=False)
        self._told: dict[str, str] = {}
        self._news = anyio.Event()

    def introduce(self, unused: Sequence[str]) -> None:
        """Say what this is, what it leaves alone, and where things are."""
        self._note(
            ("Relevo demo  ", "bold"),
            ("SANDBOX", "bold black on yellow"),
            "  Nothing leaves this machine; nobody is messaged.",
        )
        if unused:
            self._note((f"Real settings seen and not used: {', '.join(unused)}", "yellow"))
        self._note(("  Lab       ", "dim"), (f"{self._url}{self._lab_path}", "bold"))
        self._note(("  API docs  ", "dim"), f"{self._url}/schema")
        self._note(("  events    ", "dim"), f"curl -N {self._url}{API}/events")
        self._note(
            ("  send      ", "dim"),
            f"curl -X POST {self._url}{self._send_path} -H 'content-type: application/json' "
            f"""-d '{{"to":"{PERSON}","text":"hola"}}'""",
        )
        self._note(
            ("  sandbox   ", "dim"), f"{self._sandbox.url}  answer from there as the customer"
        )
        if _typed_lines_work():
            self._note(
                ("  reply     ", "dim"),
                "type a line here and press Enter to answer as the customer",
            )
        self._note("")

    async def until_read(self) -> str | None:
        """Run until the first message is read; give the reason if it is not in time."""
        with anyio.move_on_after(READ_WITHIN_S):
            return await self._with_stream(self._send_and_see_read)
        last = next(reversed(self._told.values()), "not even accepted")
        return f"The first message was not read within {READ_WITHIN_S:g} s; it is {last}."

    async def until_stopped(self) -> str | None:
        """Run until Ctrl-C."""
        return await self._with_stream(self._send_and_stay)

    async def _with_stream(
        self, act: Callable[[httpx.AsyncClient], Awaitable[str | None]]
    ) -> str | None:
        reason: str | None = None
        async with (
            httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=_SEND_LIMIT_S) as client,
            anyio.create_task_group() as tasks,
        ):
            opened = anyio.Event()
            tasks.start_soon(self._follow, opened)
            await opened.wait()
            reason = await act(client)
            tasks.cancel_scope.cancel()
        return reason

    async def _follow(self, opened: anyio.Event) -> None:
        async with AsyncClient(self._url) as client, client.events() as events:
            opened.set()
            async for event in events:
                # In a thread: whoever reads our output may be slow, and the server lives here too.
                await anyio.to_thread.run_sync(self._show, event, abandon_on_cancel=True)
                self._hear(event)

    def _hear(self, event: relevo.Event) -> None:
        data = event.data
        provider_message_id, status = data.get("provider_message_id"), data.get("status")
        if provider_message_id and status:
            self._told[provider_message_id] = status
            self._news.set()
            self._news = anyio.Event()

    async def _send_and_see_read(self, client: httpx.AsyncClient) -> str | None:
        sent, problem = await self._send(client)
        while sent is not None and self._told.get(sent) not in _READ:
            if self._told.get(sent) == "failed":
                return "The sandbox reported the first message as failed."
            await self._news.wait()
        return problem

    async def _send_and_stay(self, client: httpx.AsyncClient) -> str | None:
        _, problem = await self._send(client)
        if problem:
            self._note((problem, "red"))
        async with anyio.create_task_group() as tasks:
            if _typed_lines_work():
                tasks.start_soon(self._reply_with_typed_lines)
            await wait_for_stop()
            tasks.cancel_scope.cancel()
        self._note("Stopping.")
        return None

    async def _send(self, client: httpx.AsyncClient) -> tuple[str | None, str | None]:
        """Send the first message; give the provider's id of it, or what went wrong."""
        try:
            answer = await client.post(self._send_path, json={"to": PERSON, "text": WORDS})
        except httpx.HTTPError as error:
            return None, f"The first message got no answer ({type(error).__name__})."
        if answer.status_code != HTTPStatus.OK:
            return None, f"The first message was answered HTTP {answer.status_code}: {answer.text}"
        return str(answer.json()["messages"][0]["id"]), None

    async def _reply_with_typed_lines(self) -> None:
        while True:
            # Not in a thread: one that waits for the keyboard would hold up the end.
            await anyio.wait_readable(sys.stdin.fileno())
            if os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():
                # In the background, where reading the keyboard would stop the process.
                await anyio.sleep(1)
                continue
            line = sys.stdin.readline()
            if not line:
                return
            if line.strip():
                await self._sandbox.reply(line.strip(), PERSON)

    def _note(self, *parts: str | tuple[str, str]) -> None:
        self._notes.print(Text.assemble(*parts), soft_wrap=True)


def _typed_lines_work() -> bool:
    return sys.platform != "win32" and sys.stdin is not None and sys.stdin.isatty()
