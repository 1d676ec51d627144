"""The inbox as the API tells it: items that were set aside, and raw webhooks."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

import relevo
from relevo_server.answers.wire import Row

_HIDDEN = "***"
_SHOWN_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "host",
        "user-agent",
    }
)
"""Every other header may hold a signature or a token, so only its name is shown."""
MOST_ASIDE = 1_000
"""Items of one webhook that are shown with it."""


class FaultRow(Row):
    """Why an item was set aside."""

    code: Annotated[str, Field(description="Ours, and stable.")]
    message: str
    traceback: Annotated[
        str | None,
        Field(
            description="Where it happened, in the server's own code; a key that is limited to "
            "accounts is not told."
        ),
    ] = None


class QuarantinedRow(Row):
    """One webhook item that was set aside."""

    webhook_id: int
    account: str
    key: Annotated[str, Field(description="The item's own; the same for the same news.")]
    fault: FaultRow
    updated_at: datetime
    raw: Annotated[Any, Field(description="The provider's own object.")] = None


class QuarantinedPage(Row):
    """Items that were set aside, newest first."""

    items: list[QuarantinedRow]
    next: Annotated[str | None, Field(description="Null on the last page.")]


class WebhookRow(Row):
    """One webhook as it came. Values of headers and parameters that may be secret are hidden."""

    id: int
    account: str
    state: Annotated[
        relevo.WebhookState,
        Field(
            description="`pending`: nothing was made of it yet. `quarantined`: an item of it is "
            "set aside. `done`: none is."
        ),
    ]
    set_aside: Annotated[
        list[QuarantinedRow],
        Field(description=f"Its items that are set aside; {MOST_ASIDE:,} at most."),
    ]
    arrived_at: datetime
    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: Annotated[str | None, Field(description="Where it is UTF-8.")] = None
    body_base64: Annotated[str | None, Field(description="Where it is not.")] = None


class ReopenedRow(Row):
    """What is worked through again."""

    items: Annotated[list[int], Field(description="Ids of webhooks.")]
    more: Annotated[bool, Field(description="There may be others; ask again.")]


class DiscardedItemRow(Row):
    """One webhook item that was given up."""

    webhook_id: int
    account: str
    key: str


class DiscardedRow(Row):
    """What was given up."""

    items: list[DiscardedItemRow]
    more: Annotated[bool, Field(description="There may be others; ask again.")]


def quarantined_row(item: relevo.QuarantinedItem, *, whole: bool) -> QuarantinedRow:
    """Make the row of an item set aside; the vendor's object and our places only if `whole`."""
    return QuarantinedRow(
        webhook_id=item.webhook_id,
        account=item.account,
        key=item.key,
        fault=FaultRow(
            code=item.fault.code,
            message=item.fault.message,
            traceback=(item.fault.traceback or None) if whole else None,
        ),
        updated_at=item.updated_at,
        raw=item.raw if whole else None,
    )


def webhook_row(
    record: relevo.WebhookRecord, aside: Sequence[relevo.QuarantinedItem], *, whole: bool
) -> WebhookRow:
    """Make the row of a webhook; its body only if `whole`, what proves it never."""
    body, encoded = _written(record.body) if whole else (None, None)
    state = record.state
    if state is relevo.WebhookState.QUARANTINED and not aside:
        # It is another account's item: to this key it is not there.
        state = relevo.WebhookState.DONE
    return WebhookRow(
        id=record.webhook_id,
        account=record.account,
        state=state,
        set_aside=[quarantined_row(item, whole=whole) for item in aside],
        arrived_at=record.arrived_at,
        method=record.method,
        path=record.path,
        headers={
            name: value if name.lower() in _SHOWN_HEADERS else _HIDDEN
            for name, value in sorted(record.headers.items())
        },
        query=dict.fromkeys(record.query, _HIDDEN),
        body=body,
        body_base64=encoded,
    )


def _written(body: bytes) -> tuple[str | None, str | None]:
    """Give a body as text, or in base64 where it is none."""
    try:
        return body.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(body).decode()
