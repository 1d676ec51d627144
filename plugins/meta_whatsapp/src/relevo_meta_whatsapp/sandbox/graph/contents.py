"""What Meta takes in each type of message, as tables. Limits in code points. Pure.

Source: Meta's message reference and error codes, as of 2026-09.
"""

from __future__ import annotations

from types import MappingProxyType

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.graph.answers import raise_invalid
from relevo_meta_whatsapp.sandbox.graph.interactive import INTERACTIVE
from relevo_meta_whatsapp.sandbox.graph.rules import (
    Checks,
    JsonObject,
    a_list,
    any_text,
    anything,
    fields,
    kinds,
    number,
    one_of,
    text,
    web_address,
    yes_or_no,
)

_CAPTION = text(1024)
_SOURCE: Checks = {"id": text(), "link": web_address}
_ONE_SOURCE = ("id", "link")
_WHERE = one_of("HOME", "WORK")


def _check_name(name: JsonObject, where: str) -> None:
    if len(name) < 2:  # noqa: PLR2004 - Meta: the formatted name and one part more
        raise_invalid(where, "needs one part more beside formatted_name")


_NAME = fields(
    {"formatted_name": text()},
    {
        part: any_text(1024)
        for part in ("first_name", "last_name", "middle_name", "suffix", "prefix")
    },
    also=_check_name,
)
_ADDRESS = fields(
    optional={
        **{
            part: any_text(1024)
            for part in ("street", "city", "state", "zip", "country", "country_code")
        },
        "type": _WHERE,
    }
)
_ORGANISATION = fields(
    optional={part: any_text(1024) for part in ("company", "department", "title")}
)
_MOST_CONTACTS = 257
_MANY = 1000
_CONTACT = fields(
    {"name": _NAME},
    {
        "addresses": a_list(_ADDRESS, 0, _MANY),
        "birthday": text(form=r"\d{4}-\d{2}-\d{2}"),
        "emails": a_list(fields({"email": text()}, {"type": anything}), 0, _MANY),
        "org": _ORGANISATION,
        "phones": a_list(
            fields(optional={"phone": text(), "type": anything, "wa_id": text()}), 0, _MANY
        ),
        "urls": a_list(fields({"url": text()}, {"type": anything}), 0, _MANY),
    },
)


def _check_place(place: JsonObject, where: str) -> None:
    if "address" in place and "name" not in place:
        raise_invalid(f"{where}.address", "is shown only with a name: give one")


def _check_emoji(value: JsonValue, where: str) -> None:
    if value == "":
        return
    text(32)(value, where)
    if str(value).isascii():
        raise_invalid(where, "must be an emoji")


_LANGUAGE = fields({"code": text()}, {"policy": one_of("deterministic")})
TEMPLATE = fields(
    {"name": text(512), "language": _LANGUAGE},
    {"components": a_list(fields(is_open=True), 0, 100), "namespace": anything},
)
CONTENTS: Checks = MappingProxyType(
    {
        "text": fields({"body": text(4096, code=100)}, {"preview_url": yes_or_no}),
        "image": fields(optional={**_SOURCE, "caption": _CAPTION}, exactly_one=_ONE_SOURCE),
        "video": fields(optional={**_SOURCE, "caption": _CAPTION}, exactly_one=_ONE_SOURCE),
        "audio": fields(optional={**_SOURCE, "voice": yes_or_no}, exactly_one=_ONE_SOURCE),
        "document": fields(
            optional={**_SOURCE, "caption": _CAPTION, "filename": text()},
            exactly_one=_ONE_SOURCE,
        ),
        "sticker": fields(optional=_SOURCE, exactly_one=_ONE_SOURCE),
        "reaction": fields({"message_id": text(), "emoji": _check_emoji}),
        "location": fields(
            {
                "latitude": number(-90, 90, as_text=True),
                "longitude": number(-180, 180, as_text=True),
            },
            {"name": any_text(1000), "address": any_text(1000)},
            also=_check_place,
        ),
        "contacts": a_list(_CONTACT, 1, _MOST_CONTACTS),
        "interactive": kinds(INTERACTIVE),
        "template": TEMPLATE,
        "pin": fields(
            {"type": one_of("pin", "unpin"), "message_id": text()},
            {"expiration_days": number(1, 30, whole=True)},
        ),
    }
)
"""The types of messages, and the table each is checked by."""

MEDIA_KINDS = frozenset({"image", "video", "audio", "document", "sticker"})
