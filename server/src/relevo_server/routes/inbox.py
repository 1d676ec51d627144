"""The inbox: webhook items that were set aside, the raw webhooks, another try, and giving up."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath, QueryParameter

import relevo
from relevo_server.access.known_accounts import check_accounts
from relevo_server.access.principals import Caller
from relevo_server.access.sight import webhook_seen
from relevo_server.answers.inbox_rows import (
    MOST_ASIDE,
    DiscardedItemRow,
    DiscardedRow,
    QuarantinedPage,
    ReopenedRow,
    WebhookRow,
    quarantined_row,
    webhook_row,
)
from relevo_server.answers.wire import json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.description.examples import DISCARD, REOPEN
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import MOST_REOPENED, DiscardBody, ReopenBody
from relevo_server.requests.paging import Cursor, Limit, cursors_of

TAGS = ["Inbox"]
_LARGEST_ID = 2**63 - 1
_REPLAYS = [Example(id=f"replay {n}", value=one) for n, one in enumerate(REOPEN)]
_DISCARDS = [Example(id=f"discard {n}", value=one) for n, one in enumerate(DISCARD)]
_CHANGING = problems(
    ProblemCode.INVALID_PARAMETER,
    ProblemCode.MALFORMED_JSON,
    ProblemCode.INVALID_BODY,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.UNKNOWN_ACCOUNT,
    ProblemCode.ENGINE_BUSY,
    ProblemCode.ENGINE_UNAVAILABLE,
)


@get(
    "/inbox",
    opt={"scope": relevo.Scope.ADMIN},
    tags=TAGS,
    summary="List webhook items that were set aside",
    response_description="A page, newest first; `next` leads to older ones.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.INVALID_CURSOR,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
)
async def list_quarantined(
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    account: Annotated[str | None, QueryParameter(name="account")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[QuarantinedPage]:
    """List what could not be applied, and why."""
    cursors = cursors_of(server, request)
    await check_accounts(server, principal, [account])
    page = await server.runtime.receiver.quarantined(
        account=account, visible=principal.accounts, cursor=cursors.read(cursor), limit=limit
    )
    whole = principal.accounts is None
    items = [quarantined_row(item, whole=whole) for item in page.items]
    return json_response(QuarantinedPage(items=items, next=cursors.write(page.next)))


@get(
    "/inbox/{webhook_id:str}",
    opt={"scope": relevo.Scope.ADMIN},
    tags=TAGS,
    summary="Look at one raw webhook",
    response_description="The webhook as it came, and its items that are set aside.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER, ProblemCode.UNKNOWN_WEBHOOK, ProblemCode.ENGINE_UNAVAILABLE
    ),
)
async def show_webhook(
    webhook_id: FromPath[str], server: Server, principal: Caller
) -> Response[WebhookRow]:
    """Show a webhook as it came, and what of it is set aside."""
    record = await webhook_seen(server, principal, _read_id(webhook_id))
    aside = await server.runtime.receiver.quarantined(
        visible=principal.accounts, webhook_ids=[record.webhook_id], limit=MOST_ASIDE
    )
    return json_response(webhook_row(record, aside.items, whole=principal.accounts is None))


@post(
    "/inbox/replay",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=200,
    tags=TAGS,
    summary="Work through webhooks again",
    description=(
        "Lets webhooks with items set aside be split and parsed once more, as after an update of "
        "the plugin. What was applied stays applied once. Name webhooks or an account, or say "
        "`all_accounts: true`; ids with nothing set aside are left out of the answer. What was "
        "discarded stays so, unless `discarded` is true and `webhook_ids` names its webhook."
    ),
    response_description="What is worked through again.",
    responses=_CHANGING,
)
async def replay_webhooks(
    server: Server,
    principal: Caller,
    data: Annotated[
        ReopenBody,
        Body(examples=[Example(id=f"replay {n}", value=one) for n, one in enumerate(REOPEN)]),
    ],
) -> Response[ReopenedRow]:
    """Work once more through webhooks with items set aside."""
    await check_accounts(server, principal, [data.account])
    reopened = await server.runtime.receiver.reopen(
        account=data.account,
        webhook_ids=data.webhook_ids,
        visible=principal.accounts,
        discarded=data.discarded,
    )
    more = not data.webhook_ids and len(reopened) >= MOST_REOPENED
    return json_response(ReopenedRow(items=reopened, more=more))


@post(
    "/inbox/discard",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=200,
    tags=TAGS,
    summary="Give up items that were set aside",
    description=(
        "For items that can never be applied. They are set aside no more, and are not tried again "
        "when they come again or their webhook is worked through; `POST /inbox/replay` brings "
        "them back where it is asked to. Each is told by a `messaging.webhook` event whose "
        "`state` is `discarded`. The raw webhook stays as long as any. Name webhooks or an "
        "account; what is not set aside is left out of the answer."
    ),
    response_description="What was given up, those of the oldest webhook first.",
    responses=_CHANGING,
)
async def discard_items(
    server: Server,
    principal: Caller,
    data: Annotated[
        DiscardBody,
        Body(examples=[Example(id=f"discard {n}", value=one) for n, one in enumerate(DISCARD)]),
    ],
) -> Response[DiscardedRow]:
    """Give up items that can never be applied."""
    await check_accounts(server, principal, [data.account])
    gone = await server.runtime.receiver.discard(
        account=data.account,
        webhook_ids=data.webhook_ids,
        key=data.key,
        visible=principal.accounts,
    )
    rows = [DiscardedItemRow(webhook_id=i.webhook_id, account=i.account, key=i.key) for i in gone]
    return json_response(DiscardedRow(items=rows, more=len(gone) >= MOST_REOPENED))


def _read_id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_ID)):
        number = int(text)
        if number <= _LARGEST_ID:
            return number
    msg = "No webhook has this id: ours are numbers, as GET /inbox gives them."
    raise Problem(ProblemCode.UNKNOWN_WEBHOOK, msg)


HANDLERS = (list_quarantined, show_webhook, replay_webhooks, discard_items)
