"""What a key may give on to another: never more than it has itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import relevo
from relevo_server.access.principals import Principal
from relevo_server.access.sight import accounts_seen
from relevo_server.context import ServerContext
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import KeyBody
from relevo_server.requests.reasons import FieldError


@dataclass(frozen=True, slots=True)
class Given:
    """The limits of a key that is made, once they are known to be allowed."""

    accounts: frozenset[str] | None
    rate: int | None
    expires_at: datetime | None


def is_within(principal: Principal, accounts: frozenset[str] | None) -> bool:
    """Tell whether limits lie within somebody's own."""
    if principal.accounts is None:
        return True
    return accounts is not None and accounts <= principal.accounts


def check_giving(
    server: ServerContext, principal: Principal, data: KeyBody, now: datetime
) -> Given:
    """Give the limits of the key that is asked for; what is left out is as the maker's own.

    Raises:
        UnknownAccount: An account that is not there, or not for the maker.
        Problem: The maker has less, or the key would be over already.
    """
    accounts = principal.accounts if data.accounts is None else frozenset(data.accounts)
    seen = accounts_seen(server, principal)
    try:
        for name in data.accounts or ():
            seen.resolve(name)
    except relevo.UnknownAccount as error:
        error.field = "accounts"
        raise
    limited = principal.accounts is not None
    rate = principal.rate if data.rate is None and limited else data.rate
    end = principal.expires_at if data.expires_at is None and limited else data.expires_at
    own_rate = principal.rate or server.settings.key_rate
    errors = [*_past(data, now), *_more_than_own(principal, data, own_rate)]
    if errors:
        words = " ".join(f"{one.field}: {one.reason}." for one in errors)
        msg = f"The key cannot be made. {words}"
        raise Problem(ProblemCode.INVALID_BODY, msg, errors=errors)
    return Given(accounts, rate, end)


def _past(data: KeyBody, now: datetime) -> list[FieldError]:
    if data.expires_at is None or data.expires_at > now:
        return []
    return [FieldError(field="expires_at", reason="is past")]


def _more_than_own(principal: Principal, data: KeyBody, own_rate: int) -> list[FieldError]:
    """Name what a limited key would give on without having it."""
    if principal.accounts is None:
        return []
    errors: list[FieldError] = []
    if missing := sorted(set(data.scopes) - principal.scopes):
        reason = f"your own key has not {', '.join(missing)}"
        errors.append(FieldError(field="scopes", reason=reason))
    # 0: any number.
    if own_rate and data.rate is not None and data.rate > own_rate:
        reason = f"your own key may ask {own_rate} times a minute"
        errors.append(FieldError(field="rate", reason=reason))
    end = principal.expires_at
    if end is not None and data.expires_at is not None and data.expires_at > end:
        reason = f"your own key is over at {end.isoformat()}"
        errors.append(FieldError(field="expires_at", reason=reason))
    return errors
