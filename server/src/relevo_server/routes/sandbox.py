"""The sandbox: whether one stands in for a provider, and a way to answer as the customer."""

from __future__ import annotations

from typing import Annotated

import pydantic
from litestar import Response, get, post
from litestar.openapi.spec import Example
from litestar.params import Body
from pydantic import BaseModel, ConfigDict, Field

import relevo
from relevo.contents import InboundContent
from relevo_server.access.principals import Caller, Principal
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import Recipient, Text, either_fault
from relevo_server.requests.reasons import FieldError, body_errors
from relevo_server.stand_in import StandIn

TAGS = ["Sandbox"]


class SwitchRow(Row):
    """One thing the sandbox can be told to do otherwise."""

    name: str
    label: Annotated[str, Field(description="What it does, in a few words.")]
    on: bool
    once: Annotated[bool, Field(description="It meets the next send, and is off again.")]


class SandboxRow(Row):
    """Whether a sandbox is on."""

    on: Annotated[
        bool,
        Field(
            description="Whether this server runs a sandbox itself and steers it: nothing of its "
            "account leaves this machine. One that runs by itself is not told of here; an "
            "account that sends to it says so in `reaches`."
        ),
    ]
    provider: str | None = None
    account: Annotated[
        str | None, Field(description="The account whose messages the sandbox takes.")
    ] = None
    url: Annotated[str | None, Field(description="Where the sandbox itself answers.")] = None
    switches: Annotated[
        list[SwitchRow] | None,
        Field(description="What can be switched; left out where people can only write text."),
    ] = None


class ReplyBody(BaseModel):
    """What a person would do on their phone. Give `content`, or `text` for a text content."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    person: Recipient = Field(alias="from")
    text: Text | None = None
    content: InboundContent | None = Field(
        default=None,
        description="Files are the sandbox's own samples: write any `id`, such as `sample`.",
    )
    reply_to: str | None = Field(
        default=None, description="The provider_message_id of the message they answer."
    )

    def written(self) -> InboundContent:
        """Give what they write."""
        return self.content or relevo.TextContent(body=self.text or "")


class ReplyRow(Row):
    """The reply is on its way back, as a webhook."""

    account: str
    sender: Annotated[str, Field(description="Who is answered for.")]
    text: str | None = None
    content: InboundContent | None = None


class SwitchBody(BaseModel):
    """Which switch to turn, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str
    on: bool


@get(
    "/sandbox",
    opt={"scope": relevo.Scope.READ},
    tags=TAGS,
    summary="Is a sandbox on",
    response_description="Whether a sandbox stands in for a provider, and for whose.",
    responses=problems(ProblemCode.INVALID_PARAMETER),
)
async def show_sandbox(server: Server, principal: Caller) -> Response[SandboxRow]:
    """Tell whether a sandbox stands in for a provider."""
    there = _seen(server, principal)
    return json_response(SandboxRow(on=False) if there is None else _row(there))


@post(
    "/sandbox/replies",
    opt={"scope": relevo.Scope.ADMIN},
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
        ProblemCode.UNSUPPORTED_CONTENT,
        ProblemCode.NO_SANDBOX,
    ),
)
async def reply_as_customer(
    server: Server,
    principal: Caller,
    data: Annotated[
        ReplyBody, Body(examples=[Example(value={"from": "15550100001", "text": "Thank you!"})])
    ],
) -> Response[ReplyRow]:
    """Let a person write to the account of the sandbox."""
    there = _need_sandbox(server, principal)
    running = there.running
    errors = _faults(data)
    if not errors:
        content = data.written()
        try:
            if isinstance(running, relevo.SteerableSandbox):
                await running.write(content, data.person, reply_to=data.reply_to)
            elif isinstance(content, relevo.TextContent):
                await running.reply(content.body, data.person)
            else:
                errors = [FieldError(field="content", reason="this sandbox takes text only")]
        except pydantic.ValidationError as error:
            errors = [_under_our_name(fault) for fault in body_errors(error)]
    # Raised out here: the sandbox's error holds what was written.
    if errors:
        why = " ".join(f"{one.field}: {one.reason}." for one in errors)
        msg = f"The sandbox cannot let this person write this. {why}"
        raise Problem(ProblemCode.INVALID_BODY, msg, errors=errors)
    return json_response(
        ReplyRow(account=there.account, sender=data.person, text=data.text, content=data.content),
        status=202,
    )


@post(
    "/sandbox/switches",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=200,
    tags=TAGS,
    summary="Turn a switch of the sandbox",
    response_description="The sandbox, as it is now.",
    responses=problems(
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.INVALID_BODY,
        ProblemCode.NO_SANDBOX,
    ),
)
async def turn_switch(
    server: Server,
    principal: Caller,
    data: Annotated[SwitchBody, Body(examples=[Example(value={"name": "throttled", "on": True})])],
) -> Response[SandboxRow]:
    """Let the sandbox behave otherwise."""
    there = _need_sandbox(server, principal)
    running = there.running
    known = running.switches() if isinstance(running, relevo.SteerableSandbox) else ()
    if not isinstance(running, relevo.SteerableSandbox) or data.name not in {
        one.name for one in known
    }:
        there_is = ", ".join(one.name for one in known) or "none at all"
        reason = f"no such switch; there is {there_is}"
        msg = f"The sandbox has no such switch. There is: {there_is}."
        raise Problem(
            ProblemCode.INVALID_BODY, msg, errors=[FieldError(field="name", reason=reason)]
        )
    running.turn(data.name, on=data.on)
    return json_response(_row(there))


def _seen(server: Server, principal: Principal) -> StandIn | None:
    """Give the sandbox, if its account is theirs to see."""
    there = server.stand_in
    return there if there is not None and principal.sees(there.account) else None


def _need_sandbox(server: Server, principal: Principal) -> StandIn:
    there = _seen(server, principal)
    if there is None:
        msg = "No sandbox is on here, so nobody can be answered for. Start one with: relevo demo"
        raise Problem(ProblemCode.NO_SANDBOX, msg)
    return there


def _faults(data: ReplyBody) -> list[FieldError]:
    """Say what of a reply is missing or given twice."""
    fault = either_fault(data.text, data.content)
    return [FieldError(field="body", reason=fault)] if fault else []


def _under_our_name(fault: FieldError) -> FieldError:
    """Name a field as the request has it: the sandbox has names of its own within a content."""
    named = {field.alias or name for name, field in ReplyBody.model_fields.items()}
    ours = fault.field.partition(".")[0] in named
    return fault if ours else FieldError(field="content", reason=fault.reason)


def _row(there: StandIn) -> SandboxRow:
    running = there.running
    return SandboxRow(
        on=True,
        provider=str(running.account["provider"]),
        account=there.account,
        url=running.url,
        switches=[
            SwitchRow(name=one.name, label=one.label, on=one.on, once=one.once)
            for one in running.switches()
        ]
        if isinstance(running, relevo.SteerableSandbox)
        else None,
    )


HANDLERS = (show_sandbox, reply_as_customer, turn_switch)
