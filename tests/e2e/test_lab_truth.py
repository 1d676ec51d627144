"""The Lab says what is: whom messages reach, who a thread is with, why one failed, what came."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.conftest import API

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route
    from tests.e2e.conftest import OpenPage, RunningLab


def thread_of(lab: RunningLab, open_page: OpenPage, sent: dict[str, Any], **how: Any) -> Page:
    page: Page = open_page(f"{lab.page_url}#/conversations/{sent['conversation_id']}", **how)
    return page


def hide_conversations(page: Page) -> None:
    """Let the list bring none, as where many are newer."""

    def say(route: Route) -> None:
        route.fulfill(content_type="application/json", body='{"items": [], "next": null}')

    page.route("**/messaging/conversations?*", say)


def test_band_says_whom_the_chosen_account_reaches(
    lab: RunningLab, open_page: OpenPage, start_lab: Callable[..., Any], tmp_path: Path
) -> None:
    """A server that did not start its sandbox itself still tells one by its address."""
    del lab
    written = {"provider": "meta_whatsapp"}
    written |= dict.fromkeys(["access_token", "app_secret", "verify_token"], "made-up")
    accounts = {
        "beside": {**written, "phone_number_id": "111111", "base_url": "http://127.0.0.1:9"},
        "shop": {**written, "phone_number_id": "222222", "base_url": "https://graph.invalid"},
    }
    with start_lab(tmp_path, accounts=accounts) as two:
        page = open_page(f"{two.page_url}?account=beside")
        page.get_by_text("Sandbox on this machine: nobody is messaged").wait_for()
        assert page.locator(".band[data-sandbox=on]").is_visible()
        page.goto(f"{two.page_url}?account=shop")
        page.get_by_text("Real account: messages reach people").wait_for()
        assert page.locator(".band[data-sandbox=off]").is_visible()


def test_thread_outside_the_list_tells_who_it_is_with(lab: RunningLab, open_page: OpenPage) -> None:
    sent = lab.send("15550108001", "Long ago")
    lab.wait_until(sent, "read")
    said = {"from": "15550108001", "text": "I am here"}
    assert lab.client.post(f"{lab.url}{API}/sandbox/replies", json=said).status_code == 202
    page = open_page(lab.page_url)
    page.locator(".conversation", has_text="15550108001").or_(
        page.locator(".conversation", has_text="Sandbox person")
    ).first.wait_for()
    hide_conversations(page)
    page.goto("about:blank")
    page.goto(f"{lab.page_url}#/conversations/{sent['conversation_id']}")
    page.locator(".work .window[data-state=open]").wait_for()
    page.locator(".work .wrote", has_text="wrote").wait_for()
    assert page.locator(".work h2").first.inner_text() == "Sandbox person"


def test_thread_that_is_not_there_is_said_to_be_none(lab: RunningLab, open_page: OpenPage) -> None:
    page = open_page(f"{lab.page_url}#/conversations/01900000-0000-7000-8000-000000000000")
    page.get_by_text("There is no conversation with this address.").wait_for()
    assert page.locator(".work .wrote").count() == 0


def test_failed_message_says_why_once(
    lab: RunningLab, open_page: OpenPage, request: pytest.FixtureRequest
) -> None:
    """Under the bubble in a sentence; the detail gives the error's own advice and no other."""
    request.addfinalizer(lab.behave)
    lab.behave(faults=[{"code": 131026, "status": 400}])
    sent = lab.send("15550108002", "This one fails")
    lab.wait_until(sent, "failed")
    page = thread_of(lab, open_page, sent)
    reason = page.locator(".message .reason")
    reason.wait_for()
    assert reason.inner_text().startswith("It cannot be delivered: no WhatsApp")
    assert "Try another" not in reason.inner_text()
    page.locator(".message .trace").click()
    trouble = page.locator(".trouble")
    trouble.wait_for()
    assert trouble.inner_text().endswith("Try another channel.")
    assert trouble.locator(".todo").count() == 0


def test_what_only_a_vendor_has_words_for_is_shown_field_by_field(
    lab: RunningLab, open_page: OpenPage
) -> None:
    """The answers of a flow stand there; what nests deeper opens on a click."""
    person = "15550108003"
    filled = {"name": "Ana <b>", "days": ["mon", "tue"], "address": {"street": "Corrientes"}}
    told = {"response_json": json.dumps(filled)}
    asked = {"kind": "nfm_reply", "from": person, "content": told}
    answer = lab.client.post(f"{lab.sandbox_url}/sandbox/inbound", json=asked)
    assert answer.status_code < 300, answer.text
    product = {"catalog_id": "1234", "product_retailer_id": "sku-9", "body": "Our shirt"}
    body = {"to": person, "content": {"type": "meta_whatsapp.product", **product}}
    sent = lab.client.post(f"{lab.url}{API}/messages", json=body).json()
    page = thread_of(lab, open_page, sent)
    flow = page.locator(".message[data-direction=in]", has_text="Flow reply")
    flow.locator(".fields", has_text="Ana <b>").first.wait_for()
    assert "mon, tue" in flow.inner_text()
    assert not flow.get_by_text("Corrientes").is_visible()
    flow.locator("summary").click()
    assert flow.get_by_text("Corrientes").is_visible()
    shown = page.locator(".message[data-direction=out] .words", has_text="Product")
    assert {"1234", "sku-9"} <= set(shown.locator("dd").all_inner_texts())
    assert shown.get_by_text("Our shirt").is_visible()


def test_paused_account_is_told_and_resumed_where_one_writes(
    lab: RunningLab, open_page: OpenPage
) -> None:
    """While it is paused nothing leaves: neither bubble nor detail may say that it soon will."""
    place = f"{lab.url}{API}/accounts/sandbox"
    lab.wait_until(lab.send("15550108004", "Before"), "read")
    page = open_page(lab.page_url)
    page.locator(".connection[data-state=live]").wait_for()
    try:
        assert lab.client.post(f"{place}/pause", json={"reason": "We count."}).status_code == 200
        page.get_by_text("The account is paused: messages wait").wait_for()
        sent = lab.send("15550108004", "While it is paused")
        page.goto(f"{lab.page_url}#/conversations/{sent['conversation_id']}/messages/{sent['id']}")
        page.locator(".why", has_text="Its account is paused").wait_for()
        page.get_by_role("button", name="Resume").click()
        page.locator(".account-hint").wait_for(state="hidden")
        lab.wait_until(sent, "read")
    finally:
        lab.client.post(f"{place}/resume")
