"""What the Lab does with a sandbox: write as any person, and turn switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from pydantic import JsonValue

from relevo import Address, SandboxSwitch, UnsupportedContent
from relevo_meta_whatsapp.receiving.contents.kinds import InboundContent
from relevo_meta_whatsapp.sandbox.behaviour import HTML_502, Behaviour, Fault
from relevo_meta_whatsapp.sandbox.control.orders import tell_inbound
from relevo_meta_whatsapp.sandbox.desk import Desk
from relevo_meta_whatsapp.sandbox.webhooks.inbound import Inbound

_TEL: Final = "tel"
Told = Mapping[str, Any]


class _Written(NamedTuple):
    """A kind of `POST /sandbox/inbound`, and what is merged into its sample."""

    kind: str
    content: JsonValue


def write_as(desk: Desk, content: InboundContent, person: str, reply_to: str | None) -> None:
    """Let a person write this.

    Raises:
        UnsupportedContent: No person can write this here.
    """
    write = _WRITERS.get(content.type)
    if write is None:
        msg = f"Nobody can write {content.type!r} here. Use one of: {', '.join(_WRITERS)}."
        raise UnsupportedContent(msg)
    kind, merged = write(content.model_dump(mode="json"))
    address = Address.parse(person)
    asked: dict[str, JsonValue] = {"kind": kind, "content": merged}
    asked["from" if address.scheme == _TEL else "user_id"] = address.value
    if reply_to is not None:
        asked["context"] = {"from": desk.state.number.display_number, "id": reply_to}
    tell_inbound(desk, Inbound.model_validate(asked))


def _text(told: Told) -> _Written:
    return _Written("text", {"body": told["body"]})


def _file(told: Told) -> _Written:
    # Null leaves the words of the sample out; a document always has a name.
    named = {"filename": told["filename"]} if told.get("filename") else {}
    return _Written(told["type"], {"caption": told.get("caption"), **named})


def _location(told: Told) -> _Written:
    keys = ("latitude", "longitude", "name", "address")
    return _Written("location", {key: told.get(key) for key in keys})


def _contacts(told: Told) -> _Written:
    return _Written(
        "contacts",
        [
            {
                "name": {"formatted_name": card["name"]},
                "phones": [{"phone": one["number"]} for one in card["phones"]],
            }
            for card in told["contacts"]
        ],
    )


def _reaction(told: Told) -> _Written:
    # One that is taken back comes without an emoji.
    return _Written("reaction", {"message_id": told["target"], "emoji": told["emoji"] or None})


def _choice(told: Told) -> _Written:
    if told["source"] == "template":
        return _Written("button", {"payload": told["id"], "text": told["title"]})
    chosen: dict[str, JsonValue] = {key: told[key] for key in ("id", "title")}
    if told["source"] == "list":
        return _Written("list_reply", {**chosen, "description": told.get("description")})
    return _Written("button_reply", chosen)


def _revoke(told: Told) -> _Written:
    return _Written("revoke", {"original_message_id": told["target"]})


_WRITERS: Mapping[str, Callable[[Told], _Written]] = MappingProxyType(
    {
        "text": _text,
        **dict.fromkeys(("image", "video", "audio", "document", "sticker"), _file),
        "location": _location,
        "contacts": _contacts,
        "reaction": _reaction,
        "choice": _choice,
        "revoke": _revoke,
    }
)


class _Standing(NamedTuple):
    """A switch that stays as it was turned."""

    label: str
    on: Mapping[str, JsonValue]
    off: Mapping[str, JsonValue]


_STANDING: Mapping[str, _Standing] = MappingProxyType(
    {
        "windows": _Standing(
            "Windows close 24 hours after a person wrote",
            {"windows": "real"},
            {"windows": "open"},
        ),
        "limits": _Standing("Meta's limits are kept", {"limits": True}, {"limits": False}),
    }
)
_FAULTS: Mapping[str, tuple[str, Fault]] = MappingProxyType(
    {
        "cut_after_taken": (
            "The message is taken, and the connection cut before the answer",
            Fault(cut=True, taken=True),
        ),
        "undeliverable": ("Refused with 131026", Fault(status=400, code=131026)),
        "throttled": (
            "Throttled with 130429 for 5 seconds",
            Fault(status=429, code=130429, retry_after_s=5),
        ),
        "html_502": ("A 502 page in HTML from a proxy", Fault(status=502, body=HTML_502)),
    }
)
"""What can meet the next send, one at a time."""


def list_switches(desk: Desk) -> Sequence[SandboxSwitch]:
    """List the switches as they are now."""
    now = desk.state.behaviour_left()
    told = now.model_dump(mode="json")
    return [
        *(
            SandboxSwitch(name, one.label, on=all(told[key] == one.on[key] for key in one.on))
            for name, one in _STANDING.items()
        ),
        *(
            SandboxSwitch(name, label, on=fault in now.faults, once=True)
            for name, (label, fault) in _FAULTS.items()
        ),
    ]


def turn_switch(desk: Desk, name: str, *, on: bool) -> None:
    """Turn a switch; of the faults only one waits for the next send.

    Raises:
        KeyError: There is no such switch.
    """
    now = desk.state.behaviour_left()
    if standing := _STANDING.get(name):
        changed = {**now.model_dump(exclude={"faults"}), **(standing.on if on else standing.off)}
        desk.state.behave(Behaviour.model_validate({**changed, "faults": now.faults}))
        return
    _, chosen = _FAULTS[name]
    ours = [fault for _, fault in _FAULTS.values()]
    others = tuple(fault for fault in now.faults if fault not in ours)
    desk.state.behave(now.model_copy(update={"faults": (*others, chosen) if on else others}))
