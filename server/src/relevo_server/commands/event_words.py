"""What one event says to a person: a mark, a word, whom it concerns, and what else is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import relevo
from relevo_server.commands.relay_line import dot_of, style_of

_TURNED = (0x202D, 0x202E)
_HIDDEN = dict.fromkeys([*range(32), *range(127, 160), *_TURNED], "�")
"""People's words must not steer the terminal, nor turn round what we write behind them."""


@dataclass(frozen=True, slots=True)
class EventWords:
    """One event in words that are safe to show."""

    mark: str
    word: str
    style: str
    person: str = ""
    more: str = ""


def describe(type_: str, data: Mapping[str, Any]) -> EventWords:
    """Say what an event is about."""
    return _DESCRIBE.get(type_, _describe_other)(type_, data)


def content_words(content: object) -> str:
    """Say in a line what a content is."""
    if not isinstance(content, Mapping):
        return ""
    return plain(relevo.content_line(content))


def error_words(error: object) -> str:
    """Say why something did not work, under its stable code."""
    if not isinstance(error, Mapping):
        return ""
    return plain(": ".join(str(error[key]) for key in ("code", "message") if error.get(key)))


def plain(text: str) -> str:
    """Take out what would steer the terminal."""
    return text.translate(_HIDDEN)


def _describe_ours(type_: str, data: Mapping[str, Any]) -> EventWords:
    del type_
    status = str(data.get("status"))
    more = {
        "queued": content_words(data.get("content")),
        "accepted": plain(str(data.get("provider_message_id") or "")),
    }.get(status, "")
    if data.get("settled"):
        by_hand = data.get("why") == "person"
        more = "the doubt is settled, as a person decided" if by_hand else "the doubt is settled"
    return _status_words(status, data, error_words(data.get("error")) or more)


def _describe_status(type_: str, data: Mapping[str, Any]) -> EventWords:
    del type_
    if isinstance(file := data.get("media"), Mapping):
        return _file_words(file, data)
    more = error_words(data.get("error"))
    if data.get("moved") is False and not more:
        more = f"late: it is {data.get('message_status')}"
    if data.get("status") is None:
        return EventWords("●", "other", "white", _person(data), "a word Relevo does not know")
    return _status_words(str(data["status"]), data, more)


def _file_words(file: Mapping[str, Any], data: Mapping[str, Any]) -> EventWords:
    """Say that the file of a message is here, or will not come."""
    stored = file.get("state") == relevo.MediaState.STORED
    more = (
        "its file is here" if stored else f"its file never came: {error_words(file.get('error'))}"
    )
    return EventWords("◀", "file", "green" if stored else "red", _person(data), more)


def _describe_inbound(type_: str, data: Mapping[str, Any]) -> EventWords:
    del type_
    words = content_words(data.get("content"))
    return EventWords("◀", "reply", "bold green", _person(data), words)


def _describe_webhook(type_: str, data: Mapping[str, Any]) -> EventWords:
    del type_
    state = "discarded" if data.get("state") == "discarded" else "set aside"
    more = f"an item of webhook {data.get('webhook_id')} is {state}"
    if error := error_words(data.get("error")):
        more = f"{more} ({error})"
    return EventWords("!", "webhook", "yellow", more=plain(more))


def _describe_other(type_: str, data: Mapping[str, Any]) -> EventWords:
    told = [data.get(key) for key in ("kind", "code", "reason", "message") if data.get(key)]
    words = plain(": ".join(map(str, told)))
    mark, style = _OTHERS.get(type_, ("◆", "dim"))
    return EventWords(mark, plain(type_.removeprefix("messaging.")), style, _person(data), words)


def _status_words(status: str, data: Mapping[str, Any], more: str) -> EventWords:
    return EventWords(dot_of(status), plain(status), style_of(status), _person(data), more)


def _person(data: Mapping[str, Any]) -> str:
    return plain(str(data.get("sender") or data.get("to") or ""))


_OTHERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        relevo.EventType.GAP.value: ("≈", "bold yellow"),
    }
)
_DESCRIBE: Mapping[str, Callable[[str, Mapping[str, Any]], EventWords]] = MappingProxyType(
    {
        relevo.EventType.OUTBOUND.value: _describe_ours,
        relevo.EventType.STATUS.value: _describe_status,
        relevo.EventType.INBOUND.value: _describe_inbound,
        relevo.EventType.WEBHOOK.value: _describe_webhook,
    }
)
