"""Carousels: two to ten cards side by side, all of one kind."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, model_validator

from relevo import Button, ImageContent, NativeContent, VideoContent
from relevo_meta_whatsapp.native.fields import Ident, Piece, Words

_Picture = Annotated[ImageContent | VideoContent, Discriminator("type")]


class LinkCard(Piece, frozen=True):
    """A card whose button opens a page."""

    type: Literal["link"] = "link"
    header: _Picture
    label: Words
    url: str = Field(pattern=r"^https?://\S+$", max_length=2_048)
    body: Words | None = None


class ButtonsCard(Piece, frozen=True):
    """A card with buttons to answer with."""

    type: Literal["buttons"] = "buttons"
    header: _Picture
    buttons: tuple[Button, ...] = Field(min_length=1, max_length=100)
    body: Words | None = None


class ProductCard(Piece, frozen=True):
    """A card of one product."""

    type: Literal["product"] = "product"
    catalog_id: Ident
    product_retailer_id: Ident


Card = Annotated[LinkCard | ButtonsCard | ProductCard, Discriminator("type")]


class Carousel(NativeContent, frozen=True, extra="forbid"):
    """Carry cards side by side; all are of one kind and have one kind of header."""

    type: Literal["meta_whatsapp.carousel"] = "meta_whatsapp.carousel"
    body: Words
    cards: tuple[Card, ...] = Field(min_length=2, max_length=10)

    @model_validator(mode="after")
    def _check_cards(self) -> Self:
        kinds = {card.type for card in self.cards}
        headers = {getattr(getattr(card, "header", None), "type", None) for card in self.cards}
        if len(kinds) > 1 or len(headers) > 1:
            msg = "cards have to be of one kind, with one kind of header"
            raise ValueError(msg)
        return self
