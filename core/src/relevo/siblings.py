"""Accounts that a webhook posted to one of them may speak for as well.

A vendor can put news of several accounts into one POST. An item that the account of the
URL calls foreign is another account's of the same provider if that one says so, and if
its own secret verifies the POST: nobody speaks for an account without its secret.
"""

from __future__ import annotations

from collections.abc import Mapping

from relevo.accounts import Account
from relevo.engines.records import WebhookRecord
from relevo.providers import verify_webhook
from relevo.webhooks import WebhookItem, WebhookRequest


class Siblings:
    """The other accounts of the provider of one webhook's account; each is asked when needed."""

    def __init__(
        self, account: Account, accounts: Mapping[str, Account], webhook: WebhookRecord
    ) -> None:
        kind = type(account.provider)
        self._others = [
            other
            for other in accounts.values()
            if other.name != account.name and type(other.provider) is kind
        ]
        self._request = webhook.request
        self._verified: dict[str, bool] = {}

    def owner_of(self, item: WebhookItem) -> Account | None:
        """Find the account that an item belongs to; None where no verified one says so."""
        return next(
            (other for other in self._others if _owns(other, item) and self._is_verified(other)),
            None,
        )

    def _is_verified(self, other: Account) -> bool:
        if other.name not in self._verified:
            self._verified[other.name] = _verifies(other, self._request)
        return self._verified[other.name]


def _owns(account: Account, item: WebhookItem) -> bool:
    try:
        return account.provider.owns_item(item) is True
    except Exception:  # noqa: BLE001 - a provider may raise anything; then it does not say so
        return False


def _verifies(account: Account, request: WebhookRequest) -> bool:
    try:
        verify_webhook(account.provider, request)
    except Exception:  # noqa: BLE001 - a provider may raise anything; none of it verifies
        return False
    return True
