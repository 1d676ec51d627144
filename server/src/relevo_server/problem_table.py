"""Every problem the API can answer with: its status, what it means, what to do.

A `RelevoError` finds its row by its own stable `code`, or by that of the
nearest class above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ProblemCode(StrEnum):
    """What a problem is called: the last part of its `type`. Stable."""

    BAD_REQUEST = "bad_request"
    MALFORMED_JSON = "malformed_json"
    INCOMPLETE_BODY = "incomplete_body"
    INVALID_PARAMETER = "invalid_parameter"
    INVALID_CURSOR = "invalid_cursor"
    INVALID_BODY = "invalid_body"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    REQUEST_REFUSED = "request_refused"
    FOREIGN_HOST = "foreign_host"
    FOREIGN_ORIGIN = "foreign_origin"
    UNKNOWN_ACCOUNT = "unknown_account"
    INVALID_MESSAGE = "invalid_message"
    INVALID_ADDRESS = "invalid_address"
    UNSUPPORTED_CONTENT = "unsupported_content"
    INVALID_IDEMPOTENCY_KEY = "invalid_idempotency_key"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    UNKNOWN_MESSAGE = "unknown_message"
    UNKNOWN_CONVERSATION = "unknown_conversation"
    TOO_LATE = "too_late"
    NOT_IN_DOUBT = "not_in_doubt"
    NOT_REPLAYABLE = "not_replayable"
    REJECTED = "rejected"
    WINDOW_CLOSED = "window_closed"
    OPTED_OUT = "opted_out"
    SEND_ERROR = "send_error"
    AUTH_FAILED = "auth_failed"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    PROVIDER_ANSWER_UNREADABLE = "provider_answer_unreadable"
    NO_DEMO_ACCOUNT = "no_demo_account"
    SEVERAL_DEMO_ACCOUNTS = "several_demo_accounts"
    NOT_HANDED_OVER = "not_handed_over"
    NO_SANDBOX = "no_sandbox"
    WEBHOOK_REJECTED = "webhook_rejected"
    WEBHOOK_UNVERIFIABLE = "webhook_unverifiable"
    HANDSHAKE_REFUSED = "handshake_refused"
    WEBHOOK_ERROR = "webhook_error"
    UNKNOWN_WEBHOOK = "unknown_webhook"
    UNKNOWN_MEDIA = "unknown_media"
    MEDIA_PENDING = "media_pending"
    MEDIA_FAILED = "media_failed"
    MEDIA_GONE = "media_gone"
    MEDIA_TOO_LARGE = "media_too_large"
    MEDIA_UNAVAILABLE = "media_unavailable"
    NOT_SUPPORTED = "not_supported"
    ENGINE_BUSY = "engine_busy"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    ENGINE_ERROR = "engine_error"
    CONFIGURATION = "configuration"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One row: what `/problems/<code>` tells about it."""

    code: ProblemCode
    status: int
    title: str
    advice: str
    retry_after_s: int | None = None

    @property
    def type(self) -> str:
        """The problem's `type`: the same wherever the API is served."""
        return f"/problems/{self.code}"


