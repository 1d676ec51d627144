"""Which kinds of content there are in each direction, told apart by `type`.

A `type` with a dot in it is one vendor's own (`NativeContent`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Discriminator, SerializeAsAny, Tag

from relevo.contents.choices import ButtonsContent, ChoiceContent, LinkContent, ListContent
from relevo.contents.media import (
    AudioContent,
    DocumentContent,
    ImageContent,
    StickerContent,
    VideoContent,
)
from relevo.contents.model import ContentModel, MessageRef
from relevo.contents.native import NativeContent, OtherContent
from relevo.contents.people import ContactsContent
from relevo.contents.places import LocationContent, LocationRequestContent
from relevo.contents.reactions import ReactionContent, RevokeContent
from relevo.contents.words import TemplateContent, TextContent

NATIVE: Final = "native"
"""What every vendor's own kind is called where kinds are counted."""


def kind_of(value: object) -> str | None:
    """Tell which kind a content, or the JSON of one, says it is; None where it does not say."""
    told = value.get("type") if isinstance(value, (dict, Mapping)) else getattr(value, "type", None)
    if not isinstance(told, str):
        return None
    return NATIVE if "." in told else told


def _kinds(message: str) -> Discriminator:
    return Discriminator(kind_of, custom_error_type="content_kind", custom_error_message=message)


_Text = Annotated[TextContent, Tag("text")]
_Template = Annotated[TemplateContent, Tag("template")]
_Image = Annotated[ImageContent, Tag("image")]
_Video = Annotated[VideoContent, Tag("video")]
_Audio = Annotated[AudioContent, Tag("audio")]
_Document = Annotated[DocumentContent, Tag("document")]
_Sticker = Annotated[StickerContent, Tag("sticker")]
_Location = Annotated[LocationContent, Tag("location")]
_Contacts = Annotated[ContactsContent, Tag("contacts")]
_Reaction = Annotated[ReactionContent, Tag("reaction")]
_Buttons = Annotated[ButtonsContent, Tag("buttons")]
_List = Annotated[ListContent, Tag("list")]
_Link = Annotated[LinkContent, Tag("link")]
_LocationRequest = Annotated[LocationRequestContent, Tag("location_request")]
# A plugin's own class says more than NativeContent: it serialises as what it is.
_Native = Annotated[SerializeAsAny[NativeContent], Tag(NATIVE)]
_Choice = Annotated[ChoiceContent, Tag("choice")]
_Revoke = Annotated[RevokeContent, Tag("revoke")]
_Other = Annotated[OtherContent, Tag("other")]

EditedContent = Annotated[
    _Text
    | _Image
    | _Video
    | _Audio
    | _Document
    | _Sticker
    | _Location
    | _Contacts
    | _Native
    | _Other,
    _kinds(
        "type has to be text, image, video, audio, document, sticker, location, contacts, other "
        "or a provider's own (provider.kind)"
    ),
]
"""What an edited message can say now."""


class EditContent(ContentModel, frozen=True):
    """Tell that a person changed a message they wrote. Inbound only."""

    type: Literal["edit"] = "edit"
    target: MessageRef
    content: EditedContent


_Edit = Annotated[EditContent, Tag("edit")]

_Shown: TypeAlias = (
    _Image | _Video | _Audio | _Document | _Sticker | _Location | _Contacts | _Reaction
)
"""What either side can send besides words."""
_Ours: TypeAlias = _Text | _Template | _Shown | _Buttons | _List | _Link | _LocationRequest
"""What we can send, a provider's own kinds aside."""

Content = Annotated[
    _Ours | _Native,
    _kinds(
        "type has to be text, template, image, video, audio, document, sticker, location, "
        "contacts, reaction, buttons, list, link, location_request or a provider's own "
        "(provider.kind)"
    ),
]
"""What can be sent."""

InboundContent = Annotated[
    _Text | _Shown | _Choice | _Edit | _Revoke | _Native | _Other,
    _kinds(
        "type has to be text, image, video, audio, document, sticker, location, contacts, "
        "reaction, choice, edit, revoke, other or a provider's own (provider.kind)"
    ),
]
"""What a person can write to us."""

AnyKind = Annotated[
    _Ours | _Choice | _Edit | _Revoke | _Native | _Other,
    _kinds("no such type of content"),
]
"""What a message of either direction can carry."""

InboundOnly: TypeAlias = ChoiceContent | EditContent | RevokeContent | OtherContent
INBOUND_ONLY: Final = (ChoiceContent, EditContent, RevokeContent, OtherContent)
"""What only people can send."""
