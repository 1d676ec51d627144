"""What problems are called, and what is told about each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProblemCode(StrEnum):
    """What a problem is called: the last part of its `type`. Stable."""

    BAD_REQUEST = "bad_request"
    MALFORMED_JSON = "malformed_json"
    INCOMPLETE_BODY = "incomplete_body"
    REQUEST_TIMEOUT = "request_timeout"
    HEADERS_TOO_LARGE = "headers_too_large"
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
    MISSING_KEY = "missing_key"
    INVALID_KEY = "invalid_key"
    INVALID_TICKET = "invalid_ticket"
    MISSING_SCOPE = "missing_scope"
    LIMITED_KEY = "limited_key"
    TOO_MANY_REQUESTS = "too_many_requests"
    TOO_MANY_STREAMS = "too_many_streams"
    UNKNOWN_KEY = "unknown_key"
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
    LAYER_FAILED = "layer_failed"
    PROVIDER_FAILED = "provider_failed"
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
    RANGE_BEYOND_END = "range_beyond_end"
    MEDIA_TOO_LARGE = "media_too_large"
    MEDIA_UNAVAILABLE = "media_unavailable"
    NOT_SUPPORTED = "not_supported"
    ENGINE_BUSY = "engine_busy"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    ENGINE_ERROR = "engine_error"
    CONFIGURATION = "configuration"
    PROVIDER_FAULT = "provider_fault"
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
