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
        "What was accepted is safe. Ask again later; `/health/ready` tells how it is. The server's "
        "log, and `detail` for a key with `admin`, say which store it is and how it fails.",
        retry_after_s=5,
    ),
    ProblemKind(
        ProblemCode.ENGINE_ERROR,
        503,
        "The store could not do this",
        "Nothing of the request was kept. Ask again later; the log says more.",
        5,
    ),
    ProblemKind(
        ProblemCode.CONFIGURATION,
        500,
        "The settings cannot work",
        "`detail` names the account and the key; correct `relevo.toml`, or mend the plugin.",
    ),
    ProblemKind(
        ProblemCode.PROVIDER_FAULT,
        500,
        "The provider's own code is wrong",
        "`detail` says what it answered and what it should. Its plugin has to be mended; the "
        "message was not kept.",
    ),
    ProblemKind(
        ProblemCode.INTERNAL_ERROR,
        500,
        "Something broke here",
        "It is our mistake. Report it with `incident`, which the log also names.",
    ),
)
