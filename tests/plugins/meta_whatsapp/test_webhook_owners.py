"""Whose news are: the number decides, where none is named the business account and the number seen.

What surely belongs to another account is never told as ours.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import JsonValue, ValidationError

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig

OURS = "881100220033"
NUMBER = "770055001122"


def provider(**more: JsonValue) -> MetaWhatsApp:
    told = {"phone_number_id": NUMBER, "access_token": "x", **more}
    return MetaWhatsApp("shop", MetaWhatsAppConfig.model_validate(told), None)


def item(
    value: dict[str, Any], field: str = "security", waba: str = OURS, **entry: Any
) -> relevo.WebhookItem:
    entry = {"id": waba, "changes": [{"field": field, "value": value}], **entry}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    (found,) = provider().split_webhook(relevo.WebhookRequest("POST", "/", body))
    return found


SHOWN = {"display_phone_number": "15550100200", "event": "PIN_CHANGED"}
PARTNER = {"event": "PARTNER_ADDED", "waba_info": {"waba_id": OURS}}


@pytest.mark.parametrize("waba_id", [None, OURS])
@pytest.mark.parametrize("number", [None, "+1 (555) 010-0200"])
def test_news_of_our_account_are_ours(waba_id: str | None, number: str | None) -> None:
    ours = provider(waba_id=waba_id, display_phone_number=number)
    assert len(ours.parse_item(item(SHOWN))) == 1
    assert ours.owns_item(item(SHOWN)) == bool(waba_id or number)


def test_news_of_another_business_account_are_foreign() -> None:
    with pytest.raises(relevo.ForeignItem, match=r"waba_id 881100220033.*'881100220044'"):
        provider(waba_id=OURS).parse_item(item(SHOWN, waba="881100220044"))


def test_news_of_another_number_of_the_same_business_account_are_foreign() -> None:
    ours = provider(waba_id=OURS, display_phone_number="15550100300")
    with pytest.raises(relevo.ForeignItem, match="display_phone_number"):
        ours.parse_item(item(SHOWN))


def test_numbers_are_compared_as_people_not_as_spellings() -> None:
    """WhatsApp shows a Mexican number now with and now without its former 1."""
    ours = provider(display_phone_number="+52 1 55 1234 5678")
    assert ours.owns_item(item({"display_phone_number": "525512345678"}))


def test_account_that_does_not_know_its_ids_takes_what_comes_but_claims_nothing() -> None:
    assert len(provider().parse_item(item(SHOWN, waba="881100220044"))) == 1
    assert not provider().owns_item(item(SHOWN, waba="881100220044"))


@pytest.mark.parametrize("number", [NUMBER, int(NUMBER)])
def test_number_decides_whatever_business_account_the_news_were_posted_for(
    number: str | int,
) -> None:
    value = {"metadata": {"phone_number_id": number}, "calls": [{"id": "wacid.1"}]}
    ours = provider(waba_id=OURS)
    assert len(ours.parse_item(item(value, "calls", waba="881100220044"))) == 1
    assert ours.owns_item(item(value, "calls", waba="881100220044"))


def test_another_number_is_foreign() -> None:
    value = {"metadata": {"phone_number_id": "770055009999"}, "calls": [{"id": "wacid.1"}]}
    assert not provider(waba_id=OURS).owns_item(item(value, "calls"))
    with pytest.raises(relevo.ForeignItem, match=r"phone_number_id 770055001122.*'770055009999'"):
        provider().parse_item(item(value, "calls"))


@pytest.mark.parametrize("waba", [OURS, "4410"])
def test_partner_news_name_the_business_account_inside(waba: str) -> None:
    """Partner news are posted for a business portfolio, whose id is no business account's."""
    assert provider(waba_id=OURS).owns_item(item(PARTNER, "account_update", waba=waba))


def test_partner_news_that_name_no_business_account_are_taken() -> None:
    news = item({"event": "SOLUTION_CREATED", "solution_id": "7"}, "partner_solutions", "4410")
    assert len(provider(waba_id=OURS).parse_item(news)) == 1
    assert not provider(waba_id=OURS).owns_item(news)


def test_partner_news_about_another_business_account_are_foreign() -> None:
    value = {"event": "PARTNER_ADDED", "waba_info": {"waba_id": "881100220044"}}
    with pytest.raises(relevo.ForeignItem):
        provider(waba_id=OURS).parse_item(item(value, "account_update", waba="4410"))


@pytest.mark.parametrize("raw", [None, 7, {"value": 7}, {"value": {"metadata": 7}}])
def test_item_of_an_odd_form_is_nobodys(raw: JsonValue) -> None:
    assert not provider(waba_id=OURS).owns_item(relevo.WebhookItem("key", raw))


@pytest.mark.parametrize("number", ["call me", "1555", ""])
def test_number_as_people_see_it_has_to_be_a_number(number: str) -> None:
    with pytest.raises(ValidationError):
        provider(display_phone_number=number)
