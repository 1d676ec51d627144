"""The Lab in a real browser: what a person does there, against a real server and sandbox."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.e2e.conftest import API

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page
    from tests.e2e.conftest import OpenPage, RunningLab, Wire

STORE = "import('/demo/messaging/lab/js/store.js')"
SANDBOX = "Sandbox: nothing leaves this machine"


def write_to(page: Page, to: str, text: str) -> None:
    """Send a first message to somebody, by the form."""
    page.goto(page.url.partition("#")[0] + "#/new")
    page.get_by_label("To", exact=True).fill(to)
    composer(page).fill(text)
    page.get_by_role("button", name="Send").click()


def composer(page: Page) -> Locator:
    return page.locator("[data-composer]")


def message(page: Page, text: str) -> Locator:
    return page.locator(".message:not(.draft)").filter(has_text=text)


def wait_for_status(message: Locator, status: str) -> None:
    message.locator(f".relay-note[data-status={status}]").wait_for()


def focused(page: Page, selector: str) -> None:
    """Wait until the focus is on such an element."""
    page.locator(f"{selector}:focus").wait_for()


def only(rows: Locator) -> None:
    """Wait until there is one row."""
    rows.nth(1).wait_for(state="detached")
    rows.wait_for()


def stops(line: Locator) -> list[str | None]:
    """How each dot of a relay line is drawn."""
    return [stop.get_attribute("data-state") for stop in line.locator(".stop").all()]


def test_first_message_is_sent_and_travels_to_read(lab: RunningLab, open_page: OpenPage) -> None:
    """Open, fill in the example, send: each step lights up, with what was asked and answered."""
    page = open_page(lab.page_url + "#/new")
    page.get_by_text(SANDBOX).wait_for()
    page.get_by_role("button", name="Fill in an example").click()
    request = page.get_by_role("region", name="Request", exact=True)
    request.filter(has_text="541130946950").filter(has_text='"account"').wait_for()
    asked = json.loads(request.inner_text())
    assert asked["to"] == "541130946950"
    assert page.locator(".message.draft b").inner_text() == "ready"
    with page.expect_request("**/api/v1/messaging/messages") as sent:
        page.get_by_role("button", name="Send").click()
    assert sent.value.post_data_json == asked

    shown = message(page, "Your order is ready.")
    wait_for_status(shown, "read")
    assert stops(shown) == ["done"] * 6
    assert re.fullmatch(r"Read \+[\d.]+ m?s", shown.locator(".relay-note").inner_text())
    assert shown.locator(".ticks").get_attribute("aria-label") == "Read"
    assert page.locator(".side .answered").inner_text() == "202 Accepted"
    answered = json.loads(page.get_by_role("region", name="Answer", exact=True).inner_text())
    assert (answered["status"], answered["conversation_id"]) == (
        "queued",
        urlsplit(page.url).fragment.rpartition("/")[2],
    )
    events = page.locator(".aside .event b").all_inner_texts()
    assert events[-6:] == ["Queued", "Sending", "Accepted", "Sent", "Delivered", "Read"]


def test_curl_shown_sends_the_same(lab: RunningLab, open_page: OpenPage) -> None:
    """Quotes in the text do not end the shell's."""
    page = open_page(lab.page_url + "#/new")
    page.get_by_label("To", exact=True).fill("15550101001")
    composer(page).fill("it's ready")
    page.get_by_role("button", name="curl").click()
    shown = page.get_by_role("region", name="Request", exact=True).inner_text()
    assert f"curl -X POST '{lab.url}/api/v1/messaging/messages'" in shown
    assert r"it'\''s ready" in shown
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the request").click()
    page.get_by_text("Copied").wait_for(state="attached")
    assert page.evaluate("navigator.clipboard.readText()") == shown


def test_reply_as_the_customer_arrives(lab: RunningLab, open_page: OpenPage) -> None:
    page = open_page(lab.page_url)
    write_to(page, "15550101002", "Are you there?")
    box = page.get_by_label("Reply as the customer", exact=True).locator("visible=true").last
    box.fill("Yes, I am")
    box.press("Enter")
    arrived = message(page, "Yes, I am")
    arrived.wait_for()
    assert arrived.get_attribute("data-direction") == "in"
    page.locator(".aside .event b", has_text="Inbound").wait_for()
    page.get_by_text("wrote now").wait_for()
    assert box.input_value() == ""


