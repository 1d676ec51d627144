"""Text, reactions, places, and the pin of a group: contents of one plain object."""

from __future__ import annotations

from relevo import LocationContent, ReactionContent, TextContent
from relevo_meta_whatsapp.native import Pin
from relevo_meta_whatsapp.payloads.part import Part, Payload, given

MAX_TEXT = 4096
"""Characters of a text body. Meta does not say how it counts; code points is the safe reading."""


def build_text(content: TextContent) -> Part:
    """Write a text."""
    text: Payload = {"body": content.body}
    if content.preview_url:
        text["preview_url"] = True
    return Part("text", text)


def build_reaction(content: ReactionContent) -> Part:
    """Write a reaction; an empty emoji takes it back."""
    return Part("reaction", {"message_id": content.target, "emoji": content.emoji})


def build_location(content: LocationContent) -> Part:
    """Write a point on the map."""
    return Part(
        "location",
        given(
            [
                ("latitude", content.latitude),
                ("longitude", content.longitude),
                ("name", content.name),
                ("address", content.address),
            ]
        ),
    )


def build_pin(content: Pin) -> Part:
    """Write the pin of a message in a group."""
    pin: Payload = {
        "type": "pin",
        "message_id": content.target,
        "expiration_days": content.expiration_days,
    }
    return Part("pin", pin)
