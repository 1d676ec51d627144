"""What came of the first handover: the receipt, or the error that was written down."""

from __future__ import annotations

from collections.abc import Mapping

from relevo.engines.records import MessageRecord
from relevo.errors import (
    AuthFailed,
    LayerFailed,
    OptedOut,
    OutcomeUnknown,
    ProviderFailed,
    Rejected,
    SendError,
    Throttled,
    Unavailable,
    WindowClosed,
)
from relevo.events import DeliveryStatus, ErrorDetail, Receipt

_ERRORS: Mapping[str, type[SendError]] = {
    kind.code: kind
    for kind in (
        Rejected,
        WindowClosed,
        OptedOut,
        LayerFailed,
        ProviderFailed,
        Unavailable,
        OutcomeUnknown,
        AuthFailed,
    )
}
_NEVER_HANDED_OVER: Mapping[DeliveryStatus, str] = {
    DeliveryStatus.CANCELLED: "was cancelled before any handover.",
    DeliveryStatus.EXPIRED: "expired before any handover; give it more time to try again.",
}


def receipt_of(record: MessageRecord) -> Receipt:
    """Give what the provider answered, or raise why it did not take the message."""
    # A message that failed later, by a status, was handed over all the same.
    if record.status.handed_over or record.provider_message_id is not None:
        return Receipt(record.provider_message_id, record.raw)
    if record.error is not None and record.status not in _NEVER_HANDED_OVER:
        raise _send_error(record.error)
    reason = _NEVER_HANDED_OVER.get(record.status, f"is {record.status} for no recorded reason.")
    last = f" Last error: {record.error.message}" if record.error else ""
    msg = f"Account {record.account!r}: message {record.message_id} {reason}{last}"
    raise Unavailable(msg)


def _send_error(detail: ErrorDetail) -> SendError:
    """Make the exception again that was written down as `detail`."""
    if detail.code == Throttled.code:
        return Throttled(
            detail.message,
            retry_after_s=detail.retry_after_s,
            provider_code=detail.provider_code,
            http_status=detail.http_status,
            raw=detail.raw,
            phase=detail.phase,
        )
    return _ERRORS.get(detail.code, Rejected)(
        detail.message,
        provider_code=detail.provider_code,
        http_status=detail.http_status,
        raw=detail.raw,
        phase=detail.phase,
    )
