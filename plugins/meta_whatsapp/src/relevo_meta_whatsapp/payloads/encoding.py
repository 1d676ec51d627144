"""Payloads as bytes, and what a user merges into them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue

from relevo import Rejected
from relevo_meta_whatsapp.payloads.part import Payload


def encode(account: str, payload: Payload) -> bytes:
    """Write a payload as JSON bytes.

    Raises:
        Rejected: `Message.extra` holds what JSON cannot express, such as NaN.
    """
    try:
        return json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        msg = (
            f"Account {account!r}: the payload cannot be written as JSON; look for NaN or "
            "Infinity in the message's extra."
        )
        raise Rejected(msg) from None


def merge(payload: Payload, extra: Mapping[str, JsonValue]) -> Payload:
    """Merge `extra` into a copy of a payload: objects key by key, everything else replaced."""
    merged = dict(payload)
    for key, value in extra.items():
        ours = merged.get(key)
        if isinstance(ours, dict) and isinstance(value, dict):
            merged[key] = merge(ours, value)
        else:
            merged[key] = value
    return merged
