"""The steps of a setup that find the business account and its number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import JsonValue

from relevo import SendError
from relevo_meta_whatsapp.addresses import digits_of
from relevo_meta_whatsapp.api import row_told
from relevo_meta_whatsapp.errors import NO_SUCH_OBJECT
from relevo_meta_whatsapp.managing.facts import NUMBER_FIELDS, find_problems, number_facts
from relevo_meta_whatsapp.setup.calls import MetaCalls, rows_in, words_of
from relevo_meta_whatsapp.setup.report import Report

_PAGE = 100
_MOST_SHOWN = 20


class ListedNumber(NamedTuple):
    """A number of the business account: its id, as people see it, and its name."""

    number_id: str
    display: str
    name: str

    @property
    def choice(self) -> tuple[str, str]:
        """The id, and what says whose it is."""
        return self.number_id, f"{self.display}, {self.name}"


async def check_business(
    calls: MetaCalls, waba_id: str, report: Report
) -> list[ListedNumber] | None:
    """Check the business account; give its numbers, None where it cannot be seen."""
    fields = "id,display_phone_number,verified_name"
    path, params = f"{waba_id}/phone_numbers", {"fields": fields, "limit": str(_PAGE)}
    try:
        if not _is_id(waba_id):
            _blame_business(waba_id, "it is no id: ids are digits", report)
            return None
        told = await calls.get(path, params)
    except SendError as error:
        hidden = row_told(error.raw) is NO_SUCH_OBJECT
        seen = "the token can see no such business account" if hidden else words_of(error)
        _blame_business(waba_id, seen, report)
        return None
    return [
        ListedNumber(
            str(row["id"]), str(row.get("display_phone_number")), str(row.get("verified_name"))
        )
        for row in rows_in(told)
        if isinstance(row.get("id"), str)
    ]


def _blame_business(waba_id: str, seen: str, report: Report) -> None:
    report.bad(
        "business account",
        f"{waba_id}: {seen}",
        "Check --waba-id (WhatsApp Manager shows it) and the token's rights to it, or leave it "
        "out: it is looked for.",
    )


async def check_number(
    calls: MetaCalls, number_id: str, listed: Sequence[ListedNumber], report: Report
) -> Mapping[str, JsonValue]:
    """Check the number; give what it says of itself."""
    if same := next((one for one in listed if _is_shown_as(one, number_id)), None):
        report.bad(
            "number",
            f"{number_id} is the number as people see it, not its id",
            f"Its id is {same.number_id}: give that as --phone-number-id. {_seen(listed)}",
        )
        return {}
    try:
        if not _is_id(number_id):
            report.bad("number", f"{number_id}: it is no id: ids are digits", _seen(listed))
            return {}
        told = await calls.get(number_id, {"fields": NUMBER_FIELDS})
    except SendError as error:
        hidden = row_told(error.raw) is NO_SUCH_OBJECT
        seen = "the token can see no number of this id" if hidden else words_of(error)
        report.bad("number", f"{number_id}: {seen}", f"Check --phone-number-id. {_seen(listed)}")
        return {}
    facts = number_facts(told if isinstance(told, dict) else {})
    shown = [facts.get(key) for key in ("display_phone_number", "verified_name", "status")]
    report.good("number", ", ".join(str(one) for one in shown if one) or number_id)
    for words in find_problems(facts, None, datetime.now(UTC)):
        report.doubt("number", words, "Look into WhatsApp Manager.")
    return facts


def _is_id(given: str) -> bool:
    return given.isascii() and given.isdigit()


def _is_shown_as(one: ListedNumber, given: str) -> bool:
    return one.number_id != given and digits_of(one.display) == digits_of(given)


def _seen(listed: Sequence[ListedNumber]) -> str:
    if not listed:
        return "The token can see no number of the business account."
    told = "; ".join(f"{one.number_id} ({one.display})" for one in listed[:_MOST_SHOWN])
    return f"The token can see: {told}."