def test_reload_keeps_conversation_draft_and_exchange(lab: RunningLab, open_page: OpenPage) -> None:
    page = open_page(lab.page_url)
    write_to(page, "15550101003", "Before the reload")
    wait_for_status(message(page, "Before the reload"), "read")
    composer(page).fill("Half a sent")
    page.reload()
    shown = message(page, "Before the reload")
    wait_for_status(shown, "read")
    assert stops(shown) == ["done"] * 6
    assert composer(page).input_value() == "Half a sent"
    assert page.locator(".side .answered").inner_text() == "202 Accepted"


def test_language_and_theme_follow_the_browser_until_chosen(
    lab: RunningLab, open_page: OpenPage
) -> None:
    page = open_page(lab.page_url, locale="es-AR", theme="dark")
    page.get_by_text("Sandbox: nada sale de esta máquina").wait_for()
    assert page.locator("html").get_attribute("lang") == "es"
    dark = background(page)
    page.get_by_role("button", name="Preferencias").click()
    page.get_by_label("Claro").check()
    assert background(page) != dark
    page.get_by_label("English").check()
    page.get_by_text(SANDBOX).wait_for()
    assert page.get_by_role("dialog", name="Preferences").is_visible()
    light = background(page)
    page.reload()
    page.get_by_text(SANDBOX).wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
    assert background(page) == light


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_keyboard_alone_writes_searches_opens_and_goes_back(
    lab: RunningLab, open_page: OpenPage
) -> None:
    page = open_page(lab.page_url)
    page.locator(".conversation, .empty").first.wait_for()
    keys = page.keyboard
    keys.press("n")
    focused(page, "#to")
    keys.type("15550101004")
    keys.press("Tab")
    keys.type("Typed by hand")
    keys.press("Enter")
    wait_for_status(message(page, "Typed by hand"), "read")
    keys.press("Escape")
    keys.press("?")
    assert page.get_by_role("dialog", name="Keyboard").is_visible()
    keys.press("Escape")
    keys.press("/")
    keys.type("Typed by hand")
    only(page.locator(".conversation"))
    assert "search=" in page.url
    keys.press("Escape")
    keys.press("j")
    focused(page, ".conversation")
    keys.press("Enter")
    page.locator(".trace").first.focus()
    keys.press("Enter")
    page.get_by_role("heading", name="Message", exact=True).wait_for()
    assert "/messages/" in page.url
    keys.press("Escape")
    focused(page, ".trace")
    assert "/messages/" not in page.url


def test_cut_stream_is_told_and_what_came_back_is_counted(
    lab: RunningLab, open_page: OpenPage, wire: Wire
) -> None:
    """Nothing is lost and nothing comes twice."""
    page = open_page(wire.url + urlsplit(lab.page_url).path)
    write_to(page, "15550101005", "Before the cut")
    wait_for_status(message(page, "Before the cut"), "read")
    page.locator(".connection[data-state=live]").wait_for()
    wire.cut()
    page.locator(".connection[data-state=cut]").wait_for()
    assert "Cut off" in page.locator(".connection").inner_text()
    place = page.evaluate(f"{STORE}.then(m => m.state.stream.place)")
    lab.wait_until(lab.send("15550101005", "While it was cut"), "read")
    missed = lab.client.get(
        f"{lab.url}{API}/events", params={"after": place}, headers={"accept": "application/json"}
    ).json()["items"]
    assert len(missed) >= 6
    wire.mend()
    page.get_by_role("button", name="Try now").click()
    page.get_by_text(f"{len(missed)} events came back").first.wait_for()
    wait_for_status(message(page, "While it was cut"), "read")
    assert message(page, "While it was cut").count() == 1
    positions = page.evaluate(f"{STORE}.then(m => m.state.events.map(e => e.position))")
    told = [position for position in positions if position is not None]
    assert told == list(range(told[0], told[0] + len(told)))


