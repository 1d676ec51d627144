"""Call what the application gave, once, and live through whatever it does."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
from anyio.lowlevel import checkpoint

from relevo.events import Event
from relevo.handlers import EventReader
from relevo.handling.context import HandlerContext


async def attempt(
    reader: EventReader, events: Sequence[Event], context: HandlerContext | None
) -> BaseException | None:
    """Hand events over; give the error that came of it, if any.

    Being cancelled is passed on. A `CancelledError` of the handler's own making (it
    awaited something that was cancelled) is its failure, not our end.
    """
    try:
        with anyio.fail_after(reader.timeout_s):
            await reader.hand(events, context)
    except anyio.get_cancelled_exc_class() as error:
        await checkpoint()  # raises again where we are meant
        return error
    except Exception as error:  # noqa: BLE001 - an application may raise anything
        return error
    return None
