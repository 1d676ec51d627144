"""What all answers have in common: frozen, and patient with a server that is newer."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

WordT = TypeVar("WordT")

OrWord = Annotated[WordT | str, Field(union_mode="left_to_right")]
"""A word of ours; or one as it came, where a newer server may have more of them."""


class Answer(BaseModel):
    """An answer, or a part of one. What a newer server tells besides is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def as_json(self) -> dict[str, Any]:
        """Give the JSON object that the server wrote, as far as it is understood."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
