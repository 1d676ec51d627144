"""Writes what people do: any message, any field, from a sample and what a caller adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, JsonValue

from relevo_meta_whatsapp.addresses import digits_of
from relevo_meta_whatsapp.sandbox.state import NumberState, SandboxState
from relevo_meta_whatsapp.sandbox.state.media import RECEIVED_S, bare_type
from relevo_meta_whatsapp.sandbox.state.messages import new_wamid
from relevo_meta_whatsapp.sandbox.state.people import Person
from relevo_meta_whatsapp.sandbox.state.spelling import wa_id_of
from relevo_meta_whatsapp.sandbox.webhooks.field_sample import FieldSample
from relevo_meta_whatsapp.sandbox.webhooks.field_samples import FIELDS
from relevo_meta_whatsapp.sandbox.webhooks.news import News
from relevo_meta_whatsapp.sandbox.webhooks.pointing import POINTING, lack_of, last_messages
from relevo_meta_whatsapp.sandbox.webhooks.sample_files import SAMPLE_TYPES, sample_file
from relevo_meta_whatsapp.sandbox.webhooks.samples import MESSAGES, MessageSample

KINDS = (*MESSAGES, *FIELDS)
SOMEBODY = "34600111222"
_MILLISECONDS = 12
"""Digits from which on a time is told in milliseconds, as was seen."""


class Inbound(BaseModel):
    """What a person does, or what happens to the account."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kind: str = Field(default="text", json_schema_extra={"enum": list(KINDS)})
    person: str | None = Field(
        default=None, alias="from", pattern=r"^\+?[0-9][0-9 ()\-]{3,30}[0-9]$"
    )
    user_id: str | None = Field(default=None, pattern=r"^[A-Z]{2}\.[A-Za-z0-9.]{1,132}$")
    username: str | None = Field(default=None, min_length=1, max_length=64)
    name: str | None = Field(default=None, max_length=512)
    hides_number: bool | None = Field(
        default=None, description="Named by their user id alone from now on, or not any more."
    )
    phone_number_id: str | None = Field(default=None, description="To which of our numbers.")
    group_id: str | None = Field(default=None, min_length=1, max_length=128)
    content: JsonValue = Field(
        default=None, description="Merged into the sample of this kind; null leaves a key out."
    )
    file_base64: Base64Bytes | None = Field(default=None, description="The bytes of media.")
    context: dict[str, JsonValue] | None = None
    referral: dict[str, JsonValue] | None = None
    more: dict[str, JsonValue] = Field(
        default={}, description="Merged into the message itself, last."
    )
    id: str | None = Field(default=None, min_length=1, max_length=256)
    timestamp: str | int | None = None
    times: int = Field(default=1, ge=1, le=100, description="How often the same event is told.")


class UnknownKind(ValueError):
    """Say that there is no such kind, no such number, or no message to point at."""


def write_inbound(state: SandboxState, asked: Inbound) -> tuple[str, News]:
    """Let it happen, and write its webhook.

    Returns:
        The id of the message, and the news.

    Raises:
        UnknownKind: The kind or the number does not exist, or it points at a message that lacks.
    """
    number = _number(state, asked.phone_number_id)
    person = _person(number, asked)
    wamid = asked.id or new_wamid()
    if asked.kind in MESSAGES:
        news = _write_message(state, number, person, asked, wamid)
    elif asked.kind in FIELDS:
        news = _write_field(state, number, person, asked, wamid)
    else:
        msg = f"There is no kind {asked.kind!r}. Use one of: {', '.join(KINDS)}."
        raise UnknownKind(msg)
    if asked.group_id is not None:
        state.groups.add(asked.group_id)
    return wamid, news


def _number(state: SandboxState, number_id: str | None) -> NumberState:
    if number_id is None:
        return next(iter(state.numbers.values()))
    if number_id not in state.numbers:
        msg = f"There is no number {number_id!r}. There are: {', '.join(state.numbers)}."
        raise UnknownKind(msg)
    return state.numbers[number_id]


