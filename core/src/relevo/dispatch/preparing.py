"""A message before it is kept: who sends it, whether that can work, in which lane. No writing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from relevo.accounts import Account, Accounts
from relevo.checks import checks_of
from relevo.dispatch.asked import check_times, fingerprint
from relevo.engines.records import Checks
from relevo.errors import InvalidMessage
from relevo.media import MediaKeeper
from relevo.messages import Message
from relevo.nesting import MOST_LEVELS, is_too_deep
from relevo.providers import check_sendable, lane_key


class Prepared(NamedTuple):
    """A message that may be kept.

    Args:
        account: Who sends it.
        message: With its account named and the end of its life.
        lane_key: Whom it is for, as the provider spells it.
        fingerprint: What was asked for, whatever its id.
        checks: What is looked at of the person first; None: nothing.
    """

    account: Account
    message: Message
    lane_key: str
    fingerprint: str
    checks: Checks | None


async def prepare(
    message: Message,
    accounts: Accounts,
    media: MediaKeeper,
    *,
    life: timedelta,
    now: datetime,
    again: bool,
) -> Prepared:
    """Refuse what its account can never send, and settle what was left open.

    Args:
        message: As the application made it.
        accounts: Those that are configured.
        media: Knows which files of ours there are.
        life: How long a message without `expires_at` may wait.
        now: The moment.
        again: It may be an earlier request once more, whose files are gone since.

    Raises:
        UnknownAccount: No such account, or none named where there are several.
        InvalidMessage: The address, the content or a moment cannot be used.
        Rejected: The vendor would surely refuse it; names the field.
    """
    account = accounts.resolve(message.account)
    provider = account.provider
    _check_nesting(message)
    check_sendable(provider, message)
    await media.check(message, provider, again=again)
    key_of_lane = lane_key(provider, message.to)
    named = message.model_copy(update={"account": account.name})
    check_times(named, now)
    begins = max(now, message.send_at or now)
    return Prepared(
        account,
        named.model_copy(update={"expires_at": message.expires_at or begins + life}),
        key_of_lane,
        fingerprint(named),
        checks_of(provider, account.terms, named),
    )


def _check_nesting(message: Message) -> None:
    """Refuse what could be kept and then not be shown: its page and its events would break.

    Raises:
        InvalidMessage: Names the field.
    """
    for name, value in (("content", message.content), ("extra", message.extra)):
        if is_too_deep(value):
            msg = f"{name}: it nests deeper than {MOST_LEVELS} lists and objects in one another."
            raise InvalidMessage(msg, field=name)
