"""What core asks before it keeps a message: the window, the opt-outs, what may be held back."""

from __future__ import annotations

from typing import Any

import pytest

import relevo
from relevo_meta_whatsapp import MetaWhatsApp
from relevo_meta_whatsapp.native import MarketingTemplate
from relevo_meta_whatsapp.payloads import build_payload

TEMPLATE = relevo.TemplateContent(name="sale", language="en")
MARKETING = MarketingTemplate(name="sale", language="en")
REACTION = relevo.ReactionContent(target="wamid.1", emoji="x")
TEXT = relevo.TextContent(body="x")


def message(content: Any, **extra: Any) -> relevo.Message:
    return relevo.Message(to="34600111222", content=content, extra=extra)


@pytest.mark.parametrize(
    ("asked", "is_template"),
    [
        (message(TEXT), False),
        (message(REACTION), False),
        (message(TEMPLATE), True),
        (message(MARKETING), True),
        (message(relevo.NativeContent.model_validate(MARKETING.model_dump(mode="json"))), True),
        (message(TEXT, type="template", template={}), True),
        (message(TEMPLATE, type="text", text={}), False),
    ],
)
def test_only_templates_need_no_window_and_may_be_held_back(
    asked: relevo.Message,
    is_template: bool,  # noqa: FBT001 - a table
    provider: MetaWhatsApp,
) -> None:
    assert provider.window_s == 24 * 3600
    assert provider.needs_window(asked) is not is_template
    assert provider.may_hold_back(asked) is is_template


def test_marketing_is_what_goes_by_its_route_and_templates_known_as_such(
    provider: MetaWhatsApp,
) -> None:
    assert provider.preference_of(message(TEXT)) is None
    assert provider.preference_of(message(TEMPLATE)) is None
    assert provider.preference_of(message(MARKETING)) == "marketing_messages"
    stored = relevo.NativeContent.model_validate(MARKETING.model_dump(mode="json"))
    assert provider.preference_of(message(stored)) == "marketing_messages"
    provider.template_categories.learn("sale", "en", "marketing")
    assert provider.preference_of(message(TEMPLATE)) == "marketing_messages"
    provider.template_categories.learn("sale", "en", "UTILITY")
    assert provider.preference_of(message(TEMPLATE)) is None


def test_what_is_rendered_is_what_is_sent_and_hides_people(provider: MetaWhatsApp) -> None:
    """A dry run shows Meta's JSON; redacted, nothing private is left in it."""
    asked = message(relevo.TextContent(body="canary words"), messaging_product="whatsapp")
    payload = provider.render(asked)
    assert payload == build_payload(provider.account, asked)
    assert "canary words" in str(payload["text"])
    shown = provider.redact(payload)
    assert isinstance(shown, dict)
    assert shown["type"] == "text"
    assert "canary" not in str(shown)
    assert "34600111222" not in str(shown)


def test_what_is_rendered_keeps_metas_own_constants(provider: MetaWhatsApp) -> None:
    """Only the recipient and people's words are hidden: the rest tells whether it is right."""
    order = relevo.TemplateContent(name="order_update", language="es", parameters=("canary",))
    assert provider.redact(provider.render(message(order))) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "***",
        "biz_opaque_callback_data": "***",
        "type": "template",
        "template": {
            "name": "order_update",
            "language": {"code": "es"},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": "***"}]}],
        },
    }
    place = relevo.LocationContent(latitude=1.5, longitude=2.5, name="canary")
    shown = provider.redact(provider.render(message(place)))
    assert isinstance(shown, dict)
    assert isinstance(shown["location"], dict)
    assert set(shown["location"].values()) == {"***"}


def test_a_native_content_that_was_kept_is_rendered_as_its_own(provider: MetaWhatsApp) -> None:
    stored = relevo.NativeContent.model_validate(MARKETING.model_dump(mode="json"))
    assert provider.render(message(stored))["type"] == "template"
