"""Contents that offer something to tap, and what the person tapped."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator, Field

from relevo.contents.media import DocumentContent, ImageContent, VideoContent
from relevo.contents.model import ContentModel, Maybe, SomeWords, WebAddress, Words

_Id = Annotated[str, Field(min_length=1, max_length=1_024, description="Comes back when tapped.")]


class TextHeader(ContentModel, frozen=True):
    """Words above a body."""

    type: Literal["text"] = "text"
    text: SomeWords


Header = Annotated[
    TextHeader | ImageContent | VideoContent | DocumentContent, Discriminator("type")
]
"""What stands above the body of buttons or of a link."""


class Button(ContentModel, frozen=True):
    """One button to answer with."""

    id: _Id
    title: SomeWords


class ButtonsContent(ContentModel, frozen=True):
    """Ask with a few buttons to answer with."""

    type: Literal["buttons"] = "buttons"
    body: SomeWords
    buttons: tuple[Button, ...] = Field(min_length=1, max_length=100)
    header: Maybe[Header] = None
    footer: Maybe[Words] = None


class ListRow(ContentModel, frozen=True):
    """One row to answer with."""

    id: _Id
    title: SomeWords
    description: Maybe[Words] = None


class ListSection(ContentModel, frozen=True):
    """Rows under a title."""

    rows: tuple[ListRow, ...] = Field(min_length=1, max_length=1_000)
    title: Maybe[Words] = None


class ListContent(ContentModel, frozen=True):
    """Ask with a list to choose from; `button` opens it."""

    type: Literal["list"] = "list"
    body: SomeWords
    button: SomeWords
    sections: tuple[ListSection, ...] = Field(min_length=1, max_length=1_000)
    header: Maybe[Words] = None
    footer: Maybe[Words] = None


class LinkContent(ContentModel, frozen=True):
    """Carry one button that opens a page."""

    type: Literal["link"] = "link"
    body: SomeWords
    label: SomeWords
    url: WebAddress
    header: Maybe[Header] = None
    footer: Maybe[Words] = None


class ChoiceSource(StrEnum):
    """What the person tapped."""

    BUTTON = "button"
    LIST = "list"
    TEMPLATE = "template"


class ChoiceContent(ContentModel, frozen=True):
    """Tell what a person tapped; `id` is the one we gave it. Inbound only."""

    type: Literal["choice"] = "choice"
    id: str
    title: str
    description: Maybe[str] = None
    source: ChoiceSource = ChoiceSource.BUTTON
