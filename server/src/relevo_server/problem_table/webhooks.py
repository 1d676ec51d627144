"""Webhooks, the demo routes, and the sandbox that may stand in for a provider."""

from __future__ import annotations

from relevo_server.problem_table.codes import ProblemCode, ProblemKind

WEBHOOKS = (
    # Webhooks
    ProblemKind(
        ProblemCode.WEBHOOK_REJECTED,
        401,
        "The webhook is not authentic",
        "The signature or token is missing or wrong; nothing was kept. Check the app secret and "
        "the verify token on both sides.",
    ),
    ProblemKind(
        ProblemCode.WEBHOOK_UNVERIFIABLE,
        401,
        "The account has nothing to check webhooks with",
        "Nothing was kept. `detail` names the setting to add; the provider will try again.",
    ),
    ProblemKind(
        ProblemCode.HANDSHAKE_REFUSED,
        403,
        "The handshake is refused",
        "The verify token is missing or not the account's. Enter the same one on both sides.",
    ),
    ProblemKind(
        ProblemCode.WEBHOOK_ERROR,
        400,
        "The webhook cannot be used",
        "`detail` says what was seen. Check that the provider posts to the account's own address.",
    ),
    ProblemKind(
        ProblemCode.UNKNOWN_WEBHOOK,
        404,
        "No such webhook",
        "Check the id. A webhook that was applied is removed after `webhooks_days` under "
        "`[retention]`.",
    ),
    ProblemKind(
        ProblemCode.NOT_SUPPORTED,
        404,
        "The provider cannot do this",
        "`GET /providers` lists what each can.",
    ),
    # Demo routes
    ProblemKind(
        ProblemCode.NO_DEMO_ACCOUNT,
        404,
        "No account of this provider",
        "Configure an account of the provider that the path names.",
    ),
    ProblemKind(
        ProblemCode.SEVERAL_DEMO_ACCOUNTS,
        409,
        "Several accounts of this provider",
        "Set `demo_account` under `[server]` to the one the demo should use.",
    ),
    ProblemKind(
        ProblemCode.NOT_HANDED_OVER,
        503,
        "The message was not handed over in time",
        "It was cancelled; nothing was sent. Send it again when the provider can be reached.",
        retry_after_s=5,
    ),
    # Sandbox
    ProblemKind(
        ProblemCode.NO_SANDBOX,
        404,
        "No sandbox is on",
        "Only a server that a sandbox stands beside can answer as the customer. Start one with "
        "`relevo demo`.",
    ),
)
