"""Webhook items that were set aside, and the raw webhooks."""

from __future__ import annotations

from collections.abc import Sequence

from relevo.client.answers.inbox import QuarantinedPage, QuarantinedRow, ReopenedRow, WebhookRow
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
    *, account: str | None = None, webhook_ids: Sequence[int] | None = None
) -> Call[ReopenedRow]:
    """Work once more through webhooks with items set aside; what was applied stays applied once.

    Args:
        account: Of this account; left out, of all.
        webhook_ids: These; left out, all there are.
    """
    body = given(account=account, webhook_ids=webhook_ids)
    return Call("POST /inbox/replay", ReopenedRow, body=body, repeatable=True)
