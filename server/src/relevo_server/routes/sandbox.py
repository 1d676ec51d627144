"""The sandbox: whether one stands in for a provider, and a way to answer as the customer."""

from __future__ import annotations

from typing import Annotated

import pydantic
from litestar import Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body
from pydantic import BaseModel, ConfigDict, Field

from relevo_server.bodies import Recipient, Text
from relevo_server.context import Server
from relevo_server.documents import problems
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.reasons import body_errors
from relevo_server.wire import Row, json_response

TAGS = ["Sandbox"]


class SandboxRow(Row):
    """Whether a sandbox is on."""

    on: Annotated[bool, Field(description="True: nothing of its account leaves this machine.")]
    provider: str | None = None
    account: Annotated[
        str | None, Field(description="The account whose messages the sandbox takes.")
    ] = None
    url: Annotated[str | None, Field(description="Where the sandbox itself answers.")] = None


class ReplyBody(BaseModel):
    """What a person would write on their phone."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    person: Recipient = Field(alias="from")
    text: Text


class ReplyRow(Row):
    """The reply is on its way back, as a webhook."""

    account: str
    sender: Annotated[str, Field(description="Who is answered for.")]
    text: str


@get(
    "/sandbox",
    tags=TAGS,
    summary="Is a sandbox on",
    response_description="Whether a sandbox stands in for a provider, and for whose.",
    responses=problems(ProblemCode.INVALID_PARAMETER),
)
async def show_sandbox(server: Server) -> Response[SandboxRow]:
    """Tell whether a sandbox stands in for a provider."""
    there = server.stand_in
    if there is None:
        return json_response(SandboxRow(on=False))
    return json_response(
        SandboxRow(
            on=True,
            provider=str(there.running.account["provider"]),
            account=there.account,
            url=there.running.url,
        )
    )


@post(
    "/sandbox/replies",
    status_code=202,
    tags=TAGS,
    summary="Reply as the customer",
    description=(
        "Lets a person answer in the sandbox. What they wrote comes back as the provider would "
        "bring it: by webhook, and then as a `messaging.inbound` event."
    ),
    response_description="The reply is on its way back.",
    responses=problems(
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.INVALID_BODY,
        ProblemCode.NO_SANDBOX,
    ),
)
async def reply_as_customer(
    server: Server,
    data: Annotated[
        ReplyBody, Body(examples=[Example(value={"from": "15550100001", "text": "Thank you!"})])
    ],
) -> Response[ReplyRow]:
    """Let a person write to the account of the sandbox."""
    there = server.stand_in
    if there is None:
        msg = "No sandbox is on here, so nobody can be answered for. Start one with: relevo demo"
        raise Problem(ProblemCode.NO_SANDBOX, msg)
    errors = None
    try:
        await there.running.reply(data.text, data.person)
    except pydantic.ValidationError as error:
        errors = body_errors(error)
    # Raised out here: the sandbox's error holds what was written.
    if errors:
        msg = "The sandbox cannot let this person write this; `errors` says why."
        raise Problem(ProblemCode.INVALID_BODY, msg, errors=errors)
    return json_response(
        ReplyRow(account=there.account, sender=data.person, text=data.text), status=202
    )


HANDLERS = (show_sandbox, reply_as_customer)
