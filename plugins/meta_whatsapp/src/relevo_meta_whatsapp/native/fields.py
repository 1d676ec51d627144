"""Kinds of fields that Meta's own contents share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Discriminator, Field

from relevo import DocumentContent, ImageContent, TextHeader, VideoContent

Words = Annotated[str, Field(min_length=1, max_length=100_000)]
"""What people read."""
Ident = Annotated[str, Field(min_length=1, max_length=1_024)]
"""An id of Meta's, or of a catalog."""
Header = Annotated[
    TextHeader | ImageContent | VideoContent | DocumentContent, Discriminator("type")
]
"""What stands above a body."""


class Piece(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True):
    """A part of a content. Its `repr` and `str` hide what people say."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    __str__ = __repr__