def _person(number: NumberState, asked: Inbound) -> Person:
    digits = None if asked.person is None else wa_id_of(digits_of(asked.person))
    if digits is None and asked.user_id is None:
        digits = SOMEBODY
    person = number.people.find(wa_id=digits, user_id=asked.user_id)
    person.name = person.name if asked.name is None else asked.name
    person.username = asked.username or person.username
    if asked.hides_number is not None:
        person.hides_number = asked.hides_number
    return person


def _write_message(
    state: SandboxState, number: NumberState, person: Person, asked: Inbound, wamid: str
) -> News:
    sample, now = MESSAGES[asked.kind], state.clock.now()
    words = _words(state, number, person, asked, wamid)
    element: dict[str, Any] = {"from": "$wa_id", "from_user_id": "$user_id", "id": wamid}
    element |= {"timestamp": "$now", **sample.element}
    element = _fill(element, words)
    if sample.media is not None:
        _add_file(state, number, sample, asked, element)
    if asked.content is not None and sample.path:
        element = _merge_at(element, sample.path, asked.content)
    more: dict[str, JsonValue] = {**asked.more}
    for key in ("context", "referral", "group_id", "timestamp"):
        if (value := getattr(asked, key)) is not None:
            more[key] = value
    element = _merge(element, more)
    wrote_at = moment_of(element.get("timestamp"), now)
    number.inbound[wamid], number.writers[wamid] = wrote_at, person
    if sample.opens_window:
        number.spoken[wamid] = now
    number.throughput.spend(now)
    if sample.opens_window and asked.group_id is None:
        person.hear(wrote_at)
    _change_person(number, person, asked.kind, element)
    contact = _contact(state, person, asked) if sample.has_contact else None
    return News(element, number.number.waba_id, number.number, contact=contact)


def _write_field(
    state: SandboxState, number: NumberState, person: Person, asked: Inbound, wamid: str
) -> News:
    sample = _choose(FIELDS[asked.kind], asked.content)
    value = _fill(dict(sample.value), _words(state, number, person, asked, wamid))
    if sample.path and asked.content is not None:
        (key,) = sample.path
        value[key] = [_merge(value[key][0], asked.content)]
    elif asked.content is not None:
        value = _merge(value, asked.content)
    value = _merge(value, asked.more)
    _note_field(state, number, person, asked.kind, value)
    time = None if sample.is_of_number else int(state.clock.now())
    owner = number.number if sample.is_of_number else None
    return News(value, number.number.waba_id, owner, None, sample.subject, time=time)


def _note_field(
    state: SandboxState, number: NumberState, person: Person, kind: str, value: Mapping[str, Any]
) -> None:
    """Let it have happened; what a caller made odd on purpose is told and changes nothing."""
    if kind == "calls" and (call := _first(value, "calls")).get("event") == "connect":
        person.hear(moment_of(call.get("timestamp"), state.clock.now()))
    if kind == "user_preferences":
        person.is_opted_out = _first(value, "user_preferences").get("value") == "stop"
    if kind == "user_id_update":
        ids = _first(value, "user_id_update").get("user_id")
        if isinstance(ids, dict) and isinstance(ids.get("current"), str):
            number.people.rename(person, user_id=ids["current"])
    if kind.startswith("group_") and (group := _first(value, "groups").get("group_id")):
        state.groups.add(str(group))


