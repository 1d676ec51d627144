"""What all kinds of content have in common: frozen, strict, silent about people's words."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, Field

T = TypeVar("T")

MOST_WORDS = 100_000
"""Characters of one text; what a provider allows is less and its own to say."""

Words = Annotated[str, Field(max_length=MOST_WORDS)]
"""Words that may be empty."""
SomeWords = Annotated[str, Field(min_length=1, max_length=MOST_WORDS)]
"""Words that may not be empty."""
WebAddress = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=2_048)]
"""An http or https URL."""
MessageRef = Annotated[
    str,
    Field(min_length=1, max_length=1_024, description="A provider_message_id."),
]


def _is_none(value: object) -> bool:
    return value is None


Maybe = Annotated[T | None, Field(exclude_if=_is_none)]
"""A value that may be missing; then the JSON leaves it out."""


class ContentModel(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True):
    """A content, or a part of one. Its `repr` and `str` hide what people say."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    __str__ = __repr__
