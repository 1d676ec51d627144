"""What a provider can carry, what a message needs, and the check between them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import StrEnum
from types import MappingProxyType

from relevo.contents import NATIVE, ButtonsContent, LinkContent, MediaContent, kind_of
from relevo.contents.kinds import Content
from relevo.errors import UnsupportedContent
from relevo.messages import Message


class Capability(StrEnum):
    """One thing a provider can do."""

    TEXT = "text"
    """Carry plain text."""
    TEMPLATE = "template"
    """Carry templates approved beforehand."""
    IMAGE = "image"
    """Carry images."""
    VIDEO = "video"
    """Carry videos."""
    AUDIO = "audio"
    """Carry audio and voice messages."""
    DOCUMENT = "document"
    """Carry files to open or keep."""
    STICKER = "sticker"
    """Carry stickers."""
    LOCATION = "location"
    """Carry points on the map."""
    CONTACTS = "contacts"
    """Carry cards of people."""
    REACTION = "reaction"
    """React to an earlier message with an emoji."""
    BUTTONS = "buttons"
    """Ask with buttons to answer with."""
    LIST = "list"
    """Ask with a list to choose from."""
    LINK = "link"
    """Carry a button that opens a page."""
    LOCATION_REQUEST = "location_request"
    """Ask people where they are."""
    NATIVE = "native"
    """Carry contents of its own (`Provider.native_contents`)."""
    REPLY = "reply"
    """Quote an earlier message (`Message.reply_to`)."""
    INBOUND = "inbound"
    """Tell what people write, by webhook."""
    STATUSES = "statuses"
    """Tell later news about messages, by webhook."""
    ECHO = "echo"
    """Repeat our message id in its statuses, so that doubts settle themselves."""
    UPLOAD_MEDIA = "upload_media"
    """Take files of ours (`Provider.upload_media`)."""
    FETCH_MEDIA = "fetch_media"
    """Give the files people send (`Provider.fetch_media`)."""
    MARK_READ = "mark_read"
    """Tell people that we read their message."""
    TYPING = "typing"
    """Show people that we write."""
    BLOCK = "block"
    """Block people and let them back."""
    TEMPLATES = "templates"
    """List, create and delete templates."""


CONTENT_CAPABILITY = MappingProxyType(
    {
        "text": Capability.TEXT,
        "template": Capability.TEMPLATE,
        "image": Capability.IMAGE,
        "video": Capability.VIDEO,
        "audio": Capability.AUDIO,
        "document": Capability.DOCUMENT,
        "sticker": Capability.STICKER,
        "location": Capability.LOCATION,
        "contacts": Capability.CONTACTS,
        "reaction": Capability.REACTION,
        "buttons": Capability.BUTTONS,
        "list": Capability.LIST,
        "link": Capability.LINK,
        "location_request": Capability.LOCATION_REQUEST,
        NATIVE: Capability.NATIVE,
    },
)
"""Which capability each kind of content needs."""

VERB_CAPABILITY = MappingProxyType(
    {
        Capability.UPLOAD_MEDIA: "has_upload_media",
        Capability.FETCH_MEDIA: "has_fetch_media",
        Capability.MARK_READ: "has_mark_read",
        Capability.TYPING: "has_typing",
        Capability.BLOCK: "has_block",
        Capability.TEMPLATES: "has_templates",
    },
)
"""Which capabilities are verbs of the provider, and what tells that it wrote them."""

_OTHERWISE = MappingProxyType(
    {
        Capability.REPLY: "cannot quote an earlier message (reply). Choose another account or "
        "leave reply_to out.",
        Capability.UPLOAD_MEDIA: "cannot be given files of ours (upload_media). Give a link or "
        "the provider's own id instead of media, or choose another account.",
    }
)


def required_capabilities(message: Message) -> frozenset[Capability]:
    """Tell what a provider must be able to do to carry this message."""
    content = message.content
    required = {CONTENT_CAPABILITY[kind_of(content) or ""]}
    for file in _files(content):
        required.add(CONTENT_CAPABILITY[kind_of(file) or ""])
        if file.media is not None:
            required.add(Capability.UPLOAD_MEDIA)
    if message.reply_to is not None:
        required.add(Capability.REPLY)
    return frozenset(required)


def _files(content: Content) -> list[MediaContent]:
    """List the files a content carries: itself, or what stands above its body."""
    parts = [content, content.header if isinstance(content, ButtonsContent | LinkContent) else None]
    return [part for part in parts if isinstance(part, MediaContent)]


def check_capabilities(
    message: Message, capabilities: AbstractSet[Capability], *, account: str, provider: str
) -> None:
    """Refuse a message its provider cannot express.

    Raises:
        UnsupportedContent: Names the account, what is missing and what there is.
    """
    missing = required_capabilities(message) - capabilities
    if not missing:
        return
    who = f"Account {account!r} (provider {provider!r})"
    kinds = frozenset(CONTENT_CAPABILITY.values())
    if refused := ", ".join(sorted(missing & kinds)):
        have = ", ".join(sorted(capabilities & kinds)) or "nothing"
        msg = (
            f"{who} cannot carry {refused}. It carries: {have}. Choose another account or another "
            "content."
        )
    else:
        msg = f"{who} {_OTHERWISE[min(missing)]}"
    raise UnsupportedContent(msg)
