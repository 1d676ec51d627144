"""Cut an attempt off when its time is over."""

from __future__ import annotations

import anyio

from relevo.errors import Unavailable
from relevo.events import Receipt
from relevo.middleware import CallNext, Dispatch


async def limit_time(dispatch: Dispatch, call_next: CallNext) -> Receipt:
    """Cancel what is inside after `dispatch.time_limit_s`.

    The endpoint has then written by the phase reached whether the message may
    have left; that error is raised here.
    """
    with anyio.move_on_after(dispatch.time_limit_s):
        return await call_next(dispatch)
    if dispatch.receipt is not None:
        return dispatch.receipt
    if dispatch.error is not None:
        raise dispatch.error
    msg = (
        f"Account {dispatch.account!r}: the layers took longer than "
        f"{dispatch.time_limit_s:g} s before the handover; nothing was sent."
    )
    raise Unavailable(msg)
