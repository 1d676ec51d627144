"""What a person's message can become."""

from __future__ import annotations

from collections.abc import Callable

from relevo import (
    AudioContent,
    ChoiceContent,
    ContactsContent,
    DocumentContent,
    EditContent,
    ImageContent,
    LocationContent,
    NativeContent,
    OtherContent,
    ReactionContent,
    RevokeContent,
    StickerContent,
    TextContent,
    VideoContent,
)
from relevo_meta_whatsapp.receiving.reading import JsonObject

InboundContent = (
    TextContent
    | ImageContent
    | VideoContent
    | AudioContent
    | DocumentContent
    | StickerContent
    | LocationContent
    | ContactsContent
    | ReactionContent
    | ChoiceContent
    | EditContent
    | RevokeContent
    | NativeContent
    | OtherContent
)

Read = Callable[[JsonObject], InboundContent]
"""Reads one kind; raises `WebhookMalformed`, or pydantic's error, where the form is another."""
