"""The Lab beyond text: kinds of content, what belongs to a message, windows, the sandbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route
    from tests.e2e.conftest import OpenPage, RunningLab


def open_conversation(lab: RunningLab, open_page: OpenPage, person: str) -> Page:
    """Open the thread of somebody who was written to."""
    sent = lab.send(person, f"First for {person}")
    lab.wait_until(sent, "read")
    page: Page = open_page(f"{lab.page_url}#/conversations/{sent['conversation_id']}")
    page.locator(".message[data-id]").first.wait_for()
    return page


def compose(page: Page, kind: str) -> None:
    """Choose a kind of content by keyboard."""
    page.get_by_role("button", name="Kind of message").press("Enter")
    page.get_by_role("menuitemradio", name=kind, exact=True).press("Enter")


def send(page: Page) -> None:
    page.get_by_role("button", name="Send", exact=True).click()


def bubble(page: Page, text: str) -> Locator:
    return page.locator(".message:not(.draft)").filter(has_text=text)


def described(page: Page, field: Locator) -> str:
    """What a screen reader is told beside a field."""
    return page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()


def test_buttons_are_composed_pressed_quoted_and_reacted_to(
    lab: RunningLab, open_page: OpenPage
) -> None:
    """What answers a message stands with it: the quote in the answer, reactions on the bubble."""
    page = open_conversation(lab, open_page, "15550103001")
    compose(page, "Reply buttons")
    page.get_by_label("Button 1").fill("Today")
    page.get_by_label("Button 2").fill("Tomorrow")
    page.locator("[data-composer]").fill("When do you come?")
    assert page.locator(".message.draft .choice-button").all_inner_texts() == ["Today", "Tomorrow"]
    send(page)
    asked = bubble(page, "When do you come?").first
    asked.get_by_role("button", name="Today").click()
    answer = page.locator(".message[data-direction=in]").filter(has_text="Today")
    answer.locator(".quote", has_text="When do you come?").wait_for()
    for group, message in (("React", answer), ("React as the customer", asked)):
        message.hover()
        message.get_by_role("button", name="Quote or react").click()
        page.get_by_role("group", name=group, exact=True).get_by_role("menuitemradio").first.click()
        message.locator(".reactions a").wait_for()
    assert page.locator(".message[data-id]").count() == 3
    answer.hover()
    answer.get_by_role("button", name="Quote or react").click()
    page.get_by_role("menuitem", name="Quote").click()
    page.locator("[data-composer]").fill("Fine")
    page.locator("[data-composer]").press("Enter")
    bubble(page, "Fine").locator(".quote", has_text="Today").wait_for()


def test_only_claimed_kinds_are_offered(lab: RunningLab, open_page: OpenPage) -> None:
    page = open_conversation(lab, open_page, "15550103002")
    claimed = ["text", "location", "reply"]

    def say(route: Route) -> None:
        rows = [{"name": "meta_whatsapp", "capabilities": claimed}]
        route.fulfill(content_type="application/json", body=json.dumps({"items": rows}))

    page.route("**/messaging/providers", say)
    page.reload()
    page.get_by_role("button", name="Kind of message").click()
    assert page.get_by_role("menuitemradio").all_inner_texts() == ["Text", "Location"]
    page.keyboard.press("Escape")
    claimed[:] = ["text"]
    page.reload()
    page.locator(".message[data-id]").first.wait_for()
    assert not page.get_by_role("button", name="Kind of message").is_visible()


def test_refusals_stand_at_the_field_of_the_kind(lab: RunningLab, open_page: OpenPage) -> None:
    """Those of our own reading of the body, and those of the provider's rules."""
    page = open_conversation(lab, open_page, "15550103003")
    compose(page, "Image")
    link = page.get_by_label("Web address of the file")
    send(page)
    assert described(page, link).startswith("This is empty.")
    link.fill("no address")
    link.press("Enter")
    page.get_by_text("This is no web address.").wait_for()
    assert "https://" in described(page, link)
    compose(page, "Reply buttons")
    second = page.get_by_label("Button 2")
    page.get_by_label("Button 1").fill("Short")
    second.fill("Far longer than any button may be")
    page.locator("[data-composer]").fill("Choose")
    send(page)
    page.get_by_text("WhatsApp takes 20").first.wait_for()
    assert described(page, second).startswith("Has 33 characters")
    assert page.evaluate("document.activeElement.id") == second.get_attribute("id")
    page.reload()
    assert second.input_value() == "Far longer than any button may be"


def test_window_is_told_calmly_and_a_closed_one_offers_a_template(
    lab: RunningLab, open_page: OpenPage
) -> None:
    """The account's own templates are offered, with the languages they have."""
    page = open_conversation(lab, open_page, "15550103004")
    window: dict[str, Any] = {"state": "unknown"}

    def say(route: Route) -> None:
        answer = route.fetch()
        rows = answer.json()
        for row in rows["items"]:
            row["window"] = window
        route.fulfill(response=answer, json=rows)

    page.route("**/messaging/conversations?*", say)
    page.reload()
    page.locator(".under .wrote").wait_for()
    assert page.locator(".window, .window-hint >> visible=true").count() == 0
    until = datetime.now(UTC) + timedelta(hours=21, minutes=5)
    window.update(state="open", until=until.isoformat())
    page.reload()
    page.get_by_text("free to write for 21 hr").or_(
        page.get_by_text("free to write for 21 h")
    ).first.wait_for()
    window.clear()
    window.update(state="closed", since=until.isoformat())
    page.reload()
    page.get_by_role("button", name="Use a template").click()
    page.locator("#template-names option[value=hello_world]").wait_for(state="attached")
    page.get_by_label("Name", exact=True).fill("hello_world")
    page.get_by_label("Name", exact=True).press("Tab")
    assert page.get_by_label("Language", exact=True).input_value() == "en_US"
    assert not page.get_by_role("button", name="Use a template").is_visible()


def test_sandbox_fails_the_next_message_and_the_customer_sends_a_sample(
    lab: RunningLab, open_page: OpenPage
) -> None:
    """The band says what waits for the next message, until that one met it."""
    page = open_conversation(lab, open_page, "15550103005")
    page.get_by_role("button", name="Switches").click()
    page.get_by_label("Refused as undeliverable").check()
    page.get_by_role("button", name="Next: Refused as undeliverable").wait_for()
    page.keyboard.press("Escape")
    page.locator("[data-composer]").fill("This one fails")
    page.locator("[data-composer]").press("Enter")
    bubble(page, "This one fails").locator(".relay-note[data-status=failed]").wait_for()
    page.get_by_role("button", name="Switches").wait_for()
    page.get_by_role("button", name="More, as the customer").click()
    page.get_by_role("menuitem", name="Location").click()
    page.locator(".message[data-direction=in] .card", has_text="Obelisco").wait_for()
