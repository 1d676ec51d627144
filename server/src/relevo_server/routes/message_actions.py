"""What a person does with messages that are kept: cancel, send again, end a doubt."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, post
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath
from pydantic import Field

import relevo
from relevo_server.access.known_accounts import check_accounts
from relevo_server.access.principals import Caller
from relevo_server.access.sight import accounts_seen, message_seen
from relevo_server.answers.rows import MessageRow, message_row
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.description.examples import REPLAY, RESOLVE
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import ReplayBody, ResolveBody
from relevo_server.requests.message_filters import lane_of_person
from relevo_server.requests.message_ids import read_message_id

TAGS = ["Messages"]
_STORE = (ProblemCode.ENGINE_BUSY, ProblemCode.ENGINE_UNAVAILABLE)
_BODY = (
    ProblemCode.MALFORMED_JSON,
    ProblemCode.INVALID_BODY,
    ProblemCode.BODY_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
)


class CancelRow(Row):
    """What came of asking to cancel."""

    id: str
    outcome: relevo.CancelOutcome


class ReplayedRow(Row):
    """What is sent again."""

    items: Annotated[list[str], Field(description="Ids, in the order they were accepted.")]
    more: Annotated[bool, Field(description="There may be others; ask again.")]


@post(
    "/messages/{message_id:str}/cancel",
    opt={"scope": relevo.Scope.SEND},
    status_code=200,
    tags=TAGS,
    summary="Cancel a message",
    response_description="It will not be sent.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNKNOWN_MESSAGE,
        ProblemCode.TOO_LATE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        *_STORE,
    ),
)
async def cancel_message(
    message_id: FromPath[str], server: Server, principal: Caller
) -> Response[CancelRow]:
    """Withdraw a message that waits."""
    known = read_message_id(message_id)
    await message_seen(server, principal, known)
    outcome = await server.dispatcher.cancel(known)
    if outcome is relevo.CancelOutcome.TOO_LATE:
        record = await server.engine.message(known)
        msg = f"The message is {record.status.value}; it can no longer be withdrawn."
        raise Problem(ProblemCode.TOO_LATE, msg, message_id=known)
    return json_response(CancelRow(id=str(known), outcome=outcome))


@post(
    "/messages/{message_id:str}/retry",
    opt={"scope": relevo.Scope.SEND},
    status_code=200,
    tags=TAGS,
    summary="Send a message again that was given up",
    description=(
        "Puts a message that `failed` or `expired` before any handover back at the end of its "
        "person's lane, with fresh attempts."
    ),
    response_description="The message, which waits again.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNKNOWN_MESSAGE,
        ProblemCode.NOT_REPLAYABLE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        *_STORE,
    ),
)
async def retry_message(
    message_id: FromPath[str], server: Server, principal: Caller
) -> Response[MessageRow]:
    """Send a message again that was given up before any handover."""
    known = read_message_id(message_id)
    await message_seen(server, principal, known)
    return json_response(message_row(await server.dispatcher.retry(known)))


@post(
    "/messages/{message_id:str}/resolve",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=200,
    tags=TAGS,
    summary="End the doubt about a message",
    description="For a message that is `unknown`: whoever knows, or decides, says how it ends.",
    response_description="The message as it is now.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNKNOWN_MESSAGE,
        ProblemCode.NOT_IN_DOUBT,
        *_BODY,
        *_STORE,
    ),
)
async def resolve_message(
    message_id: FromPath[str],
    server: Server,
    principal: Caller,
    data: Annotated[ResolveBody, Body(examples=[Example(id="resolve", value=RESOLVE)])],
) -> Response[MessageRow]:
    """Settle a doubt by a person's word."""
    known = read_message_id(message_id)
    await message_seen(server, principal, known)
    return json_response(message_row(await server.dispatcher.resolve(known, data.resolution)))


@post(
    "/messages/replay",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=200,
    tags=TAGS,
    summary="Send messages again that were given up",
    description=(
        "Chooses among messages that `failed` or `expired` before any handover, oldest first: by "
        "`ids`, or by filters as `GET /messages` has them, of which all have to hold."
    ),
    response_description="What is sent again.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.UNKNOWN_MESSAGE,
        ProblemCode.NOT_REPLAYABLE,
        *_BODY,
        *_STORE,
    ),
)
async def replay_messages(
    server: Server,
    principal: Caller,
    data: Annotated[ReplayBody, Body(examples=[Example(id="replay", value=REPLAY)])],
) -> Response[ReplayedRow]:
    """Send messages again that were given up before any handover."""
    await check_accounts(server, principal, [data.account])
    lane_key = None
    if data.to is not None:
        seen = accounts_seen(server, principal)
        asked = [one for name, one in seen.items() if data.account in {None, name}]
        lane_key = lane_of_person(asked, data.to, code=ProblemCode.INVALID_BODY)
        if lane_key is None:
            return json_response(ReplayedRow(items=[], more=False))
    replayed = await server.dispatcher.replay(data.query(lane_key, principal.accounts))
    more = not data.ids and len(replayed) >= data.limit
    return json_response(ReplayedRow(items=[str(one) for one in replayed], more=more))


HANDLERS = (cancel_message, retry_message, resolve_message, replay_messages)
