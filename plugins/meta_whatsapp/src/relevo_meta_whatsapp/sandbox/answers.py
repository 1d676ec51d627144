"""What the Graph API says on the wire: acceptance and refusals."""

from __future__ import annotations

import secrets
from types import MappingProxyType
from typing import NoReturn

from pydantic import JsonValue

from relevo_meta_whatsapp.addresses import canonical_digits
from relevo_meta_whatsapp.sandbox.state import TakenMessage

OAUTH = "OAuthException"
METHOD = "GraphMethodException"

TITLES = MappingProxyType(
    {
        0: "AuthException",
        100: "(#100) Invalid parameter",
        190: "Invalid OAuth access token - Cannot parse access token",
        2500: "Unknown path components",
        130429: "(#130429) Rate limit hit",
        131000: "(#131000) Something went wrong",
        131008: "(#131008) Required parameter is missing",
        131009: "(#131009) Parameter value is not valid",
        131026: "Message undeliverable",
        131031: "(#131031) Business Account locked",
        131041: "(#131041) Group is unknown",
        131047: "Re-engagement message",
        131051: "(#131051) Unsupported message type",
        131056: "(#131056) (Business Account, Consumer Account) pair rate limit hit",
        132000: "(#132000) Number of parameters does not match the expected number of params",
        132001: "(#132001) Template name does not exist in the translation",
        132012: "(#132012) Parameter format does not match format in the created template",
        132018: "(#132018) There was an issue with the parameters in the template",
    }
)
_GRAPH_LEVEL = frozenset({0, 190, 2500})
"""Refusals of the Graph itself have no `error_data`."""
_WA_ID_RULES = MappingProxyType({"54": "549", "52": "521"})


class GraphRefusal(Exception):
    """Refuse a request as the Graph API would."""

    def __init__(
        self,
        code: int,
        details: str,
        *,
        status: int = 400,
        title: str | None = None,
        subcode: int | None = None,
        kind: str = OAUTH,
    ) -> None:
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details
        self.status = status
        self.title = title
        self.subcode = subcode
        self.kind = kind


def raise_missing(parameter: str) -> NoReturn:
    """Refuse a request that lacks a parameter."""
    raise GraphRefusal(131008, f"Required parameter is missing: {parameter}")


def raise_invalid(parameter: str, why: str) -> NoReturn:
    """Refuse a parameter's value."""
    raise GraphRefusal(131009, f"Parameter value is not valid: {parameter} {why}")


def error_body(refusal: GraphRefusal) -> dict[str, JsonValue]:
    """Write Meta's error object."""
    title = refusal.title or title_of(refusal.code)
    error: dict[str, JsonValue] = {"message": title, "type": refusal.kind, "code": refusal.code}
    if refusal.subcode is not None:
        error["error_subcode"] = refusal.subcode
    if refusal.code not in _GRAPH_LEVEL and refusal.kind == OAUTH:
        error["error_data"] = {"messaging_product": "whatsapp", "details": refusal.details}
    error["fbtrace_id"] = f"Sandbox{secrets.token_urlsafe(8)}"
    return {"error": error}


def status_error(code: int) -> dict[str, JsonValue]:
    """Write the error object of a `failed` status."""
    title = title_of(code)
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": f"Sandbox: the message was told to fail with {code}."},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }


def title_of(code: int) -> str:
    """Tell Meta's words for a code, or words of its form."""
    return TITLES.get(code, f"(#{code}) Sandbox error")


def acceptance(message: TakenMessage) -> dict[str, JsonValue]:
    """Write the answer to a message that was taken."""
    asked = message.payload.get("to") or message.payload.get("recipient")
    told: dict[str, JsonValue] = {"id": message.wamid}
    if message.kind == "template":
        told["message_status"] = "accepted"
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": asked, **message.recipient}],
        "messages": [told],
    }


def wa_id_of(digits: str) -> str:
    """Resolve a number to WhatsApp's own spelling, which can differ from the one asked for."""
    canonical = canonical_digits(digits)
    for country, spelling in _WA_ID_RULES.items():
        if canonical.startswith(country) and len(canonical) == len(country) + 10:
            return spelling + canonical.removeprefix(country)
    return canonical
