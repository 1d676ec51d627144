"""What several bodies have in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import pydantic
from pydantic import AfterValidator, ConfigDict, Field

import relevo
from relevo.field_faults import field_faults

BODY = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
"""How every body is read: what nobody knows is refused, and nothing of it is repeated."""
_PERSON = "A phone number with its country code, or `scheme:value`."


def makes(make: Callable[[str], object]) -> AfterValidator:
    """Check a text by what is made of it later, under its own field's name."""

    def check(text: str) -> str:
        reason = ""
        try:
            make(text)
        except pydantic.ValidationError as error:
            reason = field_faults(error)[0].reason
        if reason:
            raise ValueError(reason)
        return text

    return AfterValidator(check)


def text_content(text: str) -> relevo.TextContent:
    """Make the content that a text is short for."""
    return relevo.TextContent(body=text)


Recipient = Annotated[str, makes(relevo.Address.parse), Field(description=_PERSON)]
Text = Annotated[str, makes(text_content)]
Name = Annotated[str, Field(max_length=255)]
"""An account: what is kept or said again of it is no place for more."""
