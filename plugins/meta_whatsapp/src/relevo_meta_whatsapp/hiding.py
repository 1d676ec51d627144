"""What of Meta's JSON may be shown: its structure and constants, never words, numbers or names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from relevo import redact_json

PUBLIC_KEYS: Final = frozenset(
    {
        "card_index",
        "catalog_id",
        "code",
        "country",
        "currency",
        "error_subcode",
        "expiration_days",
        "fbtrace_id",
        "field",
        "flow_action",
        "flow_message_version",
        "id",
        "index",
        "message_status",
        "messaging_product",
        "mode",
        "object",
        "offset",
        "parameter_name",
        "policy",
        "product_retailer_id",
        "recipient_type",
        "status",
        "sub_type",
        "timestamp",
        "type",
    }
)
"""Keys whose plain values are nobody's words, number or name."""
_PUBLIC_WITHIN: Mapping[str, frozenset[str]] = MappingProxyType(
    {"action": frozenset({"name"}), "template": frozenset({"name"})}
)
"""Keys that are public in one object only: a place and a person have a `name` too."""


def hide_private(raw: JsonValue, within: str = "") -> JsonValue:
    """Keep the shape, and hide every value whose key is not known to be safe."""
    if isinstance(raw, list):
        return [hide_private(one, within) for one in raw]
    if not isinstance(raw, dict):
        return redact_json(raw)
    public = PUBLIC_KEYS | _PUBLIC_WITHIN.get(within, frozenset())
    return {
        key: value
        if key in public and not isinstance(value, dict | list)
        else hide_private(value, key)
        for key, value in raw.items()
    }
