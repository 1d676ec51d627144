"""Answers that last end with the right to have them."""

from __future__ import annotations

from typing import cast

import anyio
from litestar.types import HTTPReceiveMessage, Receive, Scope

from relevo_server.access.key_ring import KeyRing
from relevo_server.access.principals import STATE_KEY, Principal


def until_key_ends(keys: KeyRing, scope: Scope, receive: Receive) -> Receive:
    """Tell an answer that its client left once the client's key opens nothing any more.

    A stream that waits for its client to leave so ends in its own way, soon
    after the key was taken back; one that began without a key, once keys are
    demanded.
    """

    async def receive_or_end() -> HTTPReceiveMessage:
        message: HTTPReceiveMessage = {"type": "http.disconnect"}
        principal = scope["state"].get(STATE_KEY)
        if not isinstance(principal, Principal):
            return cast("HTTPReceiveMessage", await receive())

        async def end() -> None:
            await keys.until_gone(principal.key_id)
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end)
            message = cast("HTTPReceiveMessage", await receive())
            tasks.cancel_scope.cancel()
        return message

    return cast("Receive", receive_or_end)
