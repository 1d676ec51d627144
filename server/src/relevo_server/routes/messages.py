"""Messages: send one, list them, look at one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath, HeaderParameter, QueryParameter
from pydantic import Field

import relevo
from relevo_server.access.known_accounts import check_accounts
from relevo_server.access.principals import Caller
from relevo_server.access.sight import accounts_seen, message_seen, own_message
from relevo_server.answers.media_rows import files_of
from relevo_server.answers.rows import MessageDetail, MessageRow, message_detail, message_row
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import answer, operation, problems
from relevo_server.description.examples import (
    MESSAGE,
    MESSAGE_DETAIL,
    SEND,
    SEND_BUTTONS,
    SEND_IMAGE,
    SEND_TEMPLATE,
)
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.request_ids import SENT_KEY
from relevo_server.requests.bodies import SendBody
from relevo_server.requests.conditional import ETAG, UNCHANGED, answer_if_changed
from relevo_server.requests.idempotency import read_idempotency_header
from relevo_server.requests.message_filters import (
    CreatedFrom,
    CreatedUntil,
    Dead,
    Person,
    ProviderMessageId,
    Statuses,
    lane_of_person,
    read_moment,
)
from relevo_server.requests.message_ids import read_message_id
from relevo_server.requests.paging import Cursor, Limit, cursors_of
from relevo_server.requests.preferences import parse_preferences

TAGS = ["Messages"]
_STATUSES = relevo.EventQuery(types=frozenset({relevo.EventType.STATUS}))
_MAX_STATUSES = 500


class MessagePage(Row):
    """Messages of both directions, newest first."""

    items: list[MessageRow]
    next: Annotated[str | None, Field(description="Null on the last page.")]


@post(
    "/messages",
    opt={"scope": relevo.Scope.SEND},
    status_code=202,
    tags=TAGS,
    summary="Send a message",
    description=(
        "Keeps the message durably and answers 202; it goes on by itself. With `Prefer: wait=N` "
        "it waits up to N seconds (60 at most) for the provider to take it, and answers 200 with "
        "the `receipt`, or with the problem if the message was refused; one that waits for its "
        "`send_at` is answered at once. With an `Idempotency-Key` "
        "the same request again sends nothing: it answers 200 with the message as it is now, while "
        "it is open and a day after. A key belongs to one account."
    ),
    response_description="Accepted: the message is on disk.",
    response_headers=[
        ResponseHeader(
            name="Location", value="", description="The message.", documentation_only=True
        ),
        ResponseHeader(
            name="Preference-Applied",
            value="",
            description="Which wishes of `Prefer` came true.",
            documentation_only=True,
        ),
    ],
    responses={
        200: answer(
            MessageRow,
            "With `Prefer: wait`: the provider took it; not yet delivery. With an "
            "`Idempotency-Key` that is known: the message as it is now.",
        ),
        **problems(
            ProblemCode.MALFORMED_JSON,
            ProblemCode.INVALID_PARAMETER,
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            ProblemCode.BODY_TOO_LARGE,
            ProblemCode.INVALID_BODY,
            ProblemCode.INVALID_IDEMPOTENCY_KEY,
            ProblemCode.IDEMPOTENCY_CONFLICT,
            ProblemCode.UNKNOWN_ACCOUNT,
            ProblemCode.INVALID_MESSAGE,
            ProblemCode.INVALID_ADDRESS,
            ProblemCode.UNSUPPORTED_CONTENT,
            ProblemCode.REJECTED,
            ProblemCode.WINDOW_CLOSED,
            ProblemCode.OPTED_OUT,
            ProblemCode.AUTH_FAILED,
            ProblemCode.UNAVAILABLE,
            ProblemCode.ENGINE_BUSY,
            ProblemCode.ENGINE_UNAVAILABLE,
            ProblemCode.OUTCOME_UNKNOWN,
        ),
    },
    operation_class=operation({202: {"accepted": MESSAGE}}),
)
async def send_message(
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    data: Annotated[
        SendBody,
        Body(
            examples=[
                Example(id="text", value=SEND),
                Example(id="template", value=SEND_TEMPLATE),
                Example(id="image", value=SEND_IMAGE),
                Example(id="buttons", value=SEND_BUTTONS),
            ]
        ),
    ],
    prefer: Annotated[
        str | None,
        HeaderParameter(name="Prefer", description="`wait=N`, `respond-async`, `handling=strict`."),
    ] = None,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key", description="1 to 255 visible ASCII characters of yours."
        ),
    ] = None,
) -> Response[MessageRow]:
    """Accept a message, and wait for its first handover if the client prefers."""
    del prefer, idempotency_key  # they may come in several lines
    preferences = parse_preferences(", ".join(request.headers.getall("prefer", [])))
    key = read_idempotency_header(request)
    message = await own_message(server, principal, data.message())
    accepted = await server.dispatcher.accept(message, idempotency_key=key)
    record = accepted.record
    request.scope["state"][SENT_KEY] = record.message_id
    receipt: relevo.Receipt | None = None
    # What waits for its time far away is no handover to wait for.
    waits = record.status is not relevo.DeliveryStatus.SCHEDULED
    if preferences.wait_s and waits:
        record, receipt = await _handover(server, record, preferences.wait_s)
    status = 202 if receipt is None and accepted.created else 200
    applied = preferences.applied(waited=waits, finished=status == HTTPStatus.OK)
    return json_response(
        message_row(record, receipt),
        status=status,
        headers={"Location": _location(request, record), **applied},
    )


async def _handover(
    server: Server, accepted: relevo.MessageRecord, wait_s: float
) -> tuple[relevo.MessageRecord, relevo.Receipt | None]:
    """Wait for the first handover, and give the message as it is then, also if none came.

    The message is kept, so no trouble with waiting may read like a refusal:
    the client would send it again.
    """
    receipt: relevo.Receipt | None = None
    try:
        with server.lasting.until_stopped(), suppress(relevo.StillPending):
            receipt = await server.dispatcher.wait(accepted.message_id, wait_s=wait_s)
        return await server.dispatcher.message(accepted.message_id), receipt
    except relevo.SendError as error:
        raise Problem.of(error, accepted.message_id) from error
    except relevo.EngineError:
        return accepted, None


def _location(request: Request[Any, Any, Any], record: relevo.MessageRecord) -> str:
    path = request.scope["path"].rstrip("/")
    root = request.scope.get("root_path", "").rstrip("/")
    return f"{root}{path}/{record.message_id}"


@get(
    "/messages",
    opt={"scope": relevo.Scope.READ},
    tags=TAGS,
    summary="List messages",
    response_description="A page, newest first; `next` leads to older ones.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.INVALID_CURSOR,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
    operation_class=operation({200: {"page": {"items": [MESSAGE], "next": "MTcw"}}}),
)
async def list_messages(  # noqa: PLR0913 - each is a filter of its own
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    *,
    direction: Annotated[relevo.Direction | None, QueryParameter(name="direction")] = None,
    account: Annotated[str | None, QueryParameter(name="account")] = None,
    statuses: Statuses = None,
    conversation_id: Annotated[UUID | None, QueryParameter(name="conversation_id")] = None,
    to: Person = None,
    provider_message_id: ProviderMessageId = None,
    created_from: CreatedFrom = None,
    created_until: CreatedUntil = None,
    dead: Dead = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[MessagePage]:
    """List messages of both directions, newest first."""
    cursors = cursors_of(server, request)
    query = relevo.MessageQuery(
        account=account,
        direction=direction,
        statuses=frozenset(statuses or ()),
        conversation_id=str(conversation_id) if conversation_id else None,
        provider_message_id=provider_message_id,
        created_from=read_moment("created_from", created_from),
        created_until=read_moment("created_until", created_until),
        dead=dead,
        visible=principal.accounts,
        before=cursors.read_sequence(cursor),
        limit=limit,
    )
    await check_accounts(server, principal, [account])
    if to is not None:
        asked = [
            one for name, one in accounts_seen(server, principal).items() if account in {None, name}
        ]
        lane_key = lane_of_person(asked, to)
        if lane_key is None:
            return json_response(MessagePage(items=[], next=None))
        query = replace(query, lane_key=lane_key)
    page = await server.engine.messages(query)
    files = await files_of(server, page.items)
    items = [message_row(record, media=files.get(record.message_id)) for record in page.items]
    return json_response(MessagePage(items=items, next=cursors.write(page.next)))


@get(
    "/messages/{message_id:str}",
    opt={"scope": relevo.Scope.READ},
    tags=TAGS,
    summary="Look at one message",
    description=(
        "`standing` says in sentences why it is where it is, and what happens next and when."
    ),
    response_description="The message, its attempts, and what the provider told later.",
    response_headers=[ETAG],
    responses={
        **UNCHANGED,
        **problems(
            ProblemCode.INVALID_PARAMETER,
            ProblemCode.UNKNOWN_MESSAGE,
            ProblemCode.ENGINE_UNAVAILABLE,
        ),
    },
    operation_class=operation({200: {"message": MESSAGE_DETAIL}}),
)
async def show_message(
    message_id: FromPath[str],
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
) -> Response[MessageDetail]:
    """Show a message with its attempts, what the provider told later, and why it stands there."""
    known = read_message_id(message_id)
    record = await message_seen(server, principal, known)
    attempts = (
        await server.engine.attempts(known) if record.direction is relevo.Direction.OUT else []
    )
    query = relevo.EventQuery(types=_STATUSES.types, message_ids=frozenset({known}))
    statuses = await server.engine.events(0, limit=_MAX_STATUSES, query=query)
    explanation = await server.dispatcher.explain(known)
    files = await files_of(server, [record])
    return answer_if_changed(
        request, message_detail(record, attempts, statuses, explanation, media=files.get(known))
    )


HANDLERS = (send_message, list_messages, show_message)
