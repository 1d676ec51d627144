"""A `detail` as each problem may have it: what its page and the API's description show."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from relevo_server.problem_table.codes import ProblemCode, ProblemKind

_C = ProblemCode
_STORE = "The store relevo.db cannot be written: the disk is full; free some space."

DETAILS: Mapping[str, str] = MappingProxyType(
    {
        # The request itself
        _C.BAD_REQUEST: "The request cannot be read.",
        _C.MALFORMED_JSON: "The body is no JSON: JSON is malformed: invalid character (byte 9).",
        _C.INCOMPLETE_BODY: "The client closed the connection while sending.",
        _C.REQUEST_TIMEOUT: "The body came too slowly: 2048 bytes in 30 s.",
        _C.HEADERS_TOO_LARGE: "The request's first line and headers have more than 32768 "
        "bytes. Send less, or raise max_header_bytes under [server].",
        _C.LIMITED_KEY: "The key 'crm' sees some accounts only, and this tells of all at once.",
        _C.INVALID_PARAMETER: "The request cannot be used. limit: has to be 200 or less.",
        _C.INVALID_CURSOR: "The cursor was not given by this list. Pass on `next` as it came, or "
        "leave it out.",
        _C.INVALID_BODY: "The body cannot be used. to: is missing. txet: there is no such field "
        "here.",
        _C.NOT_FOUND: "Not Found: no route has this path.",
        _C.METHOD_NOT_ALLOWED: "The route takes GET and POST.",
        _C.BODY_TOO_LARGE: "The body has more than 1048576 bytes. Send less, or raise "
        "max_body_bytes under [server].",
        _C.UNSUPPORTED_MEDIA_TYPE: "The body has to be JSON, sent with Content-Type: "
        "application/json.",
        # Who asks
        _C.UNAUTHORIZED: "The application that Relevo runs in asks for a session.",
        _C.FORBIDDEN: "The application that Relevo runs in does not let this user send.",
        _C.REQUEST_REFUSED: "The application that Relevo runs in refused the request.",
        _C.FOREIGN_HOST: "Without keys the API answers this machine only; this request came from "
        "another.",
        _C.FOREIGN_ORIGIN: "A web page of an origin that is not listed asks. If it is yours, add "
        "its origin to cors_origins under [server].",
        _C.MISSING_KEY: "This server has keys, and the request shows none. Send one as "
        "Authorization: Bearer rlv_...",
        _C.INVALID_KEY: "No key of this server is as shown: it is mistyped, was taken back, or is "
        "over.",
        _C.INVALID_TICKET: "The ticket is none of this server's, or is over. POST /events/tickets "
        "gives one.",
        _C.MISSING_SCOPE: "The key 'crm' has not the scope 'admin' that this needs. Use a key that "
        "has it.",
        _C.TOO_MANY_REQUESTS: "The key 'crm' may ask 600 times a minute. Ask again in 1 s.",
        _C.TOO_MANY_STREAMS: "100 streams are open here. One ticket may have no more: make one for "
        "each reader, or raise streams_per_ticket under [server].",
        _C.UNKNOWN_KEY: "No key has this id: GET /keys lists those there are.",
        # Messages
        _C.UNKNOWN_ACCOUNT: "Account 'shpo' is not configured. Did you mean 'shop'? Name one of: "
        "shop, support.",
        _C.INVALID_MESSAGE: "expires_at is past (2026-11-22T10:00:00+00:00): the message could "
        "never leave. Give a later moment, or leave expires_at out.",
        _C.INVALID_ADDRESS: "Account 'shop': the recipient is no phone number: it has to be 5 to "
        "15 digits with the country code; + - ( ) and spaces may stand between them.",
        _C.UNSUPPORTED_CONTENT: "Account 'texts' (provider 'acme_sms') cannot carry template. It "
        "carries: text. Choose another account or another content.",
        _C.INVALID_IDEMPOTENCY_KEY: "The header Idempotency-Key cannot be used: its character 6 is "
        "a space.",
        _C.IDEMPOTENCY_CONFLICT: "Account 'shop': this idempotency key was used for another "
        "message. Use a new key, or ask for that message.",
        _C.UNKNOWN_MESSAGE: "No message has this id: ours are UUIDs, as POST /messages gives them.",
        _C.UNKNOWN_CONVERSATION: "No conversation has this id; check it.",
        _C.TOO_LATE: "The message is delivered; it can no longer be withdrawn.",
        _C.NOT_IN_DOUBT: "The message is delivered: there is no doubt to end.",
        _C.NOT_REPLAYABLE: "The message is delivered: a provider took it.",
        # What came of sending
        _C.REJECTED: "Account 'shop': WhatsApp refused it: the template does not exist in this "
        "language. (132001)",
        _C.WINDOW_CLOSED: "Account 'shop': the person wrote more than 24 hours ago. (131047)",
        _C.OPTED_OUT: "Account 'shop': the person wants no messages of the category 'marketing'.",
        _C.SEND_ERROR: "Account 'shop': the provider did not take the message.",
        _C.AUTH_FAILED: "Account 'shop': the access token has expired. (190)",
        _C.THROTTLED: "Account 'shop': the provider answered HTTP 429. It wants fewer requests.",
        _C.UNAVAILABLE: "Account 'shop': graph.example could not be reached (connection refused).",
        _C.OUTCOME_UNKNOWN: "Account 'shop': the connection was cut after the request was written.",
        _C.PROVIDER_ANSWER_UNREADABLE: "The provider took the message, but its answer could not be "
        "read. Do not send again.",
        # Files
        _C.UNKNOWN_MEDIA: "No file has this id: ours are UUIDs, as POST /media gives them.",
        _C.MEDIA_PENDING: "The file is being fetched from the provider.",
        _C.MEDIA_FAILED: "The file never came: the provider no longer has it.",
        _C.MEDIA_GONE: "The file was removed by the retention of 30 days.",
        _C.RANGE_BEYOND_END: "The file has 70 bytes, and the Range begins after them.",
        _C.MEDIA_TOO_LARGE: "The file has more than 104857600 bytes. Send less, or raise "
        "max_bytes under [media].",
        _C.MEDIA_UNAVAILABLE: "The folder relevo-media cannot be written: no space left on device.",
        # Webhooks, demo, sandbox
        _C.WEBHOOK_REJECTED: "Account 'shop': the signature X-Hub-Signature-256 is wrong.",
        _C.WEBHOOK_UNVERIFIABLE: "Account 'shop': there is no app_secret to check webhooks with.",
        _C.HANDSHAKE_REFUSED: "Account 'shop': hub.verify_token is not the account's.",
        _C.WEBHOOK_ERROR: "Account 'shop': the webhook is nothing of WhatsApp's.",
        _C.UNKNOWN_WEBHOOK: "No webhook has this id: ours are numbers, as GET /inbox gives them.",
        _C.NOT_SUPPORTED: "Account 'texts': provider 'acme_sms' has no typing indicator.",
        _C.NO_DEMO_ACCOUNT: "No account uses the provider 'acme_sms' (in use: console).",
        _C.SEVERAL_DEMO_ACCOUNTS: "Several accounts use the provider 'acme_sms': one, two. Set "
        "demo_account under [server] to one of them.",
        _C.NOT_HANDED_OVER: "Account 'shop': no attempt began in time, so it was cancelled.",
        _C.NO_SANDBOX: "No sandbox is on here, so nobody can be answered for.",
        # Our side
        _C.ENGINE_BUSY: "The store relevo.db has 8192 changes waiting; nothing of this one was "
        "kept. Try again in a moment.",
        _C.ENGINE_UNAVAILABLE: _STORE,
        _C.ENGINE_ERROR: "The store relevo.db could not do this.",
        _C.CONFIGURATION: "Account 'shop': provider 'acme_sms': check_message returned bool; raise "
        "Rejected to refuse, return nothing to let it pass. The plugin has to be mended.",
        _C.PROVIDER_FAULT: "Account 'shop': provider 'acme_sms': lane_key returned int; it has to "
        "return a text that names the person. The plugin has to be mended.",
        _C.LAYER_FAILED: "Account 'shop': layer 'my_app.layers.stamp' failed before the handover "
        "with KeyError; nothing was sent.",
        _C.PROVIDER_FAILED: "Account 'shop': provider 'acme_sms' failed with KeyError before "
        "anything was sent. Its plugin has to be mended; then replay the message.",
        _C.INTERNAL_ERROR: "An unexpected error; the log has its place.",
    }
)

MEMBERS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        _C.INVALID_PARAMETER: {
            "errors": [{"field": "limit", "reason": "has to be 200 or less"}],
        },
        _C.INVALID_BODY: {
            "errors": [
                {"field": "to", "reason": "is missing"},
                {"field": "txet", "reason": "there is no such field here"},
            ],
        },
        _C.REJECTED: {"provider_code": "132001"},
        _C.WINDOW_CLOSED: {"provider_code": "131047"},
        _C.OUTCOME_UNKNOWN: {"message_id": "019a2c5e-7d1f-7c3a-9b51-0f6f3a1c2d4e"},
        _C.INTERNAL_ERROR: {"incident": "5f1c2a9b7d10"},
    }
)
"""Members that some problems have beside those of all."""


def sample(kind: ProblemKind) -> dict[str, Any]:
    """Give a whole problem as it may come."""
    return {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": DETAILS.get(kind.code, kind.advice),
        "code": kind.code.value,
        "instance": "/api/v1/messaging/...",
        **({"retry_after_s": kind.retry_after_s} if kind.retry_after_s is not None else {}),
        **MEMBERS.get(kind.code, {}),
    }
