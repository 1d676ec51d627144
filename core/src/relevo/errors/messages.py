"""Messages that cannot be accepted."""

from __future__ import annotations

from relevo.errors.root import RelevoError


class InvalidMessage(RelevoError):
    """Report a message that cannot be accepted as it is.

    Args:
        message: What is wrong, and what to do.
        field: Which field is, if it is one.
    """

    code = "invalid_message"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field or self.field


class InvalidAddress(InvalidMessage):
    """Report an address the provider cannot mean anything by."""

    code = "invalid_address"
    field = "to"


class UnsupportedContent(InvalidMessage):
    """Report content the account's provider cannot carry."""

    code = "unsupported_content"
    field = "content"
