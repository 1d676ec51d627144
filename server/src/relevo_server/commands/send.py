"""`relevo send`: hand one message to a running server, and see it handed over if asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import anyio
from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

import relevo
from relevo.cli.failures import note
from relevo.cli.server_address import Url
from relevo_server.commands.asking import open_async_client
from relevo_server.commands.event_words import error_words
from relevo_server.commands.message_view import write_kept
from relevo_server.commands.plan_view import write_plan
from relevo_server.commands.relay_line import long_line
from relevo_server.commands.trail import Trail, read_time

if TYPE_CHECKING:
    from relevo.client import AsyncClient, MessageRow

Show = Callable[[Trail], None]


def send(
    to: str,
    text: str | None = None,
    /,
    *,
    content: str | None = None,
    account: str | None = None,
    reply_to: str | None = None,
    wait: Annotated[float, Parameter(validator=Number(gte=0))] = 0,
    plan: Annotated[bool, Parameter(negative=())] = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
    url: Url = None,
) -> int:
    """Send a message through a running server.

    Args:
        to: The recipient: a phone number with its country code, or scheme:value.
        text: What to say. Put -- before a text that begins with a hyphen.
        content: Any content as JSON, instead of a text.
        account: Which account sends; may be left out where there is one or a default.
        reply_to: The provider's id of the message this one quotes.
        wait: Wait so many seconds for the provider to take it.
        plan: Tell what would become of it, and keep and send nothing.
        as_json: Write the message as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    body = _body(to, text, content, account=account, reply_to=reply_to)
    people = sys.stdout.isatty() and not as_json
    if plan:
        return _show_plan(anyio.run(_plan, url, body), people=people)
    message = anyio.run(partial(_send, url, body, wait, people=people))
    if people:
        write_kept(message)
    else:
        print(json.dumps(message), flush=True)  # noqa: T201 - the answer
    if wait:
        check_handover(message)
    return 0


def _show_plan(plan: dict[str, Any], *, people: bool) -> int:
    """Write a plan; a message that would be refused is an error, as sending it would be.

    Raises:
        RelevoError: It would be refused.
    """
    if people:
        write_plan(plan)
    else:
        print(json.dumps(plan), flush=True)  # noqa: T201 - the answer
    refusal = plan.get("refusal")
    if refusal is not None:
        raise relevo.RelevoError(str(refusal["message"]))
    return 0


def check_handover(message: dict[str, Any]) -> None:
    """Make a message that was waited for and is not with the provider an error.

    Raises:
        StillPending: It goes on by itself.
        RelevoError: It was refused, given up, or its outcome is unknown.
    """
    status = relevo.DeliveryStatus(message["status"])
    error = message.get("error") or {}
    if status.on_its_way:
        raise relevo.StillPending(message["id"], status, _outlook(message))
    # A message that failed later, by a status, was handed over all the same.
    if status.handed_over or message.get("provider_message_id"):
        return
    told = error.get("message") or f"Message {message['id']} is {status}."
    if status is relevo.DeliveryStatus.UNKNOWN:
        told += f" {_what_comes(message)}See `relevo messages show {message['id']}`."
    raise relevo.RelevoError(told)


def _what_comes(message: dict[str, Any]) -> str:
    """Say what the server makes of a doubt; the account's policy decides."""
    told = (message.get("standing") or {}).get("next")
    return f"{told} " if told else ""


def _outlook(message: dict[str, Any]) -> str:
    """Say what the last attempt came to and when the next one is due; nothing if none failed."""
    error = message.get("error")
    if not error:
        return ""
    failed = f"Its last attempt failed ({error['code']}): {error['message']}"
    next_at = (message.get("standing") or {}).get("next_at")
    return (
        f"{failed} The next one is due at {read_time(next_at).astimezone():%H:%M:%S}."
        if next_at
        else failed
    )


def _body(
    to: str, text: str | None, content: str | None, *, account: str | None, reply_to: str | None
) -> dict[str, Any]:
    if (text is None) == (content is None):
        msg = "Give either a text or --content JSON, and not both. Try: relevo send --help"
        raise relevo.ConfigurationError(msg)
    said: dict[str, Any] = {"to": to, "account": account, "reply_to": reply_to, "text": text}
    if content is not None:
        try:
            said["content"] = json.loads(content)
        except ValueError as error:
            msg = f"--content is no JSON: {error}."
            raise relevo.ConfigurationError(msg) from None
    return {key: value for key, value in said.items() if value is not None}


async def _send(
    url: str | None, body: dict[str, Any], wait_s: float, *, people: bool
) -> dict[str, Any]:
    async with open_async_client(url) as client:
        kept = await _hand_in(client, body)
        if not wait_s:
            return kept.as_json()
        with _moving_line(Trail.of_message(kept.as_json()), shown=people) as (trail, show):
            with anyio.move_on_after(wait_s):
                await _see_handover(client, kept.id, trail, show)
        return (await client.message(kept.id)).as_json()


async def _plan(url: str | None, body: dict[str, Any]) -> dict[str, Any]:
    async with open_async_client(url) as client:
        return (await client.plan(**body)).as_json()


async def _hand_in(client: AsyncClient, body: dict[str, Any]) -> MessageRow:
    try:
        return await client.send(**body)
    except relevo.AnswerLost as error:
        msg = (
            f"{error.message} Whether it kept the message is not known: look before you send it "
            "again (relevo messages)."
        )
        raise relevo.AnswerLost(msg) from error


async def _see_handover(client: AsyncClient, message_id: str, trail: Trail, show: Show) -> None:
    """Follow the message from its first event on until the provider has it, or never will."""
    async with client.events(message_id=message_id, after="0", tell=note) as events:
        async for event in events:
            trail.add(event)
            show(trail)
            if not trail.on_its_way:
                return


@contextmanager
def _moving_line(trail: Trail, *, shown: bool) -> Iterator[tuple[Trail, Show]]:
    if not shown:
        yield trail, lambda _: None
        return
    console = Console(file=sys.stdout, highlight=False)
    with Live(_picture(trail, console), console=console, auto_refresh=False) as live:
        yield trail, lambda moved: live.update(_picture(moved, console), refresh=True)


def _picture(trail: Trail, console: Console) -> Group:
    line = long_line(trail, console.width)
    why = error_words(trail.error) if trail.on_its_way else ""
    return (
        Group(line, Text(f"{why} Relevo tries again by itself.", "yellow")) if why else Group(line)
    )
