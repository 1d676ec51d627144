"""Contents made of words: plain text, and templates approved beforehand."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, JsonValue, field_validator

from relevo.contents.model import ContentModel, SomeWords


class TextContent(ContentModel, frozen=True):
    """Carry plain text, up to what the provider allows."""

    type: Literal["text"] = "text"
    body: SomeWords = Field(description="What the person reads.")
    preview_url: bool = Field(default=False, description="Show a preview of the first link.")

    @field_validator("body")
    @classmethod
    def _refuse_blank(cls, body: str) -> str:
        if not body.strip():
            msg = "the text is blank; write at least one visible character"
            raise ValueError(msg)
        return body


class TemplateContent(ContentModel, frozen=True):
    """Carry a message the provider has approved beforehand, with its parameters.

    `parameters` fill the body: a list for numbered places, a mapping for named
    ones. `components` are the provider's own objects for everything else
    (header, buttons) and are passed on as they are.
    """

    type: Literal["template"] = "template"
    name: str = Field(min_length=1, max_length=512)
    language: str = Field(min_length=2, max_length=32, description='For example "es_AR".')
    parameters: tuple[str, ...] | dict[str, str] = ()
    components: tuple[dict[str, JsonValue], ...] = ()
