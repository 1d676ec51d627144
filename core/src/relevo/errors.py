"""Every error Relevo raises on purpose.

    RelevoError
    ├── ConfigurationError          the settings name something that cannot work
    │   ├── UnknownAccount
    │   ├── PluginUnavailable       an account names a plugin that is missing or broken
    │   └── ProviderFault           a provider's own code answered what it must not
    ├── InvalidMessage              the message itself cannot be accepted
    │   ├── InvalidAddress
    │   └── UnsupportedContent      the provider cannot carry this kind of content
    ├── SendError                   one attempt to hand a message over did not succeed
    │   ├── Rejected                final: the same request would be refused again
    │   │   ├── WindowClosed        free-form content outside the conversation window
    │   │   ├── OptedOut            the person does not want messages of this category
    │   │   └── LayerFailed         a layer of the pipeline failed before the handover
    │   ├── Throttled               slow down, then try again; uses up no attempt
    │   ├── Unavailable             surely not sent; try again
    │   ├── OutcomeUnknown          the request may have left; never repeated blindly
    │   └── AuthFailed              the account's credentials were refused
    ├── StillPending                waiting ended before the first handover
    ├── WebhookError
    │   ├── WebhookRejected         the signature or token is missing or wrong
    │   │   └── WebhookUnverifiable the account has no secret to check it with
    │   ├── WebhookMalformed        authentic, but not what the provider's documents promise
    │   └── ForeignItem             an item that belongs to another account
    ├── NotSupported                an optional verb this provider does not have
    ├── MediaError
    │   ├── MediaTooLarge           the file has more bytes than are kept
    │   ├── MediaMismatch           the bytes are not those that were announced
    │   ├── MediaPending            the file is not here yet
    │   ├── MediaFailed             the file never came
    │   ├── MediaGone               the file is no longer kept
    │   └── MediaUnavailable        the media store cannot be read or written
    ├── ServerUnreachable           no Relevo server answers at the address that was asked
    ├── AnswerLost                  the server broke off: what it made of the request is not known
    ├── ForeignAnswer               what answers there does not speak as a Relevo server does
    ├── RequestRefused              the server refused the request; `problem` says why
    │   ├── Unauthorized            it wants an API key, or another one
    │   ├── MissingScope            the key does not allow this
    │   └── TooManyRequests         the key's rate is used up
    └── EngineError
        ├── UnknownMessage
        ├── UnknownMedia
        ├── UnknownConversation
        ├── UnknownWebhook
        ├── IdempotencyConflict     the key was used for another message
        ├── NotInDoubt              the message's outcome is known: nothing to resolve
        ├── NotReplayable           the message was not given up: nothing to replay
        ├── InvalidCursor           a page's cursor that no page gave
        ├── EngineBusy              the queue of writes is full; try again later
        └── EngineUnavailable       the store cannot be reached, locked or opened

Policy rides on the exception: the engine asks a `SendError` what may happen
next instead of matching on classes. Every error has a stable `code`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import JsonValue

from relevo.problem_detail import ProblemDetail


class Phase(StrEnum):
    """How far one request to a provider got, as seen by the transport."""

    CONNECTING = "connecting"
    """No byte of the request has been written."""
    WRITING = "writing"
    """The first byte may have left."""
    WRITTEN = "written"
    """The whole request was written; no answer yet."""
    ANSWERED = "answered"
    """The status line of an answer was read."""


class RelevoError(Exception):
    """Say what is wrong, where, what was seen and what to do, under a stable code."""

    code: ClassVar[str] = "relevo_error"
    problem: ProblemDetail | None = None
    """What a server said, where a client raised this for it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigurationError(RelevoError):
    """Report settings that cannot work."""

    code = "configuration"


class UnknownAccount(ConfigurationError):
    """Report an account name that is not configured."""

    code = "unknown_account"


class PluginUnavailable(ConfigurationError):
    """Report an account whose provider plugin is missing or broken."""

    code = "plugin_unavailable"