_KINDS = (
    # The request itself
    ProblemKind(
        ProblemCode.BAD_REQUEST,
        400,
        "The request cannot be read",
        "See `detail`; correct the request.",
    ),
    ProblemKind(
        ProblemCode.MALFORMED_JSON,
        400,
        "The body is no JSON",
        "Send one JSON object, encoded as UTF-8.",
    ),
    ProblemKind(
        ProblemCode.INCOMPLETE_BODY,
        400,
        "The body ended early",
        "The connection broke before all of the body came. Send the request again.",
    ),
    ProblemKind(
        ProblemCode.INVALID_PARAMETER,
        400,
        "A parameter is wrong",
        "`errors` names each query parameter or header and why. The schema lists what there is.",
    ),
    ProblemKind(
        ProblemCode.INVALID_CURSOR,
        400,
        "The cursor is none of ours",
        "Pass on `next`, or an event's `id`, as it was given, or leave it out to start anew.",
    ),
    ProblemKind(
        ProblemCode.INVALID_BODY,
        422,
        "The body is not what this request takes",
        "`errors` names each field and why. Fields that the request does not know are refused.",
    ),
    ProblemKind(
        ProblemCode.NOT_FOUND,
        404,
        "There is nothing here",
        "Check the path; `/schema` lists every route.",
    ),
    ProblemKind(
        ProblemCode.METHOD_NOT_ALLOWED,
        405,
        "The route does not take this method",
        "The `Allow` header lists those it takes.",
    ),
    ProblemKind(
        ProblemCode.BODY_TOO_LARGE,
        413,
        "The body is too large",
        "Send less, or raise `max_body_bytes` (webhooks: `max_webhook_bytes`) under `[server]`.",
    ),
    ProblemKind(
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        415,
        "The body has the wrong content type",
        "Send JSON with `Content-Type: application/json`.",
    ),
    ProblemKind(
        ProblemCode.UNAUTHORIZED, 401, "The application wants to know who you are", "See `detail`."
    ),
    ProblemKind(
        ProblemCode.FORBIDDEN, 403, "The application does not let you do this", "See `detail`."
    ),
    ProblemKind(
        ProblemCode.REQUEST_REFUSED,
        400,
        "The application refused the request",
        "See `status` and `detail`.",
    ),
    # Who asks
    ProblemKind(
        ProblemCode.FOREIGN_HOST,
        403,
        "The API answers this machine only",
        "Without keys it takes requests from this machine, to a loopback name such as "
        "127.0.0.1 or localhost. It keeps web pages from reaching it under a name of their own.",
    ),
    ProblemKind(
        ProblemCode.FOREIGN_ORIGIN,
        403,
        "A web page of another origin asks",
        "List the page's origin under `cors_origins` in `[server]` if it is yours.",
    ),
    # Messages
    ProblemKind(
        ProblemCode.UNKNOWN_ACCOUNT,
        422,
        "No such account",
        "Name a configured account (`GET /accounts`), or set `default_account`.",
    ),
    ProblemKind(
        ProblemCode.INVALID_MESSAGE, 422, "The message cannot be accepted", "See `detail`."
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
    ProblemKind(ProblemCode.UNKNOWN_MESSAGE, 404, "No such message", "Check the id."),
    ProblemKind(ProblemCode.UNKNOWN_CONVERSATION, 404, "No such conversation", "Check the id."),
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
        "The provider refused the message",
        "`provider_code` is its own word for why. The same request would be refused again.",
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
        ProblemCode.SEND_ERROR, 502, "The provider did not take the message", "See `detail`."
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
    # Files
    ProblemKind(
        ProblemCode.UNKNOWN_MEDIA,
        404,
        "No such file",
        "Check the id: `POST /media` gives it, and a message's `media`.",
    ),
    ProblemKind(
        ProblemCode.MEDIA_PENDING,
        409,
        "The file is not here yet",
        "It is being fetched from the provider; a `messaging.status` event tells when it is here.",
        retry_after_s=2,
    ),
    ProblemKind(
        ProblemCode.MEDIA_FAILED,
        409,
        "The file never came",
        "`detail` says why. The provider gives it no more; ask the person to send it again.",
    ),
    ProblemKind(
        ProblemCode.MEDIA_GONE,
        410,
        "The file is no longer kept",
        "It was removed after `media_days` under `[retention]`.",
    ),
    ProblemKind(
        ProblemCode.MEDIA_TOO_LARGE,
        413,
        "The file is too large",
        "Send a smaller one, or raise `max_bytes` under `[media]`.",
    ),
    ProblemKind(
        ProblemCode.MEDIA_UNAVAILABLE,
        503,
        "The files cannot be read or written",
        "See `detail`: the folder `path` under `[media]` has to be there, with room, and be the "
        "same for every machine.",
        retry_after_s=5,
    ),
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
    ProblemKind(ProblemCode.WEBHOOK_ERROR, 400, "The webhook cannot be used", "See `detail`."),
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
    # Our side
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

PROBLEMS: Mapping[str, ProblemKind] = MappingProxyType({kind.code: kind for kind in _KINDS})

STATUS_CODES: Mapping[int, ProblemCode] = MappingProxyType(
    {
        400: ProblemCode.BAD_REQUEST,
        401: ProblemCode.UNAUTHORIZED,
        403: ProblemCode.FORBIDDEN,
        404: ProblemCode.NOT_FOUND,
        405: ProblemCode.METHOD_NOT_ALLOWED,
        413: ProblemCode.BODY_TOO_LARGE,
        415: ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    }
)
"""What an HTTP error is called that the framework, or a guard of the application, raises."""
