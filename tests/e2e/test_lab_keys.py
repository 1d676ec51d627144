"""The Lab of a server with keys: it asks for one, keeps it for the visit, and works with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import API, RunningLab, findings, running_lab

if TYPE_CHECKING:
    from playwright.sync_api import Route
    from tests.e2e.conftest import OpenPage

LAB_SCOPES = ["send", "read", "events"]
PERSON = "15550107001"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[tuple[RunningLab, dict[str, str]]]:
    """A server that demands keys: one for the Lab, and one that may only send."""
    with running_lab(tmp_path) as lab:
        made = {}
        for name, scopes in (
            ("admin", ["admin", "send"]),
            ("lab", LAB_SCOPES),
            ("sender", ["send"]),
        ):
            answer = lab.client.post(f"{lab.url}{API}/keys", json={"name": name, "scopes": scopes})
            assert answer.status_code == 201, answer.text
            made[name] = answer.json()["key"]
            lab.client.headers["Authorization"] = f"Bearer {made['admin']}"
        yield lab, made


def test_lab_asks_for_a_key_and_works_with_it(
    locked: tuple[RunningLab, dict[str, str]], open_page: OpenPage
) -> None:
    """A wrong one and one that may not read are told apart; the right one shows all, live."""
    lab, keys = locked
    page = open_page(lab.page_url)
    form = page.locator(".key-form")
    form.wait_for()
    for text, words in (
        ("", "missing"),
        ("two words", "no key"),
        ("rlv_aaaaaaaaaaaa_wrong", "does not take"),
        (keys["sender"], "may not read"),
    ):
        page.get_by_label("API key").fill(text)
        form.get_by_role("button", name="Open").click()
        page.locator(".key-form .fault", has_text=words).wait_for()
    page.get_by_label("API key").fill(keys["lab"])
    form.get_by_role("button", name="Open").click()
    page.locator(".connection[data-state=live]").wait_for()
    assert keys["lab"] not in page.url
    page.get_by_label("To", exact=True).fill(PERSON)
    page.locator("[data-composer]").fill("Through a key")
    page.get_by_role("button", name="Send").click()
    sent = page.locator(".message:not(.draft)").filter(has_text="Through a key")
    sent.locator(".relay-note[data-status=read]").wait_for()


def test_lab_shows_files_that_only_a_key_may_fetch(
    locked: tuple[RunningLab, dict[str, str]], open_page: OpenPage
) -> None:
    """A picture of a page cannot show a key: it is fetched with one first, at need again."""
    lab, keys = locked
    page = open_page(lab.page_url)
    page.route("**/media/*", lambda route: route.fulfill(status=503), times=1)
    page.get_by_label("API key").fill(keys["lab"])
    page.keyboard.press("Enter")
    page.locator(".connection[data-state=live]").wait_for()
    picture = {"kind": "image", "from": PERSON}
    answer = lab.client.post(f"{lab.sandbox_url}/sandbox/inbound", json=picture)
    assert answer.status_code < 300, answer.text
    page.locator(".conversation").first.click()
    shown = page.locator(".message img.file, .message .file img").first
    shown.wait_for()
    page.wait_for_function("() => document.querySelector('.message .file img')?.naturalWidth > 0")
    assert str(shown.get_attribute("src")).startswith("blob:")


def test_lab_forgets_its_key(
    locked: tuple[RunningLab, dict[str, str]], open_page: OpenPage
) -> None:
    """On a click, and nothing of it is left in the browser."""
    lab, keys = locked
    page = open_page(lab.page_url)
    page.get_by_label("API key").fill(keys["lab"])
    page.keyboard.press("Enter")
    page.locator(".connection[data-state=live]").wait_for()
    page.reload()
    page.locator(".connection[data-state=live]").wait_for()
    page.get_by_role("button", name="Preferences").click()
    page.get_by_role("button", name="Forget the key").click()
    page.locator(".key-form").wait_for()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert keys["lab"] not in kept


def test_switch_that_a_key_may_not_turn_says_so_beside_it(
    locked: tuple[RunningLab, dict[str, str]], open_page: OpenPage
) -> None:
    """And it stands as it stood."""
    lab, keys = locked
    page = open_page(lab.page_url)
    page.get_by_label("API key").fill(keys["lab"])
    page.keyboard.press("Enter")
    page.locator(".connection[data-state=live]").wait_for()
    page.get_by_role("button", name="Switches").click()
    switch = page.get_by_label("Refused as undeliverable")
    switch.click()
    page.get_by_text("This key may not do this: it lacks the scope admin.").wait_for()
    assert not switch.is_checked()
    place = switch.get_attribute("aria-describedby")
    assert "admin" in page.locator(f"#{place}").inner_text()
    assert "undeliverable" in page.locator(f".switch:has(+ #{place})").inner_text()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_where_a_key_is_asked_for(
    lab: RunningLab, open_page: OpenPage, axe: str, theme: str, width: int
) -> None:
    """Before a key was given, and once one was refused."""
    page = open_page("about:blank", theme=theme, width=width)
    page.route("**/api/v1/messaging/**", refuse)
    page.goto(lab.page_url)
    page.locator(".key-form").wait_for()
    assert findings(page, axe) == []
    page.get_by_label("API key").fill("two words")
    page.locator(".key-form").get_by_role("button", name="Open").click()
    page.locator(".key-form .fault").wait_for()
    assert findings(page, axe) == []


def refuse(route: Route) -> None:
    route.fulfill(status=401, content_type="application/json", body='{"code": "missing_key"}')
