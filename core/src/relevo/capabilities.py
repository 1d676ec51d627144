"""What a provider can carry, what a message needs, and the check between them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import StrEnum
from types import MappingProxyType

from relevo.errors import UnsupportedContent
from relevo.messages import Message


class Capability(StrEnum):
    """One thing a provider can do."""

    TEXT = "text"
    """Carry plain text."""
    TEMPLATE = "template"
    """Carry templates approved beforehand."""
    REPLY = "reply"
    """Quote an earlier message (`Message.reply_to`)."""
    INBOUND = "inbound"
    """Tell what people write, by webhook."""
    STATUSES = "statuses"
    """Tell later news about messages, by webhook."""
    ECHO = "echo"
    """Repeat our message id in its statuses, so that doubts settle themselves."""


CONTENT_CAPABILITY = MappingProxyType(
    {"text": Capability.TEXT, "template": Capability.TEMPLATE},
)
"""Which capability each kind of content needs."""


def required_capabilities(message: Message) -> frozenset[Capability]:
    """Tell what a provider must be able to do to carry this message."""
    required = {CONTENT_CAPABILITY[message.content.type]}
    if message.reply_to is not None:
        required.add(Capability.REPLY)
    return frozenset(required)


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
        msg = (
            f"{who} cannot quote an earlier message (reply). Choose another account or leave "
            "reply_to out."
        )
    raise UnsupportedContent(msg)
