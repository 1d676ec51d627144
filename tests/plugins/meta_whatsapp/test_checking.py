"""What is refused before it is kept: each limit, at it and one over, and the rules beside."""

from __future__ import annotations

import json
from typing import Any

import pytest

import relevo
from relevo_meta_whatsapp import MetaWhatsApp
from relevo_meta_whatsapp.checking.limits import LIMITS, Limit, Unit
from relevo_meta_whatsapp.native import NATIVE_CONTENTS

_M = "meta_whatsapp."
_HEADER = {"type": "text", "text": "h"}
_IMAGE = {"type": "image", "id": "1"}
# One whole content of each kind that has limits; `{n}` is a number, for what has to differ.
SAMPLES: dict[str, dict[str, Any]] = {
    "text": {"body": "b"},
    "image": {"id": "1", "caption": "c"},
    "video": {"id": "1", "caption": "c"},
    "document": {"id": "1", "caption": "c"},
    "contacts": {"contacts": [{"name": "Ana"}]},
    "buttons": {
        "body": "b",
        "header": _HEADER,
        "footer": "f",
        "buttons": [{"id": "i{n}", "title": "t{n}"}],
    },
    "list": {
        "body": "b",
        "button": "o",
        "header": "h",
        "footer": "f",
        "sections": [{"title": "s{n}", "rows": [{"id": "i{n}", "title": "t", "description": "d"}]}],
    },
    "link": {
        "body": "b",
        "header": _HEADER,
        "footer": "f",
        "label": "l",
        "url": "https://a.example",
    },
    "location_request": {"body": "b"},
    f"{_M}flow": {"body": "b", "header": _HEADER, "footer": "f", "label": "l", "flow_id": "1"},
    f"{_M}product": {"catalog_id": "1", "product_retailer_id": "1", "footer": "f"},
    f"{_M}product_list": {
        "catalog_id": "1",
        "header": "h",
        "body": "b",
        "footer": "f",
        "sections": [{"title": "s", "products": ["p"]}],
    },
    f"{_M}catalog": {"body": "b", "footer": "f"},
    f"{_M}carousel": {
        "body": "b",
        "cards": [
            {
                "type": "link",
                "header": _IMAGE,
                "label": "l",
                "url": "https://a.example",
                "body": "b",
            }
        ]
        * 2,
    },
    f"{_M}order_details": {
        "body": "b",
        "header": _HEADER,
        "footer": "f",
        "reference_id": "1",
        "goods": "digital-goods",
        "currency": "BRL",
        "total": 1,
        "subtotal": 1,
        "tax": {"amount": 0},
        "items": [{"name": "x", "amount": 1, "quantity": 1}],
    },
    f"{_M}order_status": {"body": "b", "footer": "f", "reference_id": "1", "status": "shipped"},
    "template": {
        "name": "n",
        "language": "en",
        "components": [
            {"type": "carousel", "cards": [{}]},
            {"type": "button", "index": "0", "parameters": [{"coupon_code": "c"}]},
        ],
    },
}
SAMPLES[f"{_M}marketing_template"] = SAMPLES["template"]
_CARD = {"type": "buttons", "header": _IMAGE, "buttons": [{"id": "i", "title": "t"}]}
_WITH_BUTTONS: dict[str, Any] = {
    "body": "b",
    "cards": [_CARD] * 2,
}


def sized(limit: Limit, count: int) -> dict[str, Any]:
    """Make a content that has exactly so much of what a limit counts."""
    of_buttons = limit.path.startswith("cards[].buttons")
    sample = _WITH_BUTTONS if of_buttons else SAMPLES[limit.content]
    content = json.loads(json.dumps({"type": limit.content, **sample}))
    steps = limit.path.split(".")
    holders = [content]
    for step in steps[:-1]:
        name = step.removesuffix("[]")
        inner = [holder[name] for holder in holders if name in holder]
        holders = [one for part in inner for one in part] if step.endswith("[]") else inner
    last = steps[-1].removesuffix("[]")
    for holder in [holder for holder in holders if last in holder]:
        if limit.unit is Unit.ENTRIES:
            one = json.dumps(holder[last][0])
            holder[last] = [json.loads(one.replace("{n}", str(n))) for n in range(count)]
        elif limit.unit is Unit.LINE_BREAKS:
            holder[last] = "\n" * count
        else:
            holder[last] = "\U0001f600" * count
    return dict(content)


