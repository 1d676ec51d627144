"""What is looked at of a person before they are written to, by an account's rules. Pure."""

from __future__ import annotations

from datetime import datetime

from relevo.engines.records import Checks, ConversationRecord, PersonRecord, SendWarning
from relevo.engines.transitions import accepted, check_person
from relevo.errors import Rejected
from relevo.events import ErrorDetail
from relevo.messages import Message
from relevo.providers import AnyProvider
from relevo.terms import AccountTerms, Caution
from relevo.windows import Window, window_at


def checks_of(provider: AnyProvider, terms: AccountTerms, message: Message) -> Checks | None:
    """Tell what is to be looked at before this message is kept; None: nothing."""
    needs = (
        terms.window is not Caution.OFF
        and terms.window_s is not None
        and provider.needs_window(message)
    )
    category = None if terms.opt_out is Caution.OFF else provider.preference_of(message)
    if not needs and category is None:
        return None
    return Checks(
        window=terms.window if needs else Caution.OFF,
        window_s=terms.window_s or 0,
        opt_out=terms.opt_out,
        category=category,
    )


def window_of(
    thread: ConversationRecord | None, window_s: float | None, now: datetime
) -> Window | None:
    """Tell how a person's window is; None where the provider has none."""
    if window_s is None:
        return None
    return window_at(
        now,
        wrote_at=thread.last_inbound_at if thread else None,
        refused_at=thread.refused_at if thread else None,
        window_s=window_s,
    )


def weigh(
    checks: Checks, person: PersonRecord, message: Message, now: datetime
) -> tuple[tuple[SendWarning, ...], ErrorDetail | None]:
    """Tell what speaks against a message now, and why it would be refused, if it would."""
    try:
        return check(checks, person, message, now), None
    except Rejected as error:
        return (), ErrorDetail.of(error)


def check(
    checks: Checks, person: PersonRecord, message: Message, now: datetime
) -> tuple[SendWarning, ...]:
    """Give what speaks against a message now, whenever it was accepted.

    Raises:
        WindowClosed: The window is known to be closed, and the account says to refuse.
        OptedOut: The person does not want it, and the account says to refuse.
    """
    liked = {one.category: one for one in person.preferences}
    record = accepted(message, provider="", conversation_id="", now=now)
    return check_person(checks, person.conversation, lambda: liked, record)


def may_refuse(checks: Checks) -> bool:
    """Whether what is looked at can keep a message from going out."""
    return checks.window is Caution.REFUSE or (
        checks.opt_out is Caution.REFUSE and checks.category is not None
    )