def test_log_begun_anew_is_told_and_nothing_old_stays(
    start_lab: Callable[..., AbstractContextManager[RunningLab]],
    open_page: OpenPage,
    tmp_path: Path,
) -> None:
    """The server comes back with another database: the page shows that one."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with start_lab(tmp_path / "one") as lab:
        page = open_page(lab.page_url)
        write_to(page, "15550101006", "Of the old log")
        wait_for_status(message(page, "Of the old log"), "read")
    page.locator(".connection[data-state=cut]").wait_for()
    with start_lab(tmp_path / "two", port=urlsplit(lab.url).port) as lab:
        lab.wait_until(lab.send("15550101007", "Of the new log"), "read")
        page.get_by_text("the log was begun anew").wait_for()
        page.locator(".conversation", has_text="15550101007").wait_for()
        assert page.locator(".conversation", has_text="15550101006").count() == 0


def test_form_errors_stand_beside_their_field(lab: RunningLab, open_page: OpenPage) -> None:
    """Which field, why, and what to do; and they go once it is corrected."""
    page = open_page(lab.page_url + "#/new")
    page.get_by_role("button", name="Send").click()
    to = page.get_by_label("To", exact=True)
    assert to.get_attribute("aria-invalid") == "true"
    assert described(page, to).startswith("Who gets it is missing.")
    assert described(page, composer(page)).startswith("The text is empty.")
    to.fill("not a number")
    composer(page).fill("hello")
    composer(page).press("Enter")
    page.get_by_text("This is no number the provider knows.").wait_for()
    assert "5 to 15 digits" in described(page, to)
    assert page.locator(".side .answered").inner_text().startswith("422")
    assert page.evaluate("document.activeElement.id") == "to"
    to.fill("15550101008")
    assert to.get_attribute("aria-invalid") is None
    composer(page).press("Enter")
    wait_for_status(message(page, "hello"), "read")


def described(page: Page, field: Locator) -> str:
    """What a screen reader is told beside a field."""
    place = field.get_attribute("aria-describedby")
    return page.locator(f"#{place}").inner_text()


@pytest.mark.parametrize(
    ("behaviour", "status", "dots", "words"),
    [
        (
            {"faults": [{"code": 131026, "status": 400}]},
            "failed",
            ["done", "done", "failed", "pending", "pending", "pending"],
            "It did not get through",
        ),
        (
            {"story": ["sent", "failed"]},
            "failed",
            ["done", "done", "done", "done", "failed", "pending"],
            "It did not get through",
        ),
        (
            {"faults": [{"cut": True}]},
            "unknown",
            ["done", "done", "doubt", "pending", "pending", "pending"],
            "It is not sent again blindly",
        ),
    ],
    ids=["refused", "failed later", "in doubt"],
)
def test_trouble_ends_the_line_and_says_why(
    lab: RunningLab,
    open_page: OpenPage,
    request: pytest.FixtureRequest,
    behaviour: dict[str, Any],
    status: str,
    dots: list[str],
    words: str,
) -> None:
    """The detail has a URL of its own, says why, and back leads to the conversation."""
    page = open_page(lab.page_url)
    lab.behave(**behaviour)
    request.addfinalizer(lab.behave)
    write_to(page, "15550101009", f"Trouble: {status} {len(dots)} {words}")
    shown = page.locator(".message").last
    wait_for_status(shown, status)
    assert stops(shown) == dots
    before = page.url
    shown.locator(".trace").click()
    page.locator(".why", has_text=words).wait_for()
    assert page.locator(".trouble .code").inner_text() != ""
    assert stops(page.locator(".relay-long")) == dots
    page.reload()
    page.locator(".why", has_text=words).wait_for()
    page.go_back()
    page.wait_for_url(before)


def test_timeline_filters_and_stands_still_while_one_reads(
    lab: RunningLab, open_page: OpenPage
) -> None:
    for number in range(8):
        lab.wait_until(lab.send("15550101010", f"Line {number}"), "read")
    page = open_page(lab.page_url + "#/events", height=500)
    rows = page.locator(".timeline[data-wide=true]")
    scroller = rows.locator(".scroller")
    rows.locator(".event").first.wait_for()
    rows.locator(".event b", has_text="Read").last.wait_for()
    assert scroller.evaluate("element => element.scrollTop") > 0
    scroller.evaluate("element => { element.scrollTop = 0 }")
    top = rows.locator('[data-place="0"] .event')
    first = top.inner_text()
    lab.wait_until(lab.send("15550101010", "While you read"), "read")
    page.get_by_role("button", name="6 new").wait_for()
    assert top.inner_text() == first
    places = rows.locator(".slot").evaluate_all("slots => slots.map(one => +one.dataset.place)")
    assert places == list(range(len(places)))
    page.get_by_role("button", name="6 new").click()
    rows.locator(".event").filter(has_text="While you read").wait_for()
    assert scroller.evaluate("e => e.scrollTop + e.clientHeight >= e.scrollHeight - 1")
    page.get_by_label("Kind of event").locator("visible=true").select_option("inbound")
    page.get_by_text("No event matches the filter.").or_(
        rows.locator(".event b", has_text="Inbound").first
    ).first.wait_for()
    assert "type=inbound" in page.url
    page.get_by_label("Kind of event").locator("visible=true").select_option("")
    page.get_by_label("Filter events").locator("visible=true").fill("While you read")
    only(rows.locator(".event"))
    rows.locator(".event").click()
    page.get_by_text('"messaging.outbound"').first.wait_for()


def test_words_never_become_markup(lab: RunningLab, open_page: OpenPage) -> None:
    page = open_page(lab.page_url)
    words = "<img src=x onerror=alert(1)><b>bold?</b> *<i>*"
    write_to(page, "15550101011", words)
    shown = page.locator(".message").last
    wait_for_status(shown, "read")
    assert shown.locator("img").count() == 0
    assert shown.locator("b").first.inner_text() == "<i>"
    assert "<img src=x onerror=alert(1)><b>bold?</b>" in shown.inner_text()


def test_phone_shows_one_pane_at_a_time_and_the_way_back(
    lab: RunningLab, open_page: OpenPage
) -> None:
    lab.wait_until(lab.send("15550101012", "On a phone"), "read")
    page = open_page(lab.page_url, width=390, height=844)
    row = page.locator(".conversation", has_text="15550101012")
    row.click()
    wait_for_status(message(page, "On a phone"), "read")
    assert not row.is_visible()
    page.locator(".trace").last.click()
    page.locator(".relay-long").wait_for()
    assert not composer(page).is_visible()
    back = page.get_by_role("button", name="Back").locator("visible=true")
    back.click()
    composer(page).wait_for()
    back.click()
    row.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_older_messages_come_on_demand_and_nothing_jumps(
    lab: RunningLab, open_page: OpenPage
) -> None:
    sent = [lab.send("15550101014", f"Number {number}.") for number in range(60)]
    lab.wait_until(sent[-1], "read")
    page = open_page(f"{lab.page_url}#/conversations/{sent[0]['conversation_id']}")
    message(page, "Number 59.").wait_for()
    messages = page.locator(".message")
    assert messages.count() == 50
    mark = message(page, "Number 10.")
    mark.scroll_into_view_if_needed()
    before = _settled_top(mark)
    page.get_by_role("button", name="Show older").evaluate("button => button.click()")
    message(page, "Number 0.").wait_for(state="attached")
    after = _settled_top(mark)
    assert messages.count() == 60
    assert abs(before - after) < 2


def _settled_top(mark: Locator) -> float:
    """Give how far down something stands, once two frames drew it at the same place."""
    top: float = mark.evaluate(
        """async (element) => {
          const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
          for (let last = NaN; ; ) {
            await frame();
            const { top } = element.getBoundingClientRect();
            if (top === last) return top;
            last = top;
          }
        }"""
    )
    return top


def test_ten_thousand_rows_draw_only_what_is_seen(lab: RunningLab, open_page: OpenPage) -> None:
    page = open_page(lab.page_url + "#/events")
    page.locator(".timeline").first.wait_for()
    drawn = page.evaluate(
        """async () => {
          const { state, changed } = await import("/demo/messaging/lab/js/store.js");
          const time = new Date().toISOString();
          for (let n = 0; n < 10000; n += 1)
            state.events.push({ id: `made.${n}`, type: "messaging.account", time, data: {} });
          changed("events");
          await new Promise((done) => setTimeout(done, 300));
          const scroller = document.querySelector("[data-wide=true] .scroller");
          scroller.scrollTop = scroller.scrollHeight / 2;
          await new Promise((done) => setTimeout(done, 300));
          return scroller.querySelectorAll(".event").length;
        }"""
    )
    assert 10 < drawn < 80


def test_demo_prints_the_labs_address_first(lab: RunningLab, tmp_path: Path) -> None:
    del lab
    told = subprocess.run(
        [Path(sys.executable).with_name("relevo"), "demo", "--once"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
    )
    first = re.findall(r"http://\S+", told.stderr)[0]
    assert urlsplit(first).path == "/demo/messaging/providers/meta/whatsapp"