class ProviderFault(ConfigurationError):
    """Report a provider whose own code answered what it must not: its plugin has to be mended."""

    code = "provider_fault"


class InvalidMessage(RelevoError):
    """Report a message that cannot be accepted as it is."""

    code = "invalid_message"


class InvalidAddress(InvalidMessage):
    """Report an address the provider cannot mean anything by."""

    code = "invalid_address"


class UnsupportedContent(InvalidMessage):
    """Report content the account's provider cannot carry."""

    code = "unsupported_content"


class SendError(RelevoError):
    """Say why one attempt did not hand the message over, and what may happen next.

    Args:
        message: A sentence without addresses or secrets: it is stored, logged and shown.
        provider_code: The provider's own code, as text.
        http_status: The status the provider answered with, if it answered.
        raw: The provider's own error object, untouched.
    """

    code = "send_error"
    retryable: ClassVar[bool] = False
    """The engine may make another attempt by itself."""
    uses_attempt: ClassVar[bool] = True
    """The attempt counts against the message's limit."""

    def __init__(
        self,
        message: str,
        *,
        provider_code: str | None = None,
        http_status: int | None = None,
        raw: JsonValue = None,
        phase: Phase | None = None,
    ) -> None:
        super().__init__(message)
        self.provider_code = provider_code
        self.http_status = http_status
        self.raw = raw
        self.phase = phase


class Rejected(SendError):
    """Report a final refusal: the same request would be refused again.

    Args:
        files_gone: The provider no longer has a file that the message names by its id. If it is
            one of ours, it is uploaded anew, once, and the message tried again.
    """

    code = "rejected"

    def __init__(
        self,
        message: str,
        *,
        provider_code: str | None = None,
        http_status: int | None = None,
        raw: JsonValue = None,
        phase: Phase | None = None,
        files_gone: bool = False,
    ) -> None:
        super().__init__(
            message, provider_code=provider_code, http_status=http_status, raw=raw, phase=phase
        )
        self.files_gone = files_gone


class WindowClosed(Rejected):
    """Report free-form content outside the provider's conversation window."""

    code = "window_closed"


class OptedOut(Rejected):
    """Report a message of a category that the person does not want."""

    code = "opted_out"


class LayerFailed(Rejected):
    """Report a layer of the pipeline that failed before the handover: nothing was sent.

    The provider was not asked. The layer has to be mended; then the message can be replayed.
    """

    code = "layer_failed"


class Throttled(SendError):
    """Report that the provider wants fewer requests.

    Args:
        retry_after_s: Seconds the provider asked to wait, if it said so.
        scope: Whom the limit concerns: "account" or "recipient".
    """

    code = "throttled"
    retryable = True
    uses_attempt = False

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        scope: str = "account",
        provider_code: str | None = None,
        http_status: int | None = None,
        raw: JsonValue = None,
        phase: Phase | None = None,
    ) -> None:
        super().__init__(
            message,
            provider_code=provider_code,
            http_status=http_status,
            raw=raw,
            phase=phase,
        )
        self.retry_after_s = retry_after_s
        self.scope = scope


class Unavailable(SendError):
    """Report that the message surely did not leave: another attempt is safe."""

    code = "unavailable"
    retryable = True


class OutcomeUnknown(SendError):
    """Report that the message may have left: another attempt could double it."""

    code = "outcome_unknown"


class AuthFailed(SendError):
    """Report that the provider refused the account's credentials or rights.

    The message waits: a mended account sends it.
    """

    code = "auth_failed"
    retryable = True
    uses_attempt = False


class StillPending(RelevoError):
    """Report that waiting ended before the first handover; the message goes on.

    Args:
        message_id: The message that was accepted.
        status: Its status when waiting ended.
        why: What keeps it and what comes next, in sentences, where that is known.
    """

    code = "still_pending"

    def __init__(self, message_id: str, status: str, why: str = "") -> None:
        told = f"{why} " if why else ""
        super().__init__(
            f"Message {message_id} is still {status}; it goes on by itself. {told}"
            "Follow its events or ask for it again."
        )
        self.message_id = message_id
        self.status = status


