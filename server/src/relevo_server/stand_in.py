"""The sandbox beside a server: a stand-in for the vendor of one of its accounts."""

from __future__ import annotations

from dataclasses import dataclass

import relevo


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running sandbox, and the account whose messages go to it."""

    running: relevo.RunningSandbox
    account: str


def find_stand_in(settings: relevo.Settings, running: relevo.RunningSandbox) -> StandIn:
    """Find the account that sends to this sandbox.

    Raises:
        ConfigurationError: No account does.
    """
    for name, account in settings.accounts.items():
        written = {"provider": account.provider, **account.values}
        # It may say more: its own limits and policies.
        if all(written.get(key) == value for key, value in running.account.items()):
            return StandIn(running, name)
    msg = (
        "A sandbox was given, but no account sends to it. Make an account of its settings: "
        'accounts={"sandbox": running.account}.'
    )
    raise relevo.ConfigurationError(msg)
