"""Webhook items that were set aside, and the raw webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from relevo.client.answers.inbox import (
    DiscardedRow,
    QuarantinedPage,
    QuarantinedRow,
    ReopenedRow,
    WebhookRow,
)
from relevo.client.call import Call, ListCall, asked, given

PAGE = 200


def inbox(
    *, account: str | None = None, limit: int | None = None, page_size: int = PAGE
) -> ListCall[QuarantinedRow]:
    """List webhook items that were set aside, newest first; pages come as they are needed.

    Args:
        account: Of this account.
        limit: How many in all; left out, all there are.
        page_size: How many are asked for at once, 200 at most.
    """

    def page(size: int, cursor: str | None) -> Call[QuarantinedPage]:
        params = asked(account=account, limit=size, cursor=cursor)
        return Call("GET /inbox", QuarantinedPage, params=params, repeatable=True)

    return ListCall(page, limit, page_size)


def webhook(webhook_id: int, /) -> Call[WebhookRow]:
    """Look at one raw webhook as it came, without what proves it.

    Raises:
        UnknownWebhook: No webhook has this id, or it is no longer kept.
    """
    places = {"webhook_id": str(webhook_id)}
    return Call("GET /inbox/{webhook_id}", WebhookRow, places, repeatable=True)


def replay_inbox(
    *,
    account: str | None = None,
    webhook_ids: Sequence[int] | None = None,
    discarded: bool | None = None,
    all_accounts: bool | None = None,
) -> Call[ReopenedRow]:
    """Work once more through webhooks with items set aside; what was applied stays applied once.

    Args:
        account: Of this account; without `webhook_ids`, all there are of it.
        webhook_ids: These.
        discarded: Also items that were discarded; only with `webhook_ids`.
        all_accounts: All there are, of every account; alone.
    """
    body = given(
        account=account, webhook_ids=webhook_ids, discarded=discarded, all_accounts=all_accounts
    )
    return Call("POST /inbox/replay", ReopenedRow, body=body, repeatable=True)


def discard_inbox(
    *,
    account: str | None = None,
    webhook_ids: Sequence[int] | None = None,
    key: str | None = None,
) -> Call[DiscardedRow]:
    """Give up items that were set aside and can never be applied; at most 1,000 at once.

    Args:
        account: Of this account; needed without `webhook_ids`.
        webhook_ids: Of these webhooks.
        key: Only the item with this key.
    """
    body = given(account=account, webhook_ids=webhook_ids, key=key)
    return Call("POST /inbox/discard", DiscardedRow, body=body, repeatable=True)