class WebhookError(RelevoError):
    """Report a webhook that cannot be used."""

    code = "webhook_error"


class WebhookRejected(WebhookError):
    """Report a webhook whose signature or token is missing or wrong."""

    code = "webhook_rejected"


class WebhookUnverifiable(WebhookRejected):
    """Report an account that has no secret to check webhooks, or a handshake, with."""

    code = "webhook_unverifiable"


class WebhookMalformed(WebhookError):
    """Report an authentic webhook that is not what the provider documents."""

    code = "webhook_malformed"


class ForeignItem(WebhookError):
    """Report a webhook item that belongs to another account."""

    code = "foreign_item"


class NotSupported(RelevoError):
    """Report an optional verb that this provider does not have."""

    code = "not_supported"


class MediaError(RelevoError):
    """Report that a file cannot be kept or given."""

    code = "media_error"


class MediaTooLarge(MediaError):
    """Report a file with more bytes than are kept."""

    code = "media_too_large"


class MediaMismatch(MediaError):
    """Report bytes that are not those that were announced."""

    code = "media_mismatch"


class MediaPending(MediaError):
    """Report a file that is not here yet."""

    code = "media_pending"


class MediaFailed(MediaError):
    """Report a file that never came."""

    code = "media_failed"


class MediaGone(MediaError):
    """Report a file that was here and is no longer kept."""

    code = "media_gone"


class MediaUnavailable(MediaError):
    """Report that the media store cannot be read or written, or lost the file."""

    code = "media_unavailable"


class ServerUnreachable(RelevoError):
    """Report that no Relevo server answers at the address that was asked."""

    code = "server_unreachable"


class AnswerLost(RelevoError):
    """Report that a server broke off: what it made of the request is not known."""

    code = "answer_lost"


class ForeignAnswer(RelevoError):
    """Report an answer that is not a Relevo server's, or not of a version that is understood."""

    code = "foreign_answer"


class RequestRefused(RelevoError):
    """Report what a server refused; `problem.code` tells kinds apart that have no class here."""

    code = "request_refused"


class Unauthorized(RequestRefused):
    """Report that a server wants an API key, or does not take the one it was shown."""

    code = "unauthorized"


class MissingScope(RequestRefused):
    """Report that an API key does not allow what was asked."""

    code = "missing_scope"


class TooManyRequests(RequestRefused):
    """Report that an API key's rate is used up for now.

    Args:
        retry_after_s: Seconds the server asked to wait, if it said so.
    """

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class EngineError(RelevoError):
    """Report that the engine could not do what was asked."""

    code = "engine_error"


class UnknownMessage(EngineError):
    """Report a message id the engine does not know."""

    code = "unknown_message"


class UnknownMedia(EngineError):
    """Report a file that no engine has heard of."""

    code = "unknown_media"


class UnknownConversation(EngineError):
    """Report a conversation id the engine does not know."""

    code = "unknown_conversation"


class UnknownWebhook(EngineError):
    """Report a webhook id the engine does not know, or no longer keeps."""

    code = "unknown_webhook"


class IdempotencyConflict(EngineError):
    """Report an idempotency key that was used for another message."""

    code = "idempotency_conflict"


class NotInDoubt(EngineError):
    """Report a message whose outcome is known: there is nothing to resolve."""

    code = "not_in_doubt"


class NotReplayable(EngineError):
    """Report a message that was not given up: there is nothing to replay."""

    code = "not_replayable"


class InvalidCursor(EngineError):
    """Report a cursor that no page of this list gave."""

    code = "invalid_cursor"


class EngineBusy(EngineError):
    """Report that too many writes are waiting; nothing of this one was kept."""

    code = "engine_busy"


class EngineUnavailable(EngineError):
    """Report that the store cannot be opened, reached or written."""

    code = "engine_unavailable"