def check(provider: MetaWhatsApp, content: dict[str, Any], **more: Any) -> None:
    message = relevo.Message.model_validate({"to": "34600111222", "content": content, **more})
    if isinstance(message.content, relevo.NativeContent):
        message = message.model_copy(update={"content": provider.native(message.content)})
    provider.check_message(message)


ROWS = [pytest.param(limit, id=f"{limit.content}-{limit.path}-{limit.unit}") for limit in LIMITS]


@pytest.mark.parametrize("limit", ROWS)
def test_at_the_limit_it_is_taken(limit: Limit, provider: MetaWhatsApp) -> None:
    check(provider, sized(limit, limit.most))


@pytest.mark.parametrize("limit", ROWS)
def test_one_over_the_limit_is_refused_and_the_field_is_named(
    limit: Limit, provider: MetaWhatsApp
) -> None:
    with pytest.raises(relevo.Rejected) as caught:
        check(provider, sized(limit, limit.most + 1))
    told = caught.value.message
    field = limit.path.split(".")[-1].removesuffix("[]")
    assert told.startswith("Account 'shop': content.")
    assert f"{field} has {limit.most + 1} {limit.unit}; WhatsApp takes {limit.most}" in told
    assert "\U0001f600" not in told


def test_the_very_entry_is_named(provider: MetaWhatsApp) -> None:
    titles = [{"id": "1", "title": "x"}, {"id": "2", "title": "x" * 21}]
    with pytest.raises(relevo.Rejected, match=r"content\.buttons\[1\]\.title has 21"):
        check(provider, {"type": "buttons", "body": "b", "buttons": titles})


@pytest.mark.parametrize("count", [1, 11])
def test_carousel_has_two_to_ten_cards(count: int, provider: MetaWhatsApp) -> None:
    with pytest.raises(relevo.InvalidMessage, match="cards"):
        check(provider, {"type": f"{_M}carousel", "body": "b", "cards": [_CARD] * count})


