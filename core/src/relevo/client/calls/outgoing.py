"""Messages on their way out, as the API takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from relevo.client.call import given
from relevo.contents import Content
from relevo.errors import InvalidMessage, RequestRefused
from relevo.idempotency_keys import key_fault
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
        msg = (
            "max_attempts cannot be asked of a server: leave it out, or set it under [worker] in "
            "the settings of the server."
        )
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


def batch_item(one: Message | Mapping[str, Any], key: str | None) -> dict[str, Any]:
    """Write one item of a batch; without a key it gets one, so that a repeat sends nothing twice.

    Raises:
        InvalidMessage: It limits its attempts, or has a key and is given another.
        TypeError: It is neither a message nor its fields.
    """
    if isinstance(one, Message):
        return {**whole_body(one), "idempotency_key": key or new_key(one)}
    if not isinstance(one, Mapping):
        msg = (
            "send_batch takes messages: each a relevo.Message, or a dict with its fields, such as "
            f'{{"to": "541130946950", "text": "hola"}}; it was given a {type(one).__name__}.'
        )
        raise TypeError(msg)
    fields = given(**{**one, "to": person(one.get("to"))})
    if key is not None and "idempotency_key" in fields:
        msg = "An item has an idempotency_key and is given another one; leave one of them out."
        raise InvalidMessage(msg)
    return {"idempotency_key": key or new_key(None), **fields}


def checked_key(key: str) -> str:
    """Give a key that a header can carry.

    Raises:
        RequestRefused: It cannot be one; as the server says it.
    """
    fault = key_fault(key, "The header Idempotency-Key")
    if fault is not None:
        raise RequestRefused(fault)
    return key


def new_key(message: Message | None) -> str:
    """Make the `Idempotency-Key` of a request: a message's own id, or a new one."""
    return str(uuid4() if message is None else message.message_id)


def person(to: Address | str | None) -> str | None:
    """Write an address as `POST /messages` takes it."""
    if to is None or isinstance(to, str):
        return to
    return to.value if to.scheme == DEFAULT_SCHEME else to.uri()
