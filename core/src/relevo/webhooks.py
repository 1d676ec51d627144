"""What a provider's webhook looks like to Relevo, without any web framework."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pydantic import ConfigDict, Field, JsonValue, field_validator
from pydantic.dataclasses import dataclass

_VALUE = ConfigDict(extra="forbid", hide_input_in_errors=True)

LONGEST_KEY = 512
"""No index of a database takes keys of any length."""


@dataclass(frozen=True, config=_VALUE)
class WebhookRequest:
    """One HTTP request from a provider, exactly as it came.

    Header names become lower case; a header sent twice is joined by a comma.
    Header values are text in latin-1, so any byte can stand in them: encode
    before a constant-time comparison.
    """

    method: str
    path: str
    body: bytes = Field(default=b"", repr=False)
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    query: Mapping[str, str] = Field(default_factory=dict, repr=False)

    @field_validator("headers")
    @classmethod
    def _lower_names(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        return {name.lower(): value for name, value in headers.items()}


@dataclass(frozen=True, config=_VALUE)
class WebhookReply:
    """What to answer the provider."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, config=_VALUE)
class WebhookItem:
    """One piece of news within a webhook.

    Args:
        key: The same for the same news, in whatever webhook it comes. Items are
            applied once per account and key. A very long one is kept as its hash.
        raw: The provider's own object, with whatever of its surroundings
            `parse_item` needs.
    """

    key: str = Field(min_length=1)
    raw: JsonValue = Field(default=None, repr=False)

    @field_validator("key")
    @classmethod
    def _shorten(cls, key: str) -> str:
        if len(key) <= LONGEST_KEY:
            return key
        return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
