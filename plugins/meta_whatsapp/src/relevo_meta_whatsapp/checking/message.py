"""Ask every rule about one message: the limits, and what is no matter of counting."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pydantic import JsonValue

from relevo import Message, Rejected
from relevo_meta_whatsapp.checking.limits import find_excess, walk
from relevo_meta_whatsapp.payloads import MARKETING_TEMPLATE, TEMPLATE, wire_kind

_TEMPLATE_NAME = re.compile(r"[a-z0-9_]+")
_TEMPLATES = frozenset({TEMPLATE, MARKETING_TEMPLATE})
_LAST_BUTTON = 9
_HEADERS = ("header", "cards[].header")
_UNIQUE = (
    ("buttons", "buttons[].id"),
    ("buttons", "buttons[].title"),
)
"""Fields in which no two of a content may be equal."""


def check_message(account: str, message: Message) -> None:
    """Refuse what Meta would surely refuse. What `extra` changes is not looked at.

    Raises:
        Rejected: Names the field and the rule, not the value.
    """
    kind = message.content.type
    if {"type", wire_kind(kind)} & message.extra.keys():
        return
    content: JsonValue = message.content.model_dump(mode="json")
    if excess := find_excess(kind, content):
        limit = excess.limit
        msg = (
            f"Account {account!r}: content.{excess.field} has {excess.seen} {limit.unit}; "
            f"WhatsApp takes {limit.most}. Shorten it."
        )
        raise Rejected(msg, field=f"content.{excess.field}")
    for field, rule in _faults(kind, content, message):
        msg = f"Account {account!r}: {field}: {rule}."
        raise Rejected(msg, field=field)


def _faults(kind: str, content: JsonValue, message: Message) -> Iterator[tuple[str, str]]:
    """Say which fields break a rule; in Meta's words where it has some."""
    for rule_of, path in _UNIQUE:
        values = [str(value) for _, value in walk(content, path.split("."))]
        if rule_of == kind and max(Counter(values).values(), default=0) > 1:
            yield f"content.{path}", "no two may be the same"
    if kind == "list" and isinstance(content, dict):
        yield from _sections(content["sections"])
    if kind == "reaction" and message.reply_to is not None:
        yield "reply_to", "a reaction names its message as target and quotes none"
    if kind == "location" and isinstance(content, dict) and content.get("url"):
        yield "content.url", "WhatsApp shows no link with a place; leave it out"
    for path in _HEADERS:
        for field, header in walk(content, path.split(".")):
            yield from _header(field, header)
    if kind in _TEMPLATES and isinstance(content, dict):
        yield from _template(content)


def _header(field: str, header: JsonValue) -> Iterator[tuple[str, str]]:
    if not isinstance(header, dict):
        return
    if header.get("caption"):
        yield f"content.{field}.caption", "a header shows no caption; write it in the body"


def _sections(sections: JsonValue) -> Iterator[tuple[str, str]]:
    if isinstance(sections, list) and len(sections) > 1:
        for place, section in enumerate(sections):
            if isinstance(section, dict) and not section.get("title"):
                yield f"content.sections[{place}].title", "each of several sections needs one"


def _template(content: dict[str, JsonValue]) -> Iterator[tuple[str, str]]:
    if not _TEMPLATE_NAME.fullmatch(str(content["name"])):
        yield "content.name", "names of templates have small letters a-z, digits and _ only"
    for field, index in walk(content, ["components[]", "index"]):
        if str(index).isascii() and str(index).isdigit() and int(str(index)) > _LAST_BUTTON:
            yield f"content.{field}", f"buttons have an index from 0 to {_LAST_BUTTON}"
