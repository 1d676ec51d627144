"""What providers tell core about themselves and their vendor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue


class Lookup(StrEnum):
    """What a vendor that was asked about a message says where it shows no receipt."""

    NOT_TAKEN = "not_taken"
    """It surely does not have the message, and never will by that attempt."""
    UNDECIDED = "undecided"
    """It cannot tell, or not yet: ask again, or let a person decide."""


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """What a health check saw of an account that can send.

    Args:
        facts: What the vendor says of it: quality, limits, expiry. Named in the provider's words.
        problems: What a person should mend, a sentence each; it sends all the same.
    """

    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A template as the vendor keeps it.

    Args:
        name: What `TemplateContent.name` says.
        language: What `TemplateContent.language` says.
        status: The vendor's word, such as `APPROVED`.
        id: The vendor's id of it.
        category: The vendor's word, such as `MARKETING`.
        components: The vendor's own objects: what it is made of.
        raw: The vendor's whole object.
        seen_at: When the vendor told it.
    """

    name: str
    language: str
    status: str
    id: str | None = None
    category: str | None = None
    components: Sequence[Mapping[str, JsonValue]] = ()
    raw: JsonValue = field(default=None, repr=False)
    seen_at: datetime | None = None
