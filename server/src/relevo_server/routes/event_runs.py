"""Events for AG-UI: its clients ask for an agent's run, and a run here is a stay on the stream."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Response, post
from litestar.openapi.spec import Example, OpenAPIMediaType, OpenAPIType, Schema
from litestar.params import Body, QueryParameter
from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator

import relevo
from relevo_server.access.known_accounts import check_accounts
from relevo_server.access.principals import Caller
from relevo_server.context import Server
from relevo_server.description.documents import operation, problems
from relevo_server.description.examples import AG_UI_RUN, AG_UI_STREAM
from relevo_server.following import EVENT_STREAM, AgUiRun
from relevo_server.problem_table import ProblemCode
from relevo_server.routes.event_filters import (
    AccountNames,
    After,
    ConversationIds,
    LastEventId,
    MessageIds,
    Types,
    make_query,
)
from relevo_server.routes.event_rights import holders_of
from relevo_server.routes.events import follow

_NAME = Field(max_length=1_000)


class RunBody(BaseModel):
    """AG-UI's `RunAgentInput`. Messages, tools, context and state are an agent's and ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    thread_id: Annotated[str, Field(alias="threadId"), _NAME]
    run_id: Annotated[str, Field(alias="runId"), _NAME]
    forwarded: Annotated[
        JsonValue,
        Field(
            alias="forwardedProps",
            description="`after` in it is the id of the event to go on after.",
        ),
    ] = None

    @field_validator("forwarded")
    @classmethod
    def _check_after(cls, forwarded: JsonValue) -> JsonValue:
        """A place that nobody can read would let the run begin now, and leave out what was."""
        after = forwarded.get("after") if isinstance(forwarded, dict) else None
        if after is None or (isinstance(after, str) and after):
            return forwarded
        msg = (
            "its `after` is no event id; give the id as the text it came as, "
            '"0" for the start of the log, or leave it out'
        )
        raise ValueError(msg)

    @property
    def after(self) -> str | None:
        """Where the client wants to go on, if it says so."""
        after = self.forwarded.get("after") if isinstance(self.forwarded, dict) else None
        return after if isinstance(after, str) else None


@post(
    "/events",
    opt={"scope": relevo.Scope.EVENTS},
    status_code=200,
    tags=["Events"],
    summary="Follow what happens as an AG-UI run",
    description=(
        "For `HttpAgent` of AG-UI's client: the run starts, tells where by a `CUSTOM` event named "
        "`place` (`value.after`), then every event as a `CUSTOM` event (`name` is its type, "
        "`value` its envelope), and finishes when this server stops, with "
        "`result.after` to go on from. Start the next run with "
        '`forwardedProps: {"after": ...}`, the last of these you saw; `Last-Event-ID` and '
        "`after` in the address do the same. Without any the run begins now."
    ),
    response_description="The run.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.INVALID_CURSOR,
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.TOO_MANY_STREAMS,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
    media_type=EVENT_STREAM,
    operation_class=operation(
        media={
            200: {
                EVENT_STREAM: OpenAPIMediaType(
                    schema=Schema(type=OpenAPIType.STRING),
                    examples={"run": Example(value=AG_UI_STREAM)},
                )
            }
        }
    ),
)
async def run_events(
    data: Annotated[RunBody, Body(examples=[Example("a run", value=AG_UI_RUN)])],
    server: Server,
    principal: Caller,
    types: Types = None,
    accounts: AccountNames = None,
    message_ids: MessageIds = None,
    conversation_ids: ConversationIds = None,
    after: After = None,
    last_event_id: LastEventId = None,
    form: Annotated[
        Literal["ag-ui"], QueryParameter(name="format", description="May be said here, too.")
    ] = "ag-ui",
) -> Response[Any]:
    """Follow the log as a run."""
    del form  # there is one
    query = make_query(types, accounts, message_ids, conversation_ids, visible=principal.accounts)
    await check_accounts(server, principal, accounts or ())
    asked = last_event_id or data.after or after
    run = AgUiRun(data.thread_id, data.run_id)
    holders = holders_of(principal, server.settings)
    return await follow(server, query, asked, run, holders, may_renew=principal.oversees)


HANDLERS = (run_events,)