def test_list_body_that_only_some_pages_allow_is_taken(provider: MetaWhatsApp) -> None:
    check(provider, {"type": "list", **SAMPLES["list"], "body": "x" * 1025})


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (
            {"type": "buttons", "body": "b", "buttons": [{"id": "1", "title": "a"}] * 2},
            r"content\.buttons\[\]\.id: no two",
        ),
        (
            {
                "type": "buttons",
                "body": "b",
                "buttons": [{"id": "1", "title": "a"}, {"id": "2", "title": "a"}],
            },
            r"content\.buttons\[\]\.title: no two",
        ),
        (
            {
                "type": "list",
                "body": "b",
                "button": "o",
                "sections": [
                    {"title": "s", "rows": [{"id": "1", "title": "t"}]},
                    {"rows": [{"id": "2", "title": "t"}]},
                ],
            },
            r"content\.sections\[1\]\.title: each",
        ),
        (
            {"type": "location", "latitude": 1, "longitude": 1, "url": "https://a.example"},
            r"content\.url:",
        ),
        (
            {
                "type": "link",
                "body": "b",
                "label": "l",
                "url": "https://a.example",
                "header": {"type": "image", "id": "1", "caption": "c"},
            },
            r"content\.header\.caption:",
        ),
        ({"type": "template", "name": "Order-Update", "language": "en"}, r"content\.name:"),
        (
            {
                "type": "template",
                "name": "n",
                "language": "en",
                "components": [{"type": "button", "index": 10, "sub_type": "url"}],
            },
            r"content\.components\[0\]\.index:",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused_and_the_field_is_named(
    content: dict[str, Any], field: str, provider: MetaWhatsApp
) -> None:
    with pytest.raises(relevo.Rejected, match=field) as caught:
        check(provider, content)
    assert field.replace("\\", "").partition(":")[0] == caught.value.field


def test_reaction_quotes_nothing(provider: MetaWhatsApp) -> None:
    reaction = {"type": "reaction", "target": "wamid.1", "emoji": "x"}
    check(provider, reaction)
    with pytest.raises(relevo.Rejected, match="reply_to"):
        check(provider, reaction, reply_to="wamid.2")


def test_file_of_ours_passes_the_check(provider: MetaWhatsApp) -> None:
    """It is uploaded before it is sent."""
    check(provider, {"type": "image", "media": "ours-1"})


@pytest.mark.parametrize("extra", [{"text": {"body": "short"}}, {"type": "image", "image": {}}])
def test_what_extra_changes_is_not_looked_at(extra: Any, provider: MetaWhatsApp) -> None:
    check(provider, {"type": "text", "body": "x" * 4097}, extra=extra)


@pytest.mark.parametrize(
    ("kind", "fields", "fault"),
    [
        ("flow", {"body": "b", "label": "l"}, "exactly one of flow_id and flow_name"),
        (
            "flow",
            {"body": "b", "label": "l", "flow_id": "1", "flow_name": "n"},
            "exactly one of flow_id and flow_name",
        ),
        ("flow", {"body": "b", "label": "l", "flow_id": "1", "data": {"a": 1}}, "screen"),
        ("carousel", {"body": "b", "cards": [
            _CARD,
            {"type": "product", "catalog_id": "1", "product_retailer_id": "1"},
        ]}, "of one kind"),
        ("carousel", {"body": "b", "cards": [
            _CARD,
            {**_CARD, "header": {"type": "video", "id": "1"}},
        ]}, "one kind of header"),
        ("product_list", {"catalog_id": "1", "body": "b", "sections": []}, "header"),
        ("address", {"body": "b", "country": "in"}, "country"),
    ],
)  # fmt: skip
def test_native_content_that_cannot_be_is_refused(
    kind: str, fields: dict[str, Any], fault: str, provider: MetaWhatsApp
) -> None:
    with pytest.raises(relevo.InvalidMessage, match=fault):
        check(provider, {"type": f"{_M}{kind}", **fields})


def test_every_limit_is_of_a_kind_that_can_be_sent() -> None:
    assert {limit.content for limit in LIMITS} <= set(SAMPLES) | set(NATIVE_CONTENTS)


# Written out here apart from the table, so that both would have to be wrong alike.
MOST: dict[int, str] = {
    2: "carousel cards[].body breaks",
    3: "buttons buttons[]",
    10: "list sections[], list sections[].rows[], product_list sections[], "
    "template components[].cards[], marketing_template components[].cards[]",
    20: "buttons buttons[].title, list button, link label, carousel cards[].label, "
    "carousel cards[].buttons[].title, template components[].parameters[].coupon_code, "
    "marketing_template components[].parameters[].coupon_code",
    24: "list sections[].title, list sections[].rows[].title, product_list sections[].title",
    30: "flow label, product_list sections[].products[]",
    60: "buttons header.text, buttons footer, list header, list footer, link header.text, "
    "link footer, flow header.text, flow footer, product footer, product_list header, "
    "product_list footer, catalog footer, order_details header.text, order_details footer, "
    "order_status footer",
    72: "list sections[].rows[].description",
    160: "carousel cards[].body",
    200: "list sections[].rows[].id",
    256: "buttons buttons[].id, carousel cards[].buttons[].id",
    257: "contacts contacts[]",
    1024: "image caption, video caption, document caption, buttons body, link body, "
    "location_request body, flow body, carousel body",
    4096: "text body, list body",
}


def test_limits_are_those_of_metas_pages() -> None:
    told = {
        (limit.content.removeprefix(_M), limit.path, limit.unit): limit.most for limit in LIMITS
    }
    expected = {}
    for most, rows in MOST.items():
        for row in rows.split(", "):
            kind, path, *unit = row.split(" ")
            is_list = Unit.ENTRIES if path.endswith("[]") else Unit.CHARACTERS
            expected[kind, path, Unit.LINE_BREAKS if unit else is_list] = most
    assert told == expected
