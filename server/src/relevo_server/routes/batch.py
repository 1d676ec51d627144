"""Many messages in one request, each judged by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import pydantic
from litestar import Request, Response, post
from litestar.openapi.spec import Example
from litestar.params import Body
from pydantic import Field

import relevo
from relevo_server.access.principals import Caller, Principal
from relevo_server.access.sight import own_message
from relevo_server.answers.rows import MessageRow, message_row
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import operation, problems
from relevo_server.description.examples import BATCH, SEND_MANY
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem, ProblemBody, invalid_body, path_of, problem_of
from relevo_server.requests.bodies import MOST_SENT, BatchBody, BatchItem
from relevo_server.requests.breadth import MOST_VALUES, refuse_too_many
from relevo_server.requests.breadth import OPT as MOST_OPT
from relevo_server.requests.idempotency import read_idempotency_key, refuse_idempotency_header

_KEY_FIELD: Final = "idempotency_key"


class BatchRow(Row):
    """What came of one item: the message, or the problem."""

    index: Annotated[int, Field(ge=0, description="Its place in the request.")]
    status: Annotated[
        int, Field(description="What `POST /messages` would have answered: 202, 200 or an error.")
    ]
    message: Annotated[
        MessageRow | None, Field(description="It is on disk, as with `POST /messages`.")
    ] = None
    problem: Annotated[
        ProblemBody | None, Field(description="Nothing of it was kept, or it says otherwise.")
    ] = None


class BatchAnswer(Row):
    """What came of each item, in the order of the request."""

    items: list[BatchRow]
    accepted: Annotated[int, Field(description="Items with a message.")]
    refused: Annotated[int, Field(description="Items with a problem.")]


@post(
    "/messages/batch",
    status_code=200,
    opt={"scope": relevo.Scope.SEND, MOST_OPT: MOST_SENT * MOST_VALUES},
    tags=["Messages"],
    summary="Send many messages",
    description=(
        "Up to 1,000 items, each as `POST /messages` takes it and with an `idempotency_key` of "
        "its own. Each is judged by itself: one that is wrong or refused stops no other. The "
        "answer is 200 with what came of each, in their order; look at `refused`. Messages to one "
        "person keep their order. If the store goes away in between, every item that was not kept "
        "says 503: send those again."
    ),
    response_description="What came of each item. Those with a `message` are on disk.",
    responses=problems(
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.INVALID_BODY,
        ProblemCode.INVALID_IDEMPOTENCY_KEY,
    ),
    operation_class=operation({200: {"accepted and refused": BATCH}}),
)
async def send_messages(
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    data: Annotated[BatchBody, Body(examples=[Example(id="two", value=SEND_MANY)])],
) -> Response[BatchAnswer]:
    """Accept many messages, each by itself."""
    refuse_idempotency_header(request)
    read = [await _read(server, principal, item) for item in data.items]
    good = [one for one in read if isinstance(one, relevo.Submission)]
    kept = iter(await server.dispatcher.accept_many(good))
    outcomes = [next(kept) if isinstance(one, relevo.Submission) else one for one in read]
    rows = list(_rows(outcomes, request))
    accepted = sum(row.message is not None for row in rows)
    return json_response(BatchAnswer(items=rows, accepted=accepted, refused=len(rows) - accepted))


async def _read(
    server: Server, principal: Principal, item: object
) -> relevo.Submission | Exception:
    """Read one item; what is wrong with it is its own affair."""
    try:
        refuse_too_many(item)
        body = BatchItem.model_validate(item)
        key = read_idempotency_key(body.idempotency_key, f"The field {_KEY_FIELD}", _KEY_FIELD)
        message = await own_message(server, principal, body.message())
    except pydantic.ValidationError as error:
        return invalid_body(error)
    except (Problem, relevo.RelevoError) as error:
        return error
    return relevo.Submission(message, key)


def _rows(
    outcomes: list[relevo.Accepted | Exception], request: Request[Any, Any, Any]
) -> Iterator[BatchRow]:
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, relevo.Accepted):
            status = 202 if outcome.created else 200
            yield BatchRow(index=index, status=status, message=message_row(outcome.record))
        else:
            problem = problem_of(outcome, request)
            body = problem.body(path_of(request))
            yield BatchRow(index=index, status=problem.status, problem=body)


HANDLERS = (send_messages,)
