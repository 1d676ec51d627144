"""Messages on their way out, as the API takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from relevo.client.call import given
from relevo.contents import Content
from relevo.errors import InvalidMessage
from relevo.messages import DEFAULT_SCHEME, Address, Message

AnyContent = Content | Mapping[str, Any]


def message_body(message: Message | None, parts: dict[str, Any]) -> dict[str, Any]:
    """Write a message that is given whole, or by its parts; the server checks the parts.

    Raises:
        InvalidMessage: It is given both ways or neither, or limits its attempts, which only
            an application that embeds Relevo can do.
    """
    if (message is None) == (not parts):
        msg = "Give either a message, or its parts (to, and text or content)."
        raise InvalidMessage(msg)
    return parts if message is None else whole_body(message)


def whole_body(message: Message) -> dict[str, Any]:
    """Write a message that is given whole.

    Raises:
        InvalidMessage: It limits its attempts.
    """
    if message.max_attempts is not None:
        msg = "max_attempts cannot be asked of a server: leave it out, or set it on the account."
        raise InvalidMessage(msg)
    return given(
        to=person(message.to),
        content=message.content,
        account=message.account,
        reply_to=message.reply_to,
        extra=message.extra or None,
        expires_at=message.expires_at,
        send_at=message.send_at,
        priority=message.priority,
        on_unknown=message.on_unknown,
    )


def new_key(message: Message | None) -> str:
    """Make the `Idempotency-Key` of a request: a message's own id, or a new one."""
    return str(uuid4() if message is None else message.message_id)


def person(to: Address | str | None) -> str | None:
    """Write an address as `POST /messages` takes it."""
    if to is None or isinstance(to, str):
        return to
    return to.value if to.scheme == DEFAULT_SCHEME else to.uri()
