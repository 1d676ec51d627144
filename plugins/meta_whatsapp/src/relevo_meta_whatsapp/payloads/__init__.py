"""From a Relevo message to the JSON of a send. Pure; one file for each family of contents."""

from relevo_meta_whatsapp.payloads.encoding import encode, merge
from relevo_meta_whatsapp.payloads.envelope import (
    ADDRESSING,
    ECHO_KEY,
    MARKETING_TEMPLATE,
    TEMPLATE,
    build_payload,
    wire_kind,
    wire_type,
)
from relevo_meta_whatsapp.payloads.part import Payload
from relevo_meta_whatsapp.payloads.words import MAX_TEXT

__all__ = [
    "ADDRESSING",
    "ECHO_KEY",
    "MARKETING_TEMPLATE",
    "MAX_TEXT",
    "TEMPLATE",
    "Payload",
    "build_payload",
    "encode",
    "merge",
    "wire_kind",
    "wire_type",
]
