"""Which kind of content a message carries."""

from __future__ import annotations

from types import MappingProxyType

from pydantic import ValidationError

from relevo import (
    EditContent,
    OtherContent,
    ReactionContent,
    RevokeContent,
    TextContent,
    WebhookMalformed,
)
from relevo_meta_whatsapp.receiving.contents.choices import read_button, read_interactive
from relevo_meta_whatsapp.receiving.contents.kinds import InboundContent, Read
from relevo_meta_whatsapp.receiving.contents.media import MEDIA
from relevo_meta_whatsapp.receiving.contents.native import NATIVE
from relevo_meta_whatsapp.receiving.contents.people import read_contacts
from relevo_meta_whatsapp.receiving.contents.places import read_location
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_text,
    need_object,
    need_text,
    optional_text,
    raise_malformed,
)

UNTYPED = "untyped"
"""The kind of a message that does not say its type."""


def read_content(message: JsonObject) -> InboundContent:
    """Read what a message carries; whatever has not the documented form is kept as it is."""
    kind = find_text(message, "type")
    if kind is None:
        return OtherContent(kind=UNTYPED, payload=dict(message))
    read = _CONTENTS.get(kind)
    if read is not None:
        try:
            return read(message)
        except (WebhookMalformed, ValidationError):
            pass
    return OtherContent(kind=kind, payload=message.get(kind))


def _read_text(message: JsonObject) -> InboundContent:
    body = need_object(message, "text", "message").get("body")
    if not isinstance(body, str):
        raise_malformed("text.body", "a text")
    return TextContent(body=body)


def _read_reaction(message: JsonObject) -> InboundContent:
    """Read a reaction; Meta leaves the emoji out where it was taken back."""
    reaction = need_object(message, "reaction", "message")
    emoji = optional_text(reaction, "emoji", "reaction") or ""
    return ReactionContent(target=need_text(reaction, "message_id", "reaction"), emoji=emoji)


def _read_edit(message: JsonObject) -> InboundContent:
    edit = need_object(message, "edit", "message")
    content = read_content(need_object(edit, "message", "edit"))
    # A content that no edit can have is refused by the model, and the edit is kept whole.
    return EditContent.model_validate(
        {"target": need_text(edit, "original_message_id", "edit"), "content": content}
    )


def _read_revoke(message: JsonObject) -> InboundContent:
    revoke = need_object(message, "revoke", "message")
    return RevokeContent(target=need_text(revoke, "original_message_id", "revoke"))


_CONTENTS: MappingProxyType[str, Read] = MappingProxyType(
    {
        "text": _read_text,
        **MEDIA,
        "location": read_location,
        "contacts": read_contacts,
        "reaction": _read_reaction,
        "button": read_button,
        "interactive": read_interactive,
        "edit": _read_edit,
        "revoke": _read_revoke,
        **NATIVE,
    }
)
"""Meta's types of messages. Any other is kept as `OtherContent` under its own name."""
