"""Which messages a list is asked for: query parameters in the engine's words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Final

import pydantic
from litestar.params import QueryParameter
from pydantic import TypeAdapter

import relevo
from relevo.field_faults import field_faults
from relevo.messages import Moment
from relevo.providers import lane_key
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.reasons import FieldError

_MOMENT: Final = TypeAdapter(Moment)
_DATE_TIME: Final = {"format": "date-time"}
_TO: Final = "to"

Statuses = Annotated[
    list[relevo.DeliveryStatus] | None,
    QueryParameter(name="status", description="That are there now; repeatable."),
]
Person = Annotated[
    str | None,
    QueryParameter(
        name=_TO,
        min_length=1,
        max_length=512,
        description="With this person, by any of their addresses, of both directions. Name the "
        "account too where several providers spell addresses differently.",
    ),
]
ProviderMessageId = Annotated[
    str | None,
    QueryParameter(name="provider_message_id", description="That the provider knows by this id."),
]
CreatedFrom = Annotated[
    str | None,
    QueryParameter(
        name="created_from",
        schema_extra=_DATE_TIME,
        description="Kept here at this moment or later; with its time zone.",
    ),
]
CreatedUntil = Annotated[
    str | None,
    QueryParameter(
        name="created_until", schema_extra=_DATE_TIME, description="Kept here before this moment."
    ),
]
Dead = Annotated[
    bool | None,
    QueryParameter(
        name="dead",
        description="`true`: only dead letters, given up before any handover; "
        "`POST /messages/replay` sends them again. `false`: all others.",
    ),
]


def read_moment(name: str, text: str | None) -> datetime | None:
    """Read a moment as bodies have it.

    Raises:
        Problem: It is none, or has no time zone.
    """
    if text is None:
        return None
    try:
        # In an address a plus sign means a space.
        return _MOMENT.validate_python(text.replace(" ", "+"))
    except pydantic.ValidationError as error:
        said = field_faults(error)[0].reason
    raise _unusable(name, said)


def lane_of_person(
    accounts: Sequence[relevo.Account],
    to: str,
    *,
    code: ProblemCode = ProblemCode.INVALID_PARAMETER,
) -> str | None:
    """Tell a person's lane, as the accounts that are asked about spell it; None: there are none.

    Args:
        accounts: Which are asked about.
        to: The person's address, as it was sent.
        code: Which problem an address is that none of them can mean.

    Raises:
        Problem: No account knows such an address, or they spell it differently.
    """
    try:
        address = relevo.Address.parse(to)
    except pydantic.ValidationError:
        raise _unusable(_TO, "is no address", code) from None
    lanes = set(_lanes(accounts, address))
    if len(lanes) > 1:
        reason = "several providers spell it differently: name the account too"
        raise _unusable(_TO, reason, code)
    if not lanes and accounts:
        raise _unusable(_TO, "is no address that the provider knows", code)
    return next(iter(lanes), None)


def _lanes(accounts: Sequence[relevo.Account], address: relevo.Address) -> Iterator[str]:
    for account in accounts:
        try:
            yield lane_key(account.provider, address)
        except relevo.InvalidAddress:
            continue


def _unusable(name: str, reason: str, code: ProblemCode = ProblemCode.INVALID_PARAMETER) -> Problem:
    msg = f"The request cannot be used. {name}: {reason}."
    return Problem(code, msg, errors=[FieldError(field=name, reason=reason)])
