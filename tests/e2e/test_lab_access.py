"""Everybody can use the Lab: axe-core finds nothing serious, in any theme, language and width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.e2e.conftest import findings

if TYPE_CHECKING:
    from tests.e2e.conftest import OpenPage, RunningLab


EVERY_PAIR = [
    ("light", "en-US", 1440),
    ("light", "es-AR", 390),
    ("dark", "en-US", 390),
    ("dark", "es-AR", 1440),
]
"""Any two of theme, language and width meet: what is hard to see lies in one or two of them."""


@pytest.mark.parametrize(("theme", "locale", "width"), EVERY_PAIR)
def test_axe_finds_nothing_serious(
    lab: RunningLab, open_page: OpenPage, axe: str, theme: str, locale: str, width: int
) -> None:
    """On every view: list, thread, a failed message's detail, form errors, menus, dialogs."""
    lab.behave(faults=[{"code": 131026, "status": 400}])
    failed = lab.send("15550102001", "This one fails")
    lab.wait_until(failed, "failed")
    page = open_page(lab.page_url, width=width, theme=theme, locale=locale)
    place = f"{lab.page_url}#/conversations/{failed['conversation_id']}"
    page.locator(".conversation").first.wait_for()
    assert findings(page, axe) == []
    page.goto(f"{place}/messages/{failed['id']}")
    page.locator(".trouble").wait_for()
    assert findings(page, axe) == []
    page.goto(f"{lab.page_url}#/new")
    page.locator(".composer button").last.click()
    page.locator(".fault").first.wait_for()
    assert findings(page, axe) == []
    page.locator(".composer .more").click()
    page.get_by_role("menuitemradio").last.click()
    page.locator(".composer .more").click()
    assert findings(page, axe) == []
    page.keyboard.press("Escape")
    page.locator(".knobs button").click()
    page.locator("dialog[open]").wait_for()
    assert findings(page, axe) == []
    page.keyboard.press("Escape")
    page.goto(f"{lab.page_url}#/events")
    page.locator("[data-wide=true] .event").first.click()
    page.locator(".inspected pre").locator("visible=true").first.wait_for()
    assert findings(page, axe) == []
    page.locator(".rail-item").last.click()
    page.locator("dialog[open]").wait_for()
    assert findings(page, axe) == []
