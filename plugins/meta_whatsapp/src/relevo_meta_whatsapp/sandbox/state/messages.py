"""A message the sandbox has taken, and ids of the real form."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from operator import itemgetter

from pydantic import JsonValue

_PRODUCT = b"sandbox:"


@dataclass
class TakenMessage:
    """One message the sandbox answered for, or took before it failed to answer."""

    wamid: str
    recipient: dict[str, str]
    """`wa_id`, `user_id` for people who hide their number, or `group_id`."""
    payload: dict[str, JsonValue]
    number_id: str
    taken_at: float
    category: str = "service"
    """What it is priced as."""
    is_free: bool = False
    """Whether it answers a person within the window."""
    fails_with: int | None = None
    """Meta's code, where it was taken and yet cannot arrive."""
    fails_because: str | None = None
    """What the details of that error say; none where it was told to fail."""
    held_by: str | None = None
    """The id of the template whose quality is being assessed."""
    heard: list[tuple[int, str]] = field(default_factory=list)
    """Statuses whose webhook was answered with 200, each with its place in the story."""

    @property
    def told(self) -> list[str]:
        """Statuses whose webhook was answered with 200, as the story has them.

        Webhooks are under way at once, so their answers may come in any order.
        """
        return [word for _, word in sorted(self.heard, key=itemgetter(0))]

    @property
    def kind(self) -> str:
        """The type of the content."""
        return str(self.payload.get("type", "text"))

    @property
    def echo(self) -> str | None:
        """The sender's own id, which comes back in statuses."""
        echo = self.payload.get("biz_opaque_callback_data")
        return echo if isinstance(echo, str) else None

    def view(self) -> dict[str, JsonValue]:
        """Write the message for the list."""
        return {
            "id": self.wamid,
            **self.recipient,
            "phone_number_id": self.number_id,
            "type": self.kind,
            "biz_opaque_callback_data": self.echo,
            "taken_at": self.taken_at,
            "fails_with": self.fails_with,
            "told": [*self.told],
            "payload": self.payload,
        }


def new_wamid() -> str:
    """Make an id of the real form: opaque, case-sensitive, with `+`, `/` and `=` at times."""
    return f"wamid.{base64.b64encode(_PRODUCT + os.urandom(24)).decode()}"
