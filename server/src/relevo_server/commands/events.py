"""`relevo events`: follow what happens, through cuts, for as long as somebody reads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import anyio
import anyio.to_thread
from cyclopts import Parameter, Token

import relevo
from relevo.cli.failures import note
from relevo.cli.server_address import Url
from relevo_server.commands.asking import open_async_client
from relevo_server.commands.timeline import show_dense, show_line

_PREFIX = "messaging."


def read_types(kind: object, tokens: Sequence[Token]) -> list[relevo.EventType]:
    """Read event types, with or without what they all begin with."""
    del kind
    known = {one.value.removeprefix(_PREFIX): one for one in relevo.EventType}
    types: list[relevo.EventType] = []
    for token in tokens:
        word = token.value.removeprefix(_PREFIX)
        if word not in known:
            msg = f'"{token.value}" is no type of event; there is {", ".join(known)}.'
            raise ValueError(msg)
        types.append(known[word])
    return types


def events(
    *,
    after: str | None = None,
    types: Annotated[
        list[relevo.EventType] | None, Parameter(name="--type", converter=read_types)
    ] = None,
    accounts: Annotated[list[str] | None, Parameter(name="--account")] = None,
    messages: Annotated[list[UUID] | None, Parameter(name="--message")] = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
    url: Url = None,
) -> int:
    """Follow what happens, live, until Ctrl-C. A cut connection goes on where it was.

    Args:
        after: Begin after the event with this id; 0 is the log's start. Left out: now.
        types: Only events of this type; may be given again.
        accounts: Only of this account; may be given again.
        messages: Only about the message with this id; may be given again.
        as_json: Write one JSON object per line, as a pipe gets it.
        url: Where the server answers.
    """
    if after is not None and not (after.isascii() and after.isprintable()):
        msg = "--after takes an event's id as it came, such as 2c6a32e34fe9.42, or 0."
        raise relevo.ConfigurationError(msg)
    wanted = {"type": types, "account": accounts, "message_id": messages}
    show = show_dense if sys.stdout.isatty() and not as_json else show_line
    anyio.run(partial(_follow, url, wanted, after, show))
    return 0


async def _follow(
    url: str | None,
    wanted: dict[str, Any],
    after: str | None,
    show: Callable[[relevo.Event], None],
) -> None:
    async with open_async_client(url) as client:
        async for event in client.events(after=after, tell=note, **wanted):
            # In a thread: Ctrl-C has to work though whoever reads our output is slow.
            await anyio.to_thread.run_sync(show, event, abandon_on_cancel=True)
