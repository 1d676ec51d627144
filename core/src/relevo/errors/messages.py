"""Messages that cannot be accepted."""

from __future__ import annotations

from relevo.errors.root import RelevoError


class InvalidMessage(RelevoError):
    """Report a message that cannot be accepted as it is."""

    code = "invalid_message"


class InvalidAddress(InvalidMessage):
    """Report an address the provider cannot mean anything by."""

    code = "invalid_address"


class UnsupportedContent(InvalidMessage):
    """Report content the account's provider cannot carry."""

    code = "unsupported_content"
