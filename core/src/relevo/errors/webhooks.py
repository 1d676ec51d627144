"""What a provider told us that cannot be used, and what it cannot do."""

from __future__ import annotations

from relevo.errors.root import RelevoError


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
