"""A wrong command line is told in our sentences, not in those of the library that reads it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import cyclopts
import pytest
from cyclopts import Parameter
from cyclopts.validators import Number

from relevo.cli.usage import usage_fault


class Outcome(StrEnum):
    """How it ended."""

    NOT_SENT = "not_sent"
    SENT = "sent"


def command(
    message_id: UUID,
    /,
    *,
    outcome: Outcome = Outcome.SENT,
    kind: Literal["one", "two"] = "one",
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=9))] = 1,
    share: float = 0.5,
    since: datetime | None = None,
    yes: bool = False,
    account: str,
) -> None:
    """Take one of each kind."""


ID = "01a2042f-ee5b-7465-8eba-f12262c957da"
WHOLE = f"{ID} --account shop"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--account shop", "MESSAGE_ID is missing."),
        (ID, "--account is missing."),
        (f"{ID} --acount shop", "--account is missing. Is --acount meant to be it?"),
        (f"{ID} --account", "--account has no value behind it."),
        ("7 --account shop", "MESSAGE_ID: '7' is no id. Ids are whole UUIDs"),
        (f"{WHOLE} --outcome lost", "--outcome: 'lost' is none of not-sent, sent."),
        (f"{WHOLE} --outcome sant", "Did you mean 'sent'?"),
        (f"{WHOLE} --kind six", "--kind: 'six' is none of one, two."),
        (f"{WHOLE} --limit many", "--limit: 'many' is no whole number."),
        (f"{WHOLE} --limit 10", "--limit: 10 cannot be; it has to be 9 or less."),
        (f"{WHOLE} --share half", "--share: 'half' is no number."),
        (f"{WHOLE} --since soon", "--since: 'soon' is no moment. Write it as 2026-11-22"),
        (f"{WHOLE} --limti 3", "There is no option --limti. Did you mean '--limit'?"),
        (f"{WHOLE} --limit 3 --limit 4", "--limit is given twice. Give it once."),
        (f"{WHOLE} stray", "Nobody reads 'stray'."),
    ],
)
def test_fault_says_where_what_was_seen_and_what_can_be(line: str, said: str) -> None:
    app = cyclopts.App(default_parameter=Parameter(negative=()))
    app.default(command)
    with pytest.raises(cyclopts.CycloptsError) as caught:
        app(line.split(), print_error=False, exit_on_error=False)
    words = usage_fault(caught.value)
    assert said in words
    for theirs in ("onvert", "requires", "argument", "Invalid", "Parameter", "token"):
        assert theirs not in words
