"""Contents about an earlier message: a reaction, and taking it back."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relevo.contents.model import ContentModel, MessageRef


class ReactionContent(ContentModel, frozen=True):
    """React to a message with one emoji; an empty one takes the reaction back."""

    type: Literal["reaction"] = "reaction"
    target: MessageRef
    emoji: str = Field(max_length=64)


class RevokeContent(ContentModel, frozen=True):
    """Tell that a person took back a message they wrote. Inbound only."""

    type: Literal["revoke"] = "revoke"
    target: MessageRef
