"""From one item of a webhook to what it tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType

from pydantic import JsonValue, ValidationError

from relevo import ProviderEvent, WebhookItem, WebhookMalformed
from relevo_meta_whatsapp.receiving.account import (
    parse_error,
    parse_identity_item,
    parse_preference_item,
    parse_value,
)
from relevo_meta_whatsapp.receiving.calls import parse_call
from relevo_meta_whatsapp.receiving.messages import parse_message
from relevo_meta_whatsapp.receiving.owners import Owner, check_owner, is_owner
from relevo_meta_whatsapp.receiving.past import parse_past
from relevo_meta_whatsapp.receiving.reading import JsonObject, find_text
from relevo_meta_whatsapp.receiving.statuses import parse_status

_PLACE = re.compile(r"entry\[[0-9]+\](?:\.[a-z_]{1,32}(?:\[[0-9]+\])?)*")

Parse = Callable[[JsonObject, JsonObject], Sequence[ProviderEvent]]

_PARSERS: MappingProxyType[str, Parse] = MappingProxyType(
    {
        "message": parse_message,
        "status": parse_status,
        "past": parse_past,
        "call": parse_call,
        "preference": parse_preference_item,
        "identity": parse_identity_item,
        "error": parse_error,
        "value": parse_value,
    }
)
"""By what splitting called the piece of news."""


def parse(owner: Owner, item: WebhookItem) -> Sequence[ProviderEvent]:
    """Translate one item.

    Raises:
        WebhookMalformed: It has not the documented form.
        ForeignItem: It belongs to another business number or account.
    """
    try:
        raw, kind, element = _element(item.raw)
        check_owner(owner, raw)
        return _PARSERS[kind](raw, element)
    except WebhookMalformed as error:
        msg = f"Account {owner.account!r}: a webhook item is malformed: {error.message}"
        raise WebhookMalformed(msg) from None
    except ValidationError as error:
        # An address or text of a size no person has. pydantic's words may hold it, ours do not.
        places = ", ".join(str(part) for problem in error.errors() for part in problem["loc"])
        msg = f"Account {owner.account!r}: a webhook item holds an impossible value ({places})."
        raise WebhookMalformed(msg) from None


def owns(owner: Owner, item: WebhookItem) -> bool:
    """Tell whether an item names this account as its owner."""
    try:
        raw, _, _ = _element(item.raw)
        return is_owner(owner, raw)
    except WebhookMalformed:
        return False


def _element(raw: JsonValue) -> tuple[JsonObject, str, JsonObject]:
    if isinstance(raw, dict):
        for kind in _PARSERS:
            element = raw.get(kind)
            if isinstance(element, dict):
                return raw, kind, element
    place = find_text(raw, "place") or ""
    # Items come back from a store; only a place of our own writing is no word of Meta's.
    shown = place if _PLACE.fullmatch(place) else "the item"
    msg = f"{shown} is not of the form Meta documents."
    raise WebhookMalformed(msg)
