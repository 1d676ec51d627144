"""Messages, and what came of sending them."""

from __future__ import annotations

from relevo_server.problem_table.codes import ProblemCode, ProblemKind

MESSAGES = (
    # Messages
    ProblemKind(
        ProblemCode.UNKNOWN_ACCOUNT,
        422,
        "No such account",
        "Name a configured account (`GET /accounts`), or set `default_account`. Where the address "
        "itself names the account, the status is 404.",
    ),
    ProblemKind(
        ProblemCode.INVALID_MESSAGE,
        422,
        "The message cannot be accepted",
        "`detail` names what is wrong: a moment that is past, a file that is not kept, a field of "
        "the content. Correct it; nothing was kept.",
    ),
    ProblemKind(
        ProblemCode.INVALID_ADDRESS,
        422,
        "The recipient is no address the provider knows",
        "Write a phone number with its country code: 5 to 15 digits.",
    ),
    ProblemKind(
        ProblemCode.UNSUPPORTED_CONTENT,
        422,
        "The account cannot carry this content",
        "Choose another account or another content; `GET /accounts` lists what each can do.",
    ),
    ProblemKind(
        ProblemCode.INVALID_IDEMPOTENCY_KEY,
        422,
        "The Idempotency-Key cannot be used",
        "Send 1 to 255 visible ASCII characters, such as a UUID, or leave the header out.",
    ),
    ProblemKind(
        ProblemCode.IDEMPOTENCY_CONFLICT,
        409,
        "The Idempotency-Key was used for another message",
        "Use a new key for a new message. The same request again needs the same body.",
    ),
    ProblemKind(
        ProblemCode.UNKNOWN_MESSAGE,
        404,
        "No such message",
        "Check the id: `POST /messages` gives it as `id`, and `GET /messages` lists them. Messages "
        "are removed after `messages_days` under `[retention]`.",
    ),
    ProblemKind(
        ProblemCode.UNKNOWN_CONVERSATION,
        404,
        "No such conversation",
        "Check the id: `GET /conversations` lists them, and each message has its "
        "`conversation_id`.",
    ),
    ProblemKind(
        ProblemCode.TOO_LATE,
        409,
        "An attempt has begun",
        "The message may be with the provider, or is settled; `GET /messages/{id}` tells which.",
    ),
    ProblemKind(
        ProblemCode.NOT_IN_DOUBT,
        409,
        "The message's outcome is known",
        "Only a message that is `unknown` can be resolved; `GET /messages/{id}` tells how it is.",
    ),
    ProblemKind(
        ProblemCode.NOT_REPLAYABLE,
        409,
        "The message was not given up",
        "Only a message that `failed` or `expired` before any handover can be sent again. One "
        "that is `unknown` can be resolved.",
    ),
    # What came of sending
    ProblemKind(
        ProblemCode.REJECTED,
        422,
        "The message is refused",
        "`detail` says why. Where the provider refused it, `provider_code` is its own word for "
        "why; without one it was refused here, before anything was sent. The same request would "
        "be refused again.",
    ),
    ProblemKind(
        ProblemCode.WINDOW_CLOSED,
        422,
        "The conversation window is closed",
        "Send an approved template; free text is for people who wrote within the window.",
    ),
    ProblemKind(
        ProblemCode.OPTED_OUT,
        422,
        "The person does not want this",
        "Send none of this category until they allow it again; "
        "`GET /conversations/{id}` shows what they want.",
    ),
    ProblemKind(
        ProblemCode.LAYER_FAILED,
        500,
        "A layer of the pipeline failed before the handover",
        "Nothing was sent and the provider was not asked. Mend the layer that `detail` names, or "
        "take it out of `pipeline.layers`; then replay the message.",
    ),
    ProblemKind(
        ProblemCode.PROVIDER_FAILED,
        500,
        "The provider's own code failed before anything was sent",
        "The vendor refused nothing: mend or update the plugin that `detail` names; then replay "
        "the message. The server's log has the place.",
    ),
    ProblemKind(
        ProblemCode.SEND_ERROR,
        502,
        "The provider did not take the message",
        "`detail` says what the provider answered. `GET /messages/{id}` tells whether it is tried "
        "again.",
    ),
    ProblemKind(
        ProblemCode.AUTH_FAILED,
        502,
        "The provider refused the account's credentials",
        "Check the account's token and its rights.",
    ),
    ProblemKind(
        ProblemCode.THROTTLED,
        503,
        "The provider wants fewer requests",
        "Wait, then send it as a new message.",
        retry_after_s=30,
    ),
    ProblemKind(
        ProblemCode.UNAVAILABLE,
        503,
        "The message surely did not leave",
        "Send it as a new message when the provider can be reached.",
        retry_after_s=5,
    ),
    ProblemKind(
        ProblemCode.OUTCOME_UNKNOWN,
        504,
        "Whether the provider took the message is not known",
        "Do not send it again blindly: follow the message by `message_id`.",
    ),
    ProblemKind(
        ProblemCode.PROVIDER_ANSWER_UNREADABLE,
        502,
        "The provider answered without JSON to pass on",
        "`detail` says what was seen; the message itself has the rest.",
    ),
)
