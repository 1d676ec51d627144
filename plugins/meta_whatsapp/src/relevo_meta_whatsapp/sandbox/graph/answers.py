"""What the Graph API says on the wire: acceptance and refusals."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, NoReturn

from pydantic import JsonValue

OAUTH = "OAuthException"
METHOD = "GraphMethodException"


class Code(NamedTuple):
    """Meta's words for a code, and the HTTP status of an answer that carries it."""

    title: str
    status: int = 400


CODES: Mapping[int, Code] = MappingProxyType(
    {
        0: Code("AuthException", 401),
        2: Code("Service temporarily unavailable", 503),
        3: Code("Capability or permissions issue", 500),
        10: Code("(#10) Application does not have permission for this action", 403),
        100: Code("(#100) Invalid parameter"),
        190: Code("Invalid OAuth access token - Cannot parse access token", 401),
        2200: Code("(#2200) Callback verification failed with the following errors"),
        2500: Code("Unknown path components"),
        80007: Code("(#80007) There have been too many calls from this WhatsApp Business account"),
        130403: Code("(#130403) User is blocked by the business"),
        130429: Code("(#130429) Rate limit hit"),
        130472: Code("User's number is part of an experiment"),
        131000: Code("(#131000) Something went wrong", 500),
        131005: Code("(#131005) Access denied", 403),
        131008: Code("(#131008) Required parameter is missing"),
        131009: Code("(#131009) Parameter value is not valid"),
        131016: Code("(#131016) Service unavailable", 500),
        131021: Code("(#131021) Recipient cannot be sender"),
        131026: Code("Message undeliverable"),
        131031: Code("(#131031) Business Account locked", 403),
        131041: Code("(#131041) Group is unknown"),
        131047: Code("Re-engagement message"),
        131049: Code("This message was not delivered to maintain healthy ecosystem engagement."),
        131050: Code("User has stopped receiving marketing messages from this business"),
        131051: Code("(#131051) Unsupported message type"),
        131052: Code("Media download error"),
        131053: Code("Media upload error"),
        131055: Code("(#131055) Method not allowed"),
        131056: Code("(#131056) (Business Account, Consumer Account) pair rate limit hit"),
        131057: Code("(#131057) Business Account is in maintenance mode", 500),
        131062: Code("(#131062) Authentication templates cannot be sent to a user id"),
        132000: Code("(#132000) Number of parameters does not match the expected number of params"),
        132001: Code("(#132001) Template name does not exist in the translation", 404),
        132005: Code("(#132005) Translated text too long"),
        132012: Code("(#132012) Parameter format does not match format in the created template"),
        132015: Code("(#132015) Template is paused"),
        132016: Code("(#132016) Template is disabled"),
        132018: Code("(#132018) There was an issue with the parameters in the template"),
        133005: Code("(#133005) Two step verification PIN mismatch"),
        133010: Code("(#133010) The account is not registered"),
        133016: Code("(#133016) Account register deregister rate limit exceeded"),
        134100: Code("(#134100) Only marketing messages are supported"),
        137000: Code("Recipient identity key hash mismatch"),
        139100: Code("(#139100) Failed to block or unblock some users"),
        139101: Code("(#139101) Block list limit reached"),
    }
)
_GRAPH_LEVEL = frozenset({0, 190, 2200, 2500, 80007})
"""Refusals of the Graph itself have no `error_data`."""
_ERROR_PAGE = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"


class GraphRefusal(Exception):
    """Refuse a request as the Graph API would.

    Args:
        code: Meta's; the HTTP status and the words come from the table unless they are given.
        details: What `error_data.details` says.
        beside: What stands beside `error` in the answer.
    """

    def __init__(
        self,
        code: int,
        details: str,
        *,
        status: int | None = None,
        title: str | None = None,
        subcode: int | None = None,
        kind: str = OAUTH,
        beside: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details
        self.status = status or CODES.get(code, Code("")).status
        self.title = title
        self.subcode = subcode
        self.kind = kind
        self.beside = beside or {}


def raise_missing(parameter: str) -> NoReturn:
    """Refuse a request that lacks a parameter."""
    raise GraphRefusal(131008, f"Required parameter is missing: {parameter}")


def raise_invalid(parameter: str, why: str) -> NoReturn:
    """Refuse a parameter's value."""
    raise GraphRefusal(131009, f"Parameter value is not valid: {parameter} {why}")


def raise_bad_request(title: str, subcode: int | None = None) -> NoReturn:
    """Refuse a request by the Graph's own 100, in words of its form."""
    raise GraphRefusal(100, title, title=f"(#100) {title}", subcode=subcode)


def raise_unknown_object(method: str) -> NoReturn:
    """Refuse an id that names nothing here, as the Graph does for lack of rights, too."""
    title = (
        f"Unsupported {method.lower()} request. Object with this ID does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation"
    )
    raise GraphRefusal(100, title, title=title, subcode=33, kind=METHOD)


def error_body(refusal: GraphRefusal) -> dict[str, JsonValue]:
    """Write Meta's error object."""
    title = refusal.title or title_of(refusal.code)
    error: dict[str, JsonValue] = {"message": title, "type": refusal.kind, "code": refusal.code}
    if refusal.subcode is not None:
        error["error_subcode"] = refusal.subcode
    if refusal.code not in _GRAPH_LEVEL and refusal.kind == OAUTH:
        error["error_data"] = {"messaging_product": "whatsapp", "details": refusal.details}
    error["fbtrace_id"] = f"Sandbox{secrets.token_urlsafe(8)}"
    return {**refusal.beside, "error": error}


def status_error(code: int, details: str | None = None) -> dict[str, JsonValue]:
    """Write the error object of a `failed` status."""
    title = title_of(code)
    told = details or f"Sandbox: the message was told to fail with {code}."
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": told},
        "href": _ERROR_PAGE,
    }


def title_of(code: int) -> str:
    """Tell Meta's words for a code, or words of its form."""
    known = CODES.get(code)
    return known.title if known else f"(#{code}) Sandbox error"
