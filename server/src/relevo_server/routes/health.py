"""Health: is the process up, and can it do its work."""

from __future__ import annotations

from typing import Annotated

import anyio
from litestar import Response, get
from pydantic import Field

import relevo
from relevo_server.context import Server
from relevo_server.documents import problems
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.wire import Row, json_response

TAGS = ["Health"]
_PULSE_LIMIT_S = 5.0


class Liveness(Row):
    """The process answers."""

    status: str


class EngineRow(Row):
    """How the store is, and what waits in it."""

    engine: str
    epoch: str
    head: Annotated[int, Field(description="The event log's newest position.")]
    queued: int
    sending: int
    unknown: Annotated[int, Field(description="Messages whose outcome is in doubt.")]
    pending_webhooks: int


class Readiness(Row):
    """Whether it can do its work."""

    status: str
    engine: EngineRow
    warnings: Annotated[list[str], Field(description="What works less than it should.")]


@get(
    "/health/live",
    tags=TAGS,
    summary="Is it up",
    response_description="It is.",
    responses=problems(),
)
async def tell_liveness() -> Response[Liveness]:
    """Say that the process answers."""
    return json_response(Liveness(status="live"))


@get(
    "/health/ready",
    tags=TAGS,
    summary="Can it work",
    response_description="It can; `warnings` tell what does not.",
    responses=problems(ProblemCode.ENGINE_UNAVAILABLE),
)
async def tell_readiness(server: Server) -> Response[Readiness]:
    """Ask the engine how it is, and name the plugins that failed."""
    engine = await _engine_row(server)
    return json_response(
        Readiness(status="ready", engine=engine, warnings=_warnings(server.runtime))
    )


async def _engine_row(server: Server) -> EngineRow:
    reason = f"The store did not answer within {_PULSE_LIMIT_S:g} s."
    try:
        if server.lasting.stopping:
            reason = "The server is stopping."
        else:
            with anyio.move_on_after(_PULSE_LIMIT_S):
                pulse = await server.engine.pulse()
                return EngineRow(
                    engine=pulse.engine,
                    epoch=pulse.epoch,
                    head=pulse.head,
                    queued=pulse.queued,
                    sending=pulse.sending,
                    unknown=pulse.unknown,
                    pending_webhooks=pulse.pending_webhooks,
                )
    except relevo.EngineError as error:
        reason = error.message
    raise Problem(ProblemCode.ENGINE_UNAVAILABLE, reason, reasons=[reason])


def _warnings(runtime: relevo.Runtime) -> list[str]:
    failed = [f"Plugin {row.name!r}: {row.error}" for row in runtime.plugins.report.failed]
    if not runtime.accounts:
        failed.append("No account is configured; nothing can be sent.")
    return failed


HANDLERS = (tell_liveness, tell_readiness)
