"""Numbers for Prometheus."""

from __future__ import annotations

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

import relevo
from relevo_server.access.scopes import LINGERS, SCOPE, WHOLE
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.metrics import CONTENT_TYPE, write_metrics
from relevo_server.operating import MetricsFor
from relevo_server.problem_table import ProblemCode

TAGS = ["Health"]
_SCOPES = {MetricsFor.ADMIN: relevo.Scope.ADMIN, MetricsFor.OPEN: None}


def metrics_handlers(readers: MetricsFor) -> tuple[HTTPRouteHandler, ...]:
    """Make the route for those who may read it."""
    scope = _SCOPES[readers]

    @get(
        "/metrics",
        opt={SCOPE: scope, WHOLE: True, LINGERS: True},
        tags=TAGS,
        summary="Read the numbers",
        description=(
            "Prometheus' text format. What was done is counted by the process that did it: add "
            "up all of them. What waits is read off the store, and is the same at each. While "
            "the store is away, `relevo_engine_up` is 0; a key that was good when it went still "
            "reads that, for ten minutes."
        ),
        response_description="The numbers.",
        media_type="text/plain",
        responses=problems(
            ProblemCode.INVALID_PARAMETER,
            *(() if scope is None else (ProblemCode.LIMITED_KEY,)),
            keyed=scope is not None,
        ),
    )
    async def tell_metrics(server: Server) -> Response[bytes]:
        """Write all numbers."""
        engine = None if server.lasting.stopping else server.engine
        return Response(
            await write_metrics(server.meter, engine, server.runtime.store_watch),
            headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"},
            media_type=CONTENT_TYPE,
        )

    return (tell_metrics,)
