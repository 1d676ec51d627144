"""Messages: send one, list them, look at one."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath, HeaderParameter, QueryParameter
from pydantic import Field

import relevo
from relevo_server.bodies import SendBody
from relevo_server.context import Server
from relevo_server.cursors import read_sequence, write_cursor
from relevo_server.documents import answer, operation, problems
from relevo_server.examples import MESSAGE, SEND, SEND_BUTTONS, SEND_IMAGE, SEND_TEMPLATE
from relevo_server.idempotency import read_idempotency_key
from relevo_server.media_rows import files_of
from relevo_server.message_ids import read_message_id
from relevo_server.paging import Cursor, Limit
from relevo_server.preferences import Preferences, parse_preferences
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.rows import MessageDetail, MessageRow, message_detail, message_row
from relevo_server.wire import Row, json_response

TAGS = ["Messages"]
_STATUSES = relevo.EventQuery(types=frozenset({relevo.EventType.STATUS}))
_MAX_STATUSES = 500


class MessagePage(Row):
    """Messages of both directions, newest first."""

    items: list[MessageRow]
    next: Annotated[str | None, Field(description="Null on the last page.")]


@post(
    "/messages",
    status_code=202,
    tags=TAGS,
    summary="Send a message",
    description=(
        "Keeps the message durably and answers 202; it goes on by itself. With `Prefer: wait=N` "
        "it waits up to N seconds (60 at most) for the provider to take it, and answers 200 with "
        "the `receipt`, or with the problem if the message was refused. With an `Idempotency-Key` "
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
        str | None, HeaderParameter(name="Prefer", description="`wait=N`, `respond-async`.")
    ] = None,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key", description="1 to 255 visible ASCII characters of yours."
        ),
    ] = None,
) -> Response[MessageRow]:
    """Accept a message, and wait for its first handover if the client prefers."""
    preferences = parse_preferences(prefer)
    key = read_idempotency_key(idempotency_key)
    accepted = await server.dispatcher.accept(data.message(), idempotency_key=key)
    record = accepted.record
    receipt: relevo.Receipt | None = None
    if preferences.wait_s:
        record, receipt = await _handover(server, record, preferences.wait_s)
    return json_response(
        message_row(record, receipt),
        status=202 if receipt is None and accepted.created else 200,
        headers=_headers(request, record, preferences, waited=receipt is not None),
    )


async def _handover(
    server: Server, accepted: relevo.MessageRecord, wait_s: float
) -> tuple[relevo.MessageRecord, relevo.Receipt | None]:
    """Wait for the first handover, and give the message after it.

    The message is kept, so no trouble with waiting may read like a refusal:
    the client would send it again.
    """
    receipt: relevo.Receipt | None = None
    try:
        with server.lasting.until_stopped():
            receipt = await server.dispatcher.wait(accepted.message_id, wait_s=wait_s)
        return await server.dispatcher.message(accepted.message_id), receipt
    except relevo.SendError as error:
        raise Problem.of(error, accepted.message_id) from error
    except (relevo.StillPending, relevo.EngineError):
        return accepted, None


def _headers(
    request: Request[Any, Any, Any],
    record: relevo.MessageRecord,
    preferences: Preferences,
    *,
    waited: bool,
) -> dict[str, str]:
    path = request.scope["path"].rstrip("/")
    root = request.scope.get("root_path", "").rstrip("/")
    return {
        "Location": f"{root}{path}/{record.message_id}",
        **preferences.applied(waited=waited),
    }


@get(
    "/messages",
    tags=TAGS,
    summary="List messages",
    response_description="A page, newest first; `next` leads to older ones.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER, ProblemCode.INVALID_CURSOR, ProblemCode.ENGINE_UNAVAILABLE
    ),
    operation_class=operation({200: {"page": {"items": [MESSAGE], "next": "MTcw"}}}),
)
async def list_messages(
    server: Server,
    direction: Annotated[relevo.Direction | None, QueryParameter(name="direction")] = None,
    account: Annotated[str | None, QueryParameter(name="account")] = None,
    status: Annotated[relevo.DeliveryStatus | None, QueryParameter(name="status")] = None,
    conversation_id: Annotated[str | None, QueryParameter(name="conversation_id")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[MessagePage]:
    """List messages of both directions, newest first."""
    page = await server.engine.messages(
        relevo.MessageQuery(
            account=account,
            direction=direction,
            status=status,
            conversation_id=conversation_id,
            before=read_sequence(cursor),
            limit=limit,
        )
    )
    files = await files_of(server, page.items)
    items = [message_row(record, media=files.get(record.message_id)) for record in page.items]
    return json_response(MessagePage(items=items, next=write_cursor(page.next)))


@get(
    "/messages/{message_id:str}",
    tags=TAGS,
    summary="Look at one message",
    description=(
        "`standing` says in sentences why it is where it is, and what happens next and when."
    ),
    response_description="The message, its attempts, and what the provider told later.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER, ProblemCode.UNKNOWN_MESSAGE, ProblemCode.ENGINE_UNAVAILABLE
    ),
)
async def show_message(message_id: FromPath[str], server: Server) -> Response[MessageDetail]:
    """Show a message with its attempts, what the provider told later, and why it stands there."""
    known = read_message_id(message_id)
    record = await server.engine.message(known)
    attempts = (
        await server.engine.attempts(known) if record.direction is relevo.Direction.OUT else []
    )
    query = relevo.EventQuery(types=_STATUSES.types, message_id=known)
    statuses = await server.engine.events(0, limit=_MAX_STATUSES, query=query)
    explanation = await server.dispatcher.explain(known)
    files = await files_of(server, [record])
    return json_response(
        message_detail(record, attempts, statuses, explanation, media=files.get(known))
    )


HANDLERS = (send_message, list_messages, show_message)
