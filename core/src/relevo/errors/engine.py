"""The store, and what it does not know."""

from __future__ import annotations

from relevo.errors.root import RelevoError


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
