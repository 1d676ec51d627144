"""The inbox: webhook items that were set aside, the raw webhooks, and another try at them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath, QueryParameter
from pydantic import Field

import relevo
from relevo_server.access.principals import Caller
from relevo_server.access.sight import webhook_seen
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.description.examples import REOPEN
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import MOST_REOPENED, ReopenBody
from relevo_server.requests.paging import Cursor, Limit, cursors_of

TAGS = ["Inbox"]
HIDDEN = "***"
SHOWN_HEADERS = frozenset(
    {"accept", "content-encoding", "content-length", "content-type", "date", "user-agent"}
)
"""Every other header may hold a signature or a token, so only its name is shown."""
_LARGEST_ID = 2**63 - 1


class FaultRow(Row):
    """Why an item was set aside."""

    code: Annotated[str, Field(description="Ours, and stable.")]
    message: str
    traceback: Annotated[str | None, Field(description="Where it happened.")] = None


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
    state: relevo.WebhookState
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


@get(
    "/inbox",
    opt={"scope": relevo.Scope.ADMIN},
    tags=TAGS,
    summary="List webhook items that were set aside",
    response_description="A page, newest first; `next` leads to older ones.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER, ProblemCode.INVALID_CURSOR, ProblemCode.ENGINE_UNAVAILABLE
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
    page = await server.runtime.receiver.quarantined(
        account=account, visible=principal.accounts, cursor=cursors.read(cursor), limit=limit
    )
    whole = principal.accounts is None
    items = [_quarantined_row(item, whole=whole) for item in page.items]
    return json_response(QuarantinedPage(items=items, next=cursors.write(page.next)))


@get(
    "/inbox/{webhook_id:str}",
    opt={"scope": relevo.Scope.ADMIN},
    tags=TAGS,
    summary="Look at one raw webhook",
    response_description="The webhook as it came.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER, ProblemCode.UNKNOWN_WEBHOOK, ProblemCode.ENGINE_UNAVAILABLE
    ),
)
async def show_webhook(
    webhook_id: FromPath[str], server: Server, principal: Caller
) -> Response[WebhookRow]:
    """Show a webhook as it came."""
    record = await webhook_seen(server, principal, _read_id(webhook_id))
    return json_response(_webhook_row(record, whole=principal.accounts is None))


@post(
    "/inbox/replay",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=200,
    tags=TAGS,
    summary="Work through webhooks again",
    description=(
        "Lets webhooks with items set aside be split and parsed once more, as after an update of "
        "the plugin. What was applied stays applied once. `{}` means all there are; ids with "
        "nothing set aside are left out of the answer."
    ),
    response_description="What is worked through again.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
)
async def replay_webhooks(
    server: Server,
    principal: Caller,
    data: Annotated[ReopenBody, Body(examples=[Example(id="replay", value=REOPEN)])],
) -> Response[ReopenedRow]:
    """Work once more through webhooks with items set aside."""
    reopened = await server.runtime.receiver.reopen(
        account=data.account, webhook_ids=data.webhook_ids, visible=principal.accounts
    )
    more = not data.webhook_ids and len(reopened) >= MOST_REOPENED
    return json_response(ReopenedRow(items=reopened, more=more))


def _read_id(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST_ID)):
        number = int(text)
        if number <= _LARGEST_ID:
            return number
    msg = "No webhook has this id: ours are numbers, as GET /inbox gives them."
    raise Problem(ProblemCode.UNKNOWN_WEBHOOK, msg)


def _quarantined_row(item: relevo.QuarantinedItem, *, whole: bool) -> QuarantinedRow:
    return QuarantinedRow(
        webhook_id=item.webhook_id,
        account=item.account,
        key=item.key,
        fault=FaultRow(
            code=item.fault.code,
            message=item.fault.message,
            traceback=item.fault.traceback or None,
        ),
        updated_at=item.updated_at,
        raw=item.raw if whole else None,
    )


def _webhook_row(record: relevo.WebhookRecord, *, whole: bool) -> WebhookRow:
    body, encoded = _written(record.body) if whole else (None, None)
    return WebhookRow(
        id=record.webhook_id,
        account=record.account,
        state=record.state,
        arrived_at=record.arrived_at,
        method=record.method,
        path=record.path,
        headers={
            name: value if name.lower() in SHOWN_HEADERS else HIDDEN
            for name, value in sorted(record.headers.items())
        },
        query=dict.fromkeys(record.query, HIDDEN),
        body=body,
        body_base64=encoded,
    )


def _written(body: bytes) -> tuple[str | None, str | None]:
    """Give a body as text, or in base64 where it is none."""
    try:
        return body.decode(), None
    except UnicodeDecodeError:
        return None, base64.b64encode(body).decode()


HANDLERS = (list_quarantined, show_webhook, replay_webhooks)
