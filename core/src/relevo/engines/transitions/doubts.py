"""How a doubt ends, is held, or is overtaken by its lane."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from relevo.engines.outcomes import error_json
from relevo.engines.records import MessageRecord, Resolution
from relevo.engines.replacing import replace
from relevo.engines.transitions.change import Change, dated, told_outbound
from relevo.errors import Unavailable
from relevo.events import DeliveryStatus, ErrorDetail, Receipt
from relevo.middleware import EventDraft

_S = DeliveryStatus


_RESOLVED = MappingProxyType(
    {
        Resolution.SENT: _S.ACCEPTED,
        Resolution.NOT_SENT: _S.FAILED,
        Resolution.RESEND: _S.QUEUED,
    }
)


def resolved(
    record: MessageRecord,
    resolution: Resolution,
    *,
    why: str,
    now: datetime,
    receipt: Receipt | None = None,
) -> Change:
    """End a doubt as somebody decided; `why` is a stable word."""
    error = record.error
    if resolution is Resolution.SENT:
        error = None
    elif resolution is Resolution.NOT_SENT:
        error = ErrorDetail(
            code=Unavailable.code,
            message=(
                f"Account {record.account!r}: attempt {record.attempts} was found not to have "
                f"been sent ({why}), and the message was given up."
            ),
        )
    after = dated(
        record,
        replace(
            record,
            status=_RESOLVED[resolution],
            error=error,
            handovers=record.handovers + (resolution is Resolution.SENT),
            provider_message_id=record.provider_message_id
            or (receipt.provider_message_id if receipt else None),
            raw=receipt.raw if receipt else record.raw,
        ),
        now,
    )
    told = told_outbound(
        after,
        attempt=record.attempts,
        settled=True,
        resolution=resolution.value,
        why=why,
        error=error_json(after.error) if after.error else None,
    )
    return Change(after, (told,))


def held_back(record: MessageRecord, why: str) -> EventDraft:
    """Tell that a message in doubt waits for a person, and why the rule could not decide."""
    return told_outbound(record, attempt=record.attempts, held_for=why)


def overtaken(record: MessageRecord) -> EventDraft:
    """Tell that a lane waited long enough for a doubt and goes on without it."""
    return told_outbound(record, attempt=record.attempts, lane="went_on")
