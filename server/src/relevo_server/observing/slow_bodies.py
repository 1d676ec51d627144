"""Give up on clients that send their request's body drop by drop."""

from __future__ import annotations

from typing import Final

import anyio
from litestar.types import HTTPReceiveMessage, Receive

from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

SLOWEST: Final = 16 * 1024
"""Bytes a second that every client has to reach on average, once its first time is over."""


def impatient(receive: Receive, patience_s: float) -> Receive:
    """Read a body for as long as a slow line would need, and no longer.

    Raises:
        Problem: Whoever reads from the result: the body does not come.
    """
    began_at = anyio.current_time()
    got = 0
    whole = False

    async def receive_in_time() -> HTTPReceiveMessage:
        nonlocal got, whole
        if whole:
            return await receive()  # type: ignore[return-value]
        until = began_at + patience_s + got / SLOWEST
        with anyio.move_on_after(until - anyio.current_time()):
            message = await receive()
            if message["type"] == "http.request":
                got += len(message["body"])
                whole = not message["more_body"]
            return message  # type: ignore[return-value]
        msg = f"The body did not come within {until - began_at:.0f} s."
        raise Problem(ProblemCode.REQUEST_TIMEOUT, msg, headers={"Connection": "close"})

    return receive_in_time
