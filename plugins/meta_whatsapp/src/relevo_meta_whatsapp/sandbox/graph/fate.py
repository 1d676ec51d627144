"""What becomes of a message that was taken: whether it can arrive, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.graph.contents import MEDIA_KINDS
from relevo_meta_whatsapp.sandbox.state import NumberState, SandboxState, TakenMessage
from relevo_meta_whatsapp.sandbox.state.media import fault_of
from relevo_meta_whatsapp.sandbox.state.people import Person
from relevo_meta_whatsapp.sandbox.state.templates import Template


@dataclass(frozen=True)
class Case:
    """A message, whom it goes to and the template it uses; none where there is none."""

    state: SandboxState
    number: NumberState
    message: TakenMessage
    person: Person | None
    template: Template | None

    @property
    def is_marketing(self) -> bool:
        """Whether it is a marketing template."""
        return self.template is not None and self.template.category == "MARKETING"

    @property
    def is_answer(self) -> bool:
        """Whether the person wrote within 24 hours."""
        return self.person is not None and self.person.window_is_open(self.state.clock.now())


def decide(case: Case) -> None:
    """Write on a message what it is priced as, and why it will fail if it will."""
    message, template = case.message, case.template
    message.category = "service" if template is None else template.category.lower()
    # Free-form goes only within the window, where it is free.
    message.is_free = message.category == "service" or (
        case.is_answer and message.category == "utility"
    )
    fate = next((fate for fate in FATES if fate.meets(case)), None)
    if fate is not None:
        message.fails_with, message.fails_because = fate.code, fate.details
    if template is not None and template.is_held:
        message.held_by = template.template_id


def media_in(payload: JsonValue) -> Iterator[tuple[str, Mapping[str, JsonValue]]]:
    """Find all media of a payload, with their kinds."""
    if isinstance(payload, list):
        for one in payload:
            yield from media_in(one)
    if not isinstance(payload, dict):
        return
    for key, value in payload.items():
        if key in MEDIA_KINDS and isinstance(value, dict) and {"id", "link"} & set(value):
            yield key, value
        else:
            yield from media_in(value)


def _has_another_identity(case: Case) -> bool:
    asked = case.message.payload.get("recipient_identity_key_hash")
    return asked is not None and case.person is not None and asked != case.person.identity


def _is_unknown(case: Case) -> bool:
    return case.state.is_among(case.state.behaviour.unknown_users, case.message.recipient)


def _is_outside_window(case: Case) -> bool:
    return (
        case.state.behaviour.windows == "real"
        and case.template is None
        and case.person is not None
        and not case.is_answer
    )


def _is_opted_out(case: Case) -> bool:
    return case.is_marketing and case.person is not None and case.person.is_opted_out


def _is_capped(case: Case) -> bool:
    capped = case.state.behaviour.capped_users
    return case.is_marketing and case.state.is_among(capped, case.message.recipient)


def _reacts_to_nothing(case: Case) -> bool:
    reaction = case.message.payload.get("reaction")
    if case.message.kind != "reaction" or not isinstance(reaction, dict):
        return False
    return not case.state.is_known(case.number, str(reaction["message_id"]))


def _has_wrong_media(case: Case) -> bool:
    now = case.state.clock.now()
    for kind, media in media_in(case.message.payload):
        stored = case.state.media.find(str(media.get("id")), now)
        if stored is not None and fault_of(kind, stored.mime_type, stored.content):
            return True
    return False


class Fate(NamedTuple):
    """Why a message fails after it was taken: Meta's code, when, and what its details say."""

    code: int
    meets: Callable[[Case], bool]
    details: str


FATES = (
    Fate(137000, _has_another_identity, "The person's identity has changed since this hash."),
    Fate(131026, _is_unknown, "Sandbox: the person is in unknown_users."),
    Fate(
        131047,
        _is_outside_window,
        "More than 24 hours have passed since the person last wrote to this number.",
    ),
    Fate(131050, _is_opted_out, "The person stopped marketing messages of this business."),
    Fate(131049, _is_capped, "Sandbox: the person is in capped_users."),
    Fate(131009, _reacts_to_nothing, "reaction.message_id is no message of this conversation."),
    Fate(131053, _has_wrong_media, "The file is not of a type or size that its kind may have."),
)
"""The first that holds counts."""
