"""Follow the event stream through cuts: every event once, for as long as somebody reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from http import HTTPStatus

import anyio
import httpx

from relevo.cli.server_address import reason_of
from relevo_server.commands.asking import EVENTS_PATH, refusal, troubled
from relevo_server.commands.following import Params, Place, ToldEvent, follow_events

SILENCE_S = 60.0
"""Longer than servers are silent by default (15 s): then the connection is dead."""
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_PASSING = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
"""What a server, or a proxy before it, answers while it starts or stops."""


async def follow_through_cuts(
    client: httpx.AsyncClient,
    params: Params,
    *,
    after: str | None = None,
    tell: Callable[[str], None],
) -> AsyncGenerator[ToldEvent, None]:
    """Give events without end; after a cut go on where it was.

    Args:
        client: Knows the server.
        params: Which events.
        after: The id to begin after; None: what comes from now on.
        tell: Hears of each cut, and that it is over.

    Raises:
        ServerUnreachable: No server answers, and none has before.
        RelevoError: The server refuses.
    """
    place = Place(after)
    been_open, cut, pause_s = False, False, _FIRST_PAUSE_S
    while True:
        reason = "the server ended it"
        try:
            stream = follow_events(
                client, EVENTS_PATH, params=params, place=place, silence_s=SILENCE_S
            )
            async with aclosing(stream) as events:
                async for event in events:
                    if event is not None:
                        yield event
                        continue
                    if cut:
                        tell("The stream is back; it goes on where it was cut.")
                    been_open, cut, pause_s = True, False, _FIRST_PAUSE_S
        except httpx.HTTPStatusError as error:
            if not been_open or error.response.status_code not in _PASSING:
                raise refusal(error.response) from error
            reason = f"HTTP {error.response.status_code}"
        except httpx.TransportError as error:
            if not been_open:
                raise troubled(client, error) from error
            reason = reason_of(error)
        if not cut:
            tell(f"The stream was cut ({reason}); trying again until it is back.")
            cut = True
        await anyio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
