"""Sends are compared with their templates: what does not fit is named, all else passes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, components
from relevo_meta_whatsapp.managing.fitting import find_faults
from relevo_meta_whatsapp.native import MarketingTemplate
from relevo_meta_whatsapp.payloads.templates import build_template
from relevo_meta_whatsapp.sandbox.graph.answers import GraphRefusal
from relevo_meta_whatsapp.sandbox.graph.template_rules import check_template
from relevo_meta_whatsapp.sandbox.state.templates import TemplateStore

IMAGE = relevo.ImageContent(link="https://cdn.example/a.jpg")
STORE = TemplateStore()


def template(name: str, language: str = "en_US") -> relevo.Template:
    found = STORE.find(name, language)
    assert found is not None
    kept: list[Any] = found.components
    return relevo.Template(name, language, found.status, components=kept)


def faults(name: str, *, language: str = "en_US", **content: Any) -> list[str]:
    sent = relevo.TemplateContent(name=name, language=language, **content)
    return [field for field, _ in find_faults(template(name, language), sent)]


BODY = components.body("Ana", "today")
HEADER = components.header(IMAGE)


@pytest.mark.parametrize(
    ("name", "language", "content", "fields"),
    [
        ("hello_world", "en_US", {}, []),
        ("hello_world", "en_US", {"parameters": ("Ana",)}, ["content.parameters"]),
        ("order_update", "en_US", {"parameters": ("Ana", "77")}, []),
        ("order_update", "en_US", {"parameters": ("Ana",)}, ["content.parameters"]),
        ("order_update", "en_US", {}, ["content.parameters"]),
        (
            "order_update",
            "en_US",
            {"components": (components.body("Ana"),)},
            ["content.components[0].parameters"],
        ),
        (
            "appointment_reminder",
            "es_AR",
            {"parameters": {"customer": "Ana", "day": "lunes"}},
            [],
        ),
        (
            "appointment_reminder",
            "es_AR",
            {"parameters": {"customer": "Ana", "date": "lunes"}},
            ["content.parameters"],
        ),
        (
            "appointment_reminder",
            "es_AR",
            {"parameters": {"customer": "Ana", "day": "lunes", "hour": "9"}},
            ["content.parameters"],
        ),
        (
            "appointment_reminder",
            "es_AR",
            {"parameters": ("Ana", "lunes")},
            ["content.parameters"],
        ),
        (
            "order_receipt",
            "en_US",
            {"components": (HEADER, BODY, components.url(1, "77"))},
            [],
        ),
        (
            "order_receipt",
            "en_US",
            {"components": (BODY, components.url(1, "77"))},
            ["content.components"],
        ),
        (
            "order_receipt",
            "en_US",
            {"components": (components.header("text"), BODY, components.url(1, "77"))},
            ["content.components[0].parameters"],
        ),
        ("order_receipt", "en_US", {"components": (HEADER, BODY)}, ["content.components"]),
        (
            "order_receipt",
            "en_US",
            {"components": (HEADER, BODY, components.url(2, "77"), components.url(1, "77"))},
            ["content.components[2].index"],
        ),
        (
            "order_receipt",
            "en_US",
            {"components": (HEADER, BODY, components.url(0, "77"), components.url(1, "77"))},
            ["content.components[2].sub_type"],
        ),
        ("sign_in_code", "en_US", {"components": components.one_time_code("123")}, []),
        (
            "new_arrivals",
            "en_US",
            {
                "components": (
                    components.body("Ana"),
                    components.carousel((HEADER, components.body("x")), (HEADER,)),
                )
            },
            ["content.components[1].cards[1].components"],
        ),
        (
            "new_arrivals",
            "en_US",
            {
                "components": (
                    components.body("Ana"),
                    components.carousel((HEADER, components.body("x"))),
                )
            },
            ["content.components[1].cards"],
        ),
        ("new_arrivals", "en_US", {"parameters": ("Ana",)}, ["content.components"]),
        (
            "hello_world",
            "en_US",
            {"components": (components.carousel(),)},
            ["content.components[0]"],
        ),
    ],
)
def test_field_that_does_not_fit_is_named(
    name: str, language: str, content: dict[str, Any], fields: list[str]
) -> None:
    assert faults(name, language=language, **content) == fields


def test_what_the_definition_does_not_show_is_left_to_meta() -> None:
    bare = relevo.Template("x", "es", "APPROVED", components=[{"type": "HEADER", "format": "GIF"}])
    sent = relevo.TemplateContent(
        name="x", language="es", parameters=("a",), components=(components.header(IMAGE),)
    )
    assert list(find_faults(bare, sent)) == []


CARDS = components.carousel((HEADER, components.body("x")), (HEADER, components.body("y")))
RIGHT: dict[str, tuple[Any, ...]] = {
    "hello_world": (),
    "order_update": (components.body("Ana", "77"),),
    "appointment_reminder": (components.body(customer="Ana", day="lunes"),),
    "order_receipt": (
        HEADER,
        BODY,
        components.url(1, "77"),
        components.quick_reply(0, "thanks"),
    ),
    "spring_sale": (
        components.header("Ana"),
        components.body("20%"),
        components.copy_code(0, "SAVE20"),
    ),
    "last_chance": (
        components.limited_time_offer(datetime(2027, 1, 1, tzinfo=UTC)),
        components.body("Ana"),
        components.copy_code(0, "SAVE20"),
        components.url(1, "77"),
    ),
    "new_arrivals": (components.body("Ana"), CARDS),
    "sign_in_code": components.one_time_code("123456"),
}
"""What fills each template of the sandbox."""
_PIECES = tuple(piece for pieces in RIGHT.values() for piece in pieces)


@pytest.mark.parametrize("name", RIGHT)
def test_right_fill_passes_here_and_there(name: str) -> None:
    language = next(one.language for one in STORE if one.name == name)
    sent = relevo.TemplateContent(name=name, language=language, components=RIGHT[name])
    check_template(build_template(sent).body, STORE)  # type: ignore[arg-type]  # an object
    assert list(find_faults(template(name, language), sent)) == []


@given(
    st.sampled_from([(one.name, one.language) for one in STORE]),
    st.sets(st.integers(0, 3), max_size=2),
    st.lists(st.sampled_from(_PIECES), max_size=1),
    st.sampled_from([(), ("Ana",), ("Ana", "77")]),
)
def test_what_the_stand_in_takes_is_never_refused_here(
    key: tuple[str, str], left_out: set[int], more: list[Any], parameters: tuple[str, ...]
) -> None:
    """A local refusal that Meta would not make loses a message."""
    name, language = key
    right = [piece for place, piece in enumerate(RIGHT[name]) if place not in left_out]
    sent = relevo.TemplateContent(
        name=name, language=language, parameters=parameters, components=(*right, *more)
    )
    built: Any = build_template(sent).body
    try:
        check_template(built, STORE)
    except GraphRefusal:
        return
    assert list(find_faults(template(name, language), sent)) == []


def test_marketing_templates_are_compared_too_and_extra_is_not(provider: MetaWhatsApp) -> None:
    provider.templates.fill([template("order_update")])
    content = MarketingTemplate(name="order_update", language="en_US", parameters=("Ana",))
    with pytest.raises(relevo.Rejected, match=r"^Account 'shop': content\.parameters: has 1 where"):
        provider.check_message(relevo.Message(to="541130946950", content=content))
    own: dict[str, Any] = {"template": {"components": []}}
    plain = relevo.TemplateContent(name="order_update", language="en_US", parameters=("Ana",))
    provider.check_message(relevo.Message(to="541130946950", content=plain, extra=own))


def test_unknown_template_is_metas_to_judge(provider: MetaWhatsApp) -> None:
    provider.templates.fill([template("order_update")])
    content = relevo.TemplateContent(name="order_update", language="de_DE")
    provider.check_message(relevo.Message(to="541130946950", content=content))
