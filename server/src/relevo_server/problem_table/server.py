"""Our side."""

from __future__ import annotations

from relevo_server.problem_table.codes import ProblemCode, ProblemKind

SERVER = (
    ProblemKind(
        ProblemCode.ENGINE_BUSY,
        503,
        "Too many writes wait",
        "Nothing of the request was kept. Send it again a little later.",
        retry_after_s=1,
    ),
    ProblemKind(
        ProblemCode.ENGINE_UNAVAILABLE,
        503,
        "The store is away",
        "What was accepted is safe. Ask again later; `/health/ready` tells how it is.",
        retry_after_s=5,
    ),
    ProblemKind(
        ProblemCode.ENGINE_ERROR, 503, "The store could not do this", "Ask again later.", 5
    ),
    ProblemKind(
        ProblemCode.CONFIGURATION,
        500,
        "The settings cannot work",
        "See `detail` and correct the settings.",
    ),
    ProblemKind(
        ProblemCode.INTERNAL_ERROR,
        500,
        "Something broke here",
        "It is our mistake. Report it with `incident`, which the log also names.",
    ),
)
