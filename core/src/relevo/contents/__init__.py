"""What a message can carry: every kind of content, of either direction."""

from relevo.contents.choices import (
    Button,
    ButtonsContent,
    ChoiceContent,
    ChoiceSource,
    Header,
    LinkContent,
    ListContent,
    ListRow,
    ListSection,
    TextHeader,
)
from relevo.contents.kinds import (
    INBOUND_ONLY,
    NATIVE,
    AnyKind,
    Content,
    EditContent,
    EditedContent,
    InboundContent,
    InboundOnly,
    kind_of,
)
from relevo.contents.media import (
    AudioContent,
    DocumentContent,
    ImageContent,
    MediaContent,
    StickerContent,
    VideoContent,
)
from relevo.contents.native import NativeContent, OtherContent
from relevo.contents.people import (
    ContactAddress,
    ContactCard,
    ContactEmail,
    ContactNumber,
    ContactOrganization,
    ContactsContent,
    ContactUrl,
)
from relevo.contents.places import LocationContent, LocationRequestContent
from relevo.contents.reactions import ReactionContent, RevokeContent
from relevo.contents.wording import content_line
from relevo.contents.words import TemplateContent, TextContent

__all__ = [
    "INBOUND_ONLY",
    "NATIVE",
    "AnyKind",
    "AudioContent",
    "Button",
    "ButtonsContent",
    "ChoiceContent",
    "ChoiceSource",
    "ContactAddress",
    "ContactCard",
    "ContactEmail",
    "ContactNumber",
    "ContactOrganization",
    "ContactUrl",
    "ContactsContent",
    "Content",
    "DocumentContent",
    "EditContent",
    "EditedContent",
    "Header",
    "ImageContent",
    "InboundContent",
    "InboundOnly",
    "LinkContent",
    "ListContent",
    "ListRow",
    "ListSection",
    "LocationContent",
    "LocationRequestContent",
    "MediaContent",
    "NativeContent",
    "OtherContent",
    "ReactionContent",
    "RevokeContent",
    "StickerContent",
    "TemplateContent",
    "TextContent",
    "TextHeader",
    "VideoContent",
    "content_line",
    "kind_of",
]