def _first(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    items = value.get(key)
    first = items[0] if isinstance(items, list) and items else None
    return first if isinstance(first, dict) else {}


def moment_of(told: Any, now: float) -> float:
    """Read when something was written, in seconds or milliseconds; never later than now."""
    if isinstance(told, bool) or not str(told).isascii() or not str(told).isdigit():
        return now
    seconds = int(told) if len(str(told)) < _MILLISECONDS else int(told) / 1000
    return min(float(seconds), now)


def _choose(samples: tuple[FieldSample, ...], content: JsonValue) -> FieldSample:
    """Choose the sample of what a caller names; an event without a sample begins empty."""
    named = content if isinstance(content, dict) else {}
    for sample in samples:
        first = sample.value[sample.path[0]][0] if sample.path else sample.value
        word = named.get(sample.chosen_by)
        if word is not None and first.get(sample.chosen_by) == word:
            return sample
    begins_empty = not samples[0].path and named.get(samples[0].chosen_by) is not None
    return samples[0]._replace(value={}) if begins_empty else samples[0]


def _words(
    state: SandboxState, number: NumberState, person: Person, asked: Inbound, wamid: str
) -> dict[str, JsonValue]:
    now = state.clock.now()
    hidden = person.hides_number or person.wa_id is None
    shown = hidden or state.behaviour.user_ids or asked.user_id is not None
    return {
        "$wa_id": None if person.hides_number else person.wa_id,
        "$user_id": person.user_id if shown else None,
        "$number": number.number.display_number,
        "$now": str(int(now)),
        "$time": int(now),
        "$id": wamid,
        **_last(state, number, person, asked),
    }


def _last(
    state: SandboxState, number: NumberState, person: Person, asked: Inbound
) -> dict[str, JsonValue]:
    """Give what a sample can point at: this person's messages, or one that nobody knows.

    Raises:
        UnknownKind: Somebody is named who has no such message.
    """
    if asked.kind not in POINTING:
        return {}
    last = last_messages(state, number, person)
    is_named = asked.person is not None or asked.user_id is not None
    if is_named and (lack := lack_of(asked.kind, asked.content, last)):
        raise UnknownKind(lack)
    return {word: wamid or new_wamid() for word, wamid in last.items()}


def _fill(value: Any, words: Mapping[str, JsonValue]) -> Any:
    """Fill the words in; a key whose word is nothing is left out."""
    if isinstance(value, list | tuple):
        return [_fill(one, words) for one in value]
    if isinstance(value, Mapping):
        filled = {key: _fill(one, words) for key, one in value.items()}
        return {key: one for key, one in filled.items() if one is not None}
    return words.get(value, value) if isinstance(value, str) else value


def _merge(ours: Any, theirs: JsonValue) -> Any:
    """Merge objects key by key; null leaves a key out; everything else is replaced."""
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return theirs
    merged = {**ours, **{key: _merge(ours.get(key), value) for key, value in theirs.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def _merge_at(element: dict[str, Any], path: tuple[str, ...], content: JsonValue) -> dict[str, Any]:
    first, *rest = path
    inner = _merge_at(element[first], tuple(rest), content) if rest else None
    return {**element, first: inner if rest else _merge(element[first], content)}


def _add_file(
    state: SandboxState,
    number: NumberState,
    sample: MessageSample,
    asked: Inbound,
    element: dict[str, Any],
) -> None:
    kind = sample.path[0]
    given = asked.content if isinstance(asked.content, dict) else {}
    mime_type = str(given.get("mime_type", sample.media))
    content = asked.file_base64 or sample_file(bare_type(mime_type))
    if content is None:
        msg = (
            f"There is no sample of {mime_type[:64]!r}: give its bytes as file_base64. There are: "
            f"{', '.join(SAMPLE_TYPES)}."
        )
        raise UnknownKind(msg)
    now = state.clock.now()
    stored = state.media.keep(content, mime_type, number.number_id, now + RECEIVED_S)
    element[kind] = {
        **{key: value for key, value in element[kind].items() if key != "$media"},
        "id": stored.media_id,
        "sha256": stored.sha256_base64,
        "url": state.media.address(state.base_url, stored.media_id, now),
    }


def _contact(state: SandboxState, person: Person, asked: Inbound) -> dict[str, JsonValue]:
    profile: dict[str, JsonValue] = {"name": person.name} if person.name else {}
    if person.username is not None:
        profile["username"] = person.username
    contact: dict[str, JsonValue] = {"profile": profile}
    if person.wa_id is not None and not person.hides_number:
        contact["wa_id"] = person.wa_id
    if "wa_id" not in contact or state.behaviour.user_ids or asked.user_id is not None:
        contact["user_id"] = person.user_id
    return contact


def _change_person(
    number: NumberState, person: Person, kind: str, element: Mapping[str, Any]
) -> None:
    system, identity = element.get("system"), element.get("identity")
    told = system if isinstance(system, dict) else {}
    if kind == "user_changed_number":
        digits = str(told.get("wa_id", ""))
        number.people.rename(person, wa_id=digits or None, user_id=person.user_id)
    if kind == "user_changed_user_id" and "user_id" in told:
        number.people.rename(person, user_id=str(told["user_id"]))
    if kind == "customer_identity_changed" and isinstance(identity, dict):
        person.identity = str(identity.get("hash", person.identity))
