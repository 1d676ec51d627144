"""The Graph API's rules for what stands around a message's content. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from pydantic import JsonValue

from relevo_meta_whatsapp.addresses import digits_of
from relevo_meta_whatsapp.sandbox.graph.answers import (
    GraphRefusal,
    raise_invalid,
    raise_missing,
)
from relevo_meta_whatsapp.sandbox.graph.contents import CONTENTS
from relevo_meta_whatsapp.sandbox.graph.rules import JsonObject, fields, text
from relevo_meta_whatsapp.sandbox.state.spelling import wa_id_of

_DIGITS = re.compile(r"[0-9]{5,15}")
_USER = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_MAX_ECHO = 512
_CONTEXT = fields({"message_id": text()}, is_open=True)
_HASH = text()
READABLE_S = 30 * 24 * 3600.0
"""How long a message can be marked as read."""


def check_product(payload: JsonObject) -> None:
    """Check what every request needs."""
    product = payload.get("messaging_product")
    if product is None:
        title = "(#100) The parameter messaging_product is required."
        raise GraphRefusal(100, title, title=title)
    if product != "whatsapp":
        title = "(#100) Param messaging_product must be one of {WHATSAPP}"
        raise GraphRefusal(100, title, title=title)


def is_read_receipt(payload: JsonObject) -> bool:
    """Tell read receipts (and typing, which comes with them) from sends."""
    return "status" in payload


def check_read_receipt(payload: JsonObject, inbound: Mapping[str, float], now: float) -> None:
    """Check a read receipt, with or without typing."""
    if payload.get("status") != "read":
        raise_invalid("status", "must be 'read'")
    wamid = payload.get("message_id")
    text()(wamid, "message_id")
    came_at = inbound.get(str(wamid))
    if came_at is None or now - came_at > READABLE_S:
        raise_invalid("message_id", "is no message that came in within 30 days")
    if payload.get("typing_indicator", {"type": "text"}) != {"type": "text"}:
        raise_invalid("typing_indicator", "must be {'type': 'text'}")


def check_send(payload: JsonObject, groups: AbstractSet[str]) -> dict[str, str]:
    """Check a send by the rules of its envelope and of its type.

    Returns:
        The recipient as the answer names it: `wa_id`, `user_id` or `group_id`.

    Raises:
        GraphRefusal: In Meta's words and with Meta's code.
    """
    kind = payload.get("type", "text")
    recipient = _recipient(payload, groups)
    echo = payload.get("biz_opaque_callback_data", "")
    if not isinstance(echo, str) or len(echo) > _MAX_ECHO:
        raise_invalid("biz_opaque_callback_data", f"must be a text of at most {_MAX_ECHO}")
    if "recipient_identity_key_hash" in payload:
        _HASH(payload["recipient_identity_key_hash"], "recipient_identity_key_hash")
    if not isinstance(kind, str) or kind not in CONTENTS:
        details = f"type must be one of {', '.join(CONTENTS)}"
        raise GraphRefusal(131051, details)
    if "context" in payload:
        _CONTEXT(payload["context"], "context")
        if kind == "reaction":
            raise_invalid("context", "does not go with a reaction; it names its own message")
    if kind == "pin" and "group_id" not in recipient:
        raise_invalid("recipient_type", "must be 'group': only groups have pins")
    if kind not in payload:
        raise_missing(kind)
    CONTENTS[kind](payload[kind], kind)
    return recipient


def _recipient(payload: JsonObject, groups: AbstractSet[str]) -> dict[str, str]:
    kind = payload.get("recipient_type", "individual")
    if kind == "group":
        return _group(payload.get("to"), groups)
    if kind != "individual":
        raise_invalid("recipient_type", "must be 'individual' or 'group'")
    # Where both are given, the number wins.
    if "to" in payload:
        to = payload["to"]
        digits = digits_of(to) if isinstance(to, str) else ""
        if not _DIGITS.fullmatch(digits):
            raise_invalid("to", "is no phone number")
        return {"wa_id": wa_id_of(digits)}
    if "recipient" not in payload:
        raise_missing("to")
    user = payload["recipient"]
    if not isinstance(user, str) or not _USER.fullmatch(user):
        raise_invalid("recipient", "is no user id")
    return {"user_id": user}


def _group(to: JsonValue, groups: AbstractSet[str]) -> dict[str, str]:
    if to is None:
        raise_missing("to")
    if not isinstance(to, str) or to not in groups:
        details = "to names no group that this number is in"
        raise GraphRefusal(131041, details)
    return {"group_id": to}
