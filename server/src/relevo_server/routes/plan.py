"""What would become of a message: a dry run that keeps and sends nothing."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, post
from litestar.openapi.spec import Example
from litestar.params import Body
from pydantic import Field

import relevo
from relevo_server.access.principals import Caller
from relevo_server.access.sight import own_message
from relevo_server.answers.error_rows import ErrorRow, error_row
from relevo_server.answers.limit_rows import LimitsRow, limits_row
from relevo_server.answers.person_rows import (
    PreferenceRow,
    WarningRow,
    WindowRow,
    preference_rows,
    warning_rows,
    window_row,
)
from relevo_server.answers.rows import StandingRow, person, standing_row
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import operation, problems
from relevo_server.description.examples import PLAN, SEND, SEND_TEMPLATE
from relevo_server.problem_table import ProblemCode
from relevo_server.requests.bodies import SendBody


class PlanRow(Row):
    """What would become of a message if it were sent now."""

    account: Annotated[str, Field(description="Which account would send it.")]
    provider: str
    to: Annotated[str, Field(description="As `POST /messages` takes it.")]
    conversation_id: Annotated[
        str | None, Field(description="The thread with the person, where there is one.")
    ] = None
    capabilities: Annotated[
        list[relevo.Capability], Field(description="What the provider needs for it, and has.")
    ]
    payload: Annotated[
        dict[str, Any] | None,
        Field(
            description="What the vendor would be sent; private values are hidden. Left out where "
            "the provider does not tell."
        ),
    ] = None
    window: Annotated[WindowRow | None, Field(description="Left out: the provider has none.")] = (
        None
    )
    preferences: Annotated[list[PreferenceRow], Field(description="What the person wants.")]
    warnings: Annotated[
        list[WarningRow], Field(description="What speaks against it; it would go out all the same.")
    ]
    refusal: Annotated[
        ErrorRow | None, Field(description="Why it would be refused; left out: it would not be.")
    ] = None
    limits: Annotated[LimitsRow, Field(description="How fast the account's messages leave.")]
    standing: Annotated[
        StandingRow | None,
        Field(description="How it would stand right after: what it waits for, and when it leaves."),
    ] = None


@post(
    "/messages/plan",
    status_code=200,
    opt={"scope": relevo.Scope.SEND},
    tags=["Messages"],
    summary="Plan a message",
    description=(
        "A dry run: takes the body of `POST /messages` and tells what would become of it. Nothing "
        "is kept and nobody is asked. What no person could be sent is the same problem as there; "
        "what this person cannot be sent now is `refusal`."
    ),
    response_description="What would become of it.",
    responses=problems(
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.INVALID_BODY,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.INVALID_MESSAGE,
        ProblemCode.INVALID_ADDRESS,
        ProblemCode.UNSUPPORTED_CONTENT,
        ProblemCode.REJECTED,
        ProblemCode.CONFIGURATION,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
    operation_class=operation({200: {"plan": PLAN}}),
)
async def plan_message(
    server: Server,
    principal: Caller,
    data: Annotated[
        SendBody,
        Body(
            examples=[
                Example(id="text", value=SEND),
                Example(id="template", value=SEND_TEMPLATE),
            ]
        ),
    ],
) -> Response[PlanRow]:
    """Tell what would become of a message."""
    message = await own_message(server, principal, data.message())
    plan = await server.dispatcher.plan(message)
    standing = plan.standing
    thread = plan.person.conversation
    return json_response(
        PlanRow(
            account=plan.account,
            provider=plan.provider,
            to=person(message.to),
            conversation_id=thread.conversation_id if thread else None,
            capabilities=sorted(plan.needs),
            payload=plan.payload if isinstance(plan.payload, dict) else None,
            window=window_row(plan.window),
            preferences=preference_rows(plan.person.preferences),
            warnings=warning_rows(plan.warnings) or [],
            refusal=error_row(plan.refusal),
            limits=limits_row(plan.limits),
            standing=standing_row(standing) if standing else None,
        )
    )


HANDLERS = (plan_message,)
