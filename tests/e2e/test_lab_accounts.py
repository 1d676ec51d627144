"""The Lab and accounts: none, several, and those it does not know yet."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.conftest import API

if TYPE_CHECKING:
    from playwright.sync_api import Route
    from tests.e2e.conftest import OpenPage, RunningLab


def test_provider_without_an_account_says_how_to_make_one(
    lab: RunningLab, open_page: OpenPage, start_lab: Callable[..., Any], tmp_path: Path
) -> None:
    del lab
    with start_lab(tmp_path, accounts={}) as bare:
        page = open_page(bare.page_url)
        page.get_by_text("No account uses meta_whatsapp yet.").locator("visible=true").wait_for()
        assert page.locator(".band[data-sandbox=off]").is_visible()
        assert not page.locator("[data-composer]").is_visible()


def test_several_accounts_are_chosen_by_the_address(
    lab: RunningLab, open_page: OpenPage, start_lab: Callable[..., Any], tmp_path: Path
) -> None:
    """What is chosen stands in the address bar, and in the request."""
    del lab
    made_up = {
        "provider": "meta_whatsapp",
        "access_token": "made-up",
        "app_secret": "made-up",
        "verify_token": "made-up",
        "base_url": "http://127.0.0.1:9",
    }
    accounts = {name: {**made_up, "phone_number_id": name * 6} for name in ("1", "2")}
    with start_lab(tmp_path, accounts=accounts) as two:
        page = open_page(two.page_url)
        page.get_by_label("Account", exact=True).select_option("2")
        page.wait_for_url("**/whatsapp?account=2*")
        page.goto(page.url.partition("#")[0] + "#/new")
        page.get_by_label("To", exact=True).fill("15550101013")
        asked = page.get_by_role("region", name="Request", exact=True)
        asked.filter(has_text='"account": "2"').wait_for()
        assert json.loads(asked.inner_text())["to"] == "15550101013"


def test_message_sent_before_the_accounts_are_known_names_its_own(
    lab: RunningLab, open_page: OpenPage
) -> None:
    """It waits for them: without a name the server would choose the account."""
    page = open_page(lab.page_url + "#/new")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/v1/messaging/accounts", hold)
    page.reload()
    page.get_by_label("To", exact=True).fill("15550101014")
    page.locator("[data-composer]").fill("Early")
    page.get_by_role("button", name="Send").click()
    with page.expect_request("**/api/v1/messaging/messages") as sent:
        while not held:
            page.wait_for_timeout(20)
        held[-1].continue_()
    asked: Any = sent.value.post_data_json
    rows = lab.client.get(f"{lab.url}{API}/accounts").json()["items"]
    assert asked["account"] in [row["name"] for row in rows]
    sent_one = page.locator(".message:not(.draft)").filter(has_text="Early")
    sent_one.locator(".relay-note[data-status=read]").wait_for()
