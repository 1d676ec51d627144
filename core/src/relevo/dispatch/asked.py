"""What was asked for: whether it is the same again, and whether its times can be kept."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta

from relevo.errors import InvalidMessage
from relevo.messages import Message

FARTHEST = timedelta(days=366)
"""No message is scheduled for later than so far from now."""


def fingerprint(message: Message) -> str:
    """Hash what was asked for, whatever id the message has and in whichever trace it came."""
    asked = message.model_dump(mode="json", exclude={"message_id", "trace"})
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_times(message: Message, now: datetime) -> None:
    """Refuse a message that could never leave, or not within a year.

    Whether `expires_at` is past, the engine looks: only it knows whether this is an earlier
    request again, whose message may have outlived it.

    Raises:
        InvalidMessage: Says which moment is wrong.
    """
    begins = message.send_at or now
    if begins - now > FARTHEST:
        msg = f"send_at is more than {FARTHEST.days} days away; schedule it nearer to its time."
        raise InvalidMessage(msg, field="send_at")
    if message.send_at and message.expires_at and message.expires_at <= message.send_at:
        msg = (
            "expires_at is not after send_at: the message could never leave. "
            "Give a later moment, or leave expires_at out."
        )
        raise InvalidMessage(msg, field="expires_at")
