"""Carousels: cards side by side."""

from __future__ import annotations

from relevo_meta_whatsapp.native import ButtonsCard, Carousel, LinkCard, ProductCard
from relevo_meta_whatsapp.payloads.choices import write_buttons, write_link
from relevo_meta_whatsapp.payloads.interactive import interactive, write_header
from relevo_meta_whatsapp.payloads.part import Part, Payload


def build_carousel(content: Carousel) -> Part:
    """Write a carousel."""
    cards = [{"card_index": index, **_card(card)} for index, card in enumerate(content.cards)]
    return interactive("carousel", {"cards": [*cards]}, body=content.body)


def _card(card: LinkCard | ButtonsCard | ProductCard) -> Payload:
    if isinstance(card, ProductCard):
        return {
            "type": "product",
            "action": {
                "catalog_id": card.catalog_id,
                "product_retailer_id": card.product_retailer_id,
            },
        }
    written: Payload = {"type": "cta_url", "header": write_header(card.header)}
    if card.body:
        written["body"] = {"text": card.body}
    written["action"] = (
        write_link(card.label, card.url)
        if isinstance(card, LinkCard)
        else {"buttons": write_buttons("quick_reply", card.buttons)}
    )
    return written
