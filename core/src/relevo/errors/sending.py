"""Attempts that did not succeed; what may happen next rides on each."""

from __future__ import annotations

from typing import ClassVar

from pydantic import JsonValue

from relevo.errors.root import Phase, RelevoError


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
        field: Which field of the message is refused, where that is known.
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
        field: str | None = None,
    ) -> None:
        super().__init__(
            message, provider_code=provider_code, http_status=http_status, raw=raw, phase=phase
        )
        self.files_gone = files_gone
        self.field = field


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


class ProviderFailed(Rejected):
    """Report a provider whose own code failed before anything was sent.

    The vendor refused nothing. The plugin has to be mended; then the message can be replayed.
    """

    code = "provider_failed"
    advice: ClassVar[str] = "Its plugin has to be mended; then replay the message."


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
