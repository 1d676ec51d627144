"""What a sample points at, where a caller does not say: the person's own last fitting message."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.state import NumberState, SandboxState
from relevo_meta_whatsapp.sandbox.state.people import Person

SENT, SAID, WRITTEN = "$last_sent", "$last_said", "$last_written"


class Pointing(NamedTuple):
    """Where a kind names another message, which one that is, and what lacks where there is none."""

    key: str
    word: str
    lacks: str


POINTING: Mapping[str, Pointing] = MappingProxyType(
    {
        "status": Pointing("id", SENT, "no message was sent to this person yet"),
        "reaction": Pointing(
            "message_id", SAID, "this person got no message yet, and wrote none to react to"
        ),
        "edit": Pointing(
            "original_message_id", WRITTEN, "this person wrote no message yet that can be edited"
        ),
        "revoke": Pointing(
            "original_message_id", WRITTEN, "this person wrote no message yet to take back"
        ),
    }
)


def last_messages(
    state: SandboxState, number: NumberState, person: Person
) -> dict[str, str | None]:
    """Give the ids of what this person last got, wrote, and either; none where there is none."""
    sent = next(
        (
            one
            for one in reversed(state.messages)
            if one.number_id == number.number_id
            and number.people.recipient(one.recipient) is person
        ),
        None,
    )
    written = next(
        (wamid for wamid in reversed(number.spoken) if number.writers.get(wamid) is person), None
    )
    said = written
    if sent is not None and (written is None or sent.taken_at > number.spoken[written]):
        said = sent.wamid
    return {SENT: None if sent is None else sent.wamid, SAID: said, WRITTEN: written}


def lack_of(kind: str, content: JsonValue, last: Mapping[str, str | None]) -> str | None:
    """Say what lacks for a sample of this kind; None if it points at a message or is told where."""
    pointing = POINTING.get(kind)
    if pointing is None or last[pointing.word] is not None:
        return None
    if isinstance(content, dict) and pointing.key in content:
        return None
    return f"{kind}: {pointing.lacks}. Let that happen before, or give content.{pointing.key}."
