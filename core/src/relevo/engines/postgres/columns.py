"""Between rows of PostgreSQL and the values engines hand out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from relevo.engines.json_text import json_text, plain_text
from relevo.engines.records import (
    AccountState,
    AttemptRecord,
    ConversationRecord,
    Direction,
    DoubtRecord,
    MessageRecord,
)
from relevo.engines.steps.rows import LaneState, Lease
from relevo.engines.transitions import AttemptRow
from relevo.engines.values import (
    asked_of,
    micros,
    micros_or_none,
    moment,
    moment_or_none,
    read_arrival,
    read_content,
    read_error,
    read_json,
    read_warnings,
    write_arrival,
    write_content,
    write_error,
    write_json,
    write_warnings,
)
from relevo.errors import Phase
from relevo.events import DeliveryStatus
from relevo.messages import (
    Address,
    Message,
    Priority,
    UnknownPolicy,
)
from relevo.terms import Pace

Row = Mapping[str, Any]

_LONGEST_KEY = 500
_KEY_BEGINS = 100


def text_or_none(text: str | None) -> str | None:
    """Write a text that may be missing, as this store can keep it."""
    return None if text is None else plain_text(text)


def key_text(text: str) -> str:
    """Write a text that rows are found by; one longer than an index takes is shortened."""
    text = plain_text(text)
    if len(text) <= _LONGEST_KEY:
        return text
    return f"{text[:_KEY_BEGINS]}#{hashlib.sha256(text.encode()).hexdigest()}"


def write_message(record: MessageRecord) -> dict[str, Any]:
    """Write what can change of a message, without its `raw`."""
    return {
        "sequence": record.sequence,
        "status": record.status.value,
        "provider_message_id": text_or_none(record.provider_message_id),
        "error": write_error(record.error),
        "attempts": record.attempts,
        "updated_at": micros(record.updated_at),
        "expires_at": micros_or_none(record.expires_at),
        "closed_at": micros_or_none(record.closed_at),
        "handovers": record.handovers,
        "replayed_attempts": record.replayed_attempts,
        "life_began_at": micros_or_none(record.life_began_at),
    }


def write_new_message(
    record: MessageRecord, lane_key: str, message: Message | None
) -> dict[str, Any]:
    """Write a message that was not kept before."""
    return {
        **write_message(record),
        "message_id": record.message_id,
        "direction": record.direction.value,
        "account": record.account,
        "provider": record.provider,
        "lane_key": plain_text(lane_key),
        "conversation_id": record.conversation_id,
        "person_scheme": record.person.scheme,
        "person_value": plain_text(record.person.value),
        "content": write_content(record.content),
        "created_at": micros(record.created_at),
        "reply_to": text_or_none(record.reply_to),
        "send_at": micros_or_none(record.send_at),
        "priority": record.priority.value,
        "on_unknown": record.on_unknown.value if record.on_unknown else None,
        "max_attempts": message.max_attempts if message else None,
        "extra": write_json(message.extra or None) if message else None,
        "raw": write_json(record.raw),
        "warnings": write_warnings(record.warnings),
        "arrival": write_arrival(record.arrival),
        "trace": record.trace,
    }


def read_message(row: Row) -> MessageRecord:
    """Read a message from the columns of its table."""
    return MessageRecord(
        sequence=row["sequence"],
        message_id=UUID(int=row["message_id"].int),
        direction=Direction(row["direction"]),
        account=row["account"],
        provider=row["provider"],
        conversation_id=row["conversation_id"],
        person=Address(row["person_scheme"], row["person_value"]),
        content=read_content(row["content"]),
        status=DeliveryStatus(row["status"]),
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        provider_message_id=row["provider_message_id"],
        reply_to=row["reply_to"],
        error=read_error(row["error"]),
        attempts=row["attempts"],
        expires_at=moment_or_none(row["expires_at"]),
        send_at=moment_or_none(row["send_at"]),
        priority=Priority(row["priority"]),
        on_unknown=UnknownPolicy(row["on_unknown"]) if row["on_unknown"] else None,
        closed_at=moment_or_none(row["closed_at"]),
        handovers=row["handovers"],
        replayed_attempts=row["replayed_attempts"],
        life_began_at=moment_or_none(row["life_began_at"]),
        raw=read_json(row["raw"]),
        warnings=read_warnings(row["warnings"]),
        extra=read_json(row["extra"]) or {},
        arrival=read_arrival(row["arrival"]),
        trace=row["trace"],
    )


def read_asked(record: MessageRecord, extra: str | None, max_attempts: int | None) -> Message:
    """Put together what an application asked to send."""
    return asked_of(record, read_json(extra) or {}, max_attempts)


def write_attempt(sequence: int, row: AttemptRow) -> dict[str, Any]:
    """Write an attempt."""
    attempt = row.record
    return {
        "sequence": sequence,
        "number": attempt.number,
        "started_at": micros(attempt.started_at),
        "finished_at": micros_or_none(attempt.finished_at),
        "status": attempt.status.value,
        "phase": attempt.phase.value if attempt.phase else None,
        "provider_message_id": text_or_none(attempt.provider_message_id),
        "error": write_error(attempt.error),
        "detail": json_text(attempt.detail),
        "uses_attempt": row.uses_attempt,
        "reported": row.reported,
        "echoed_at": micros_or_none(attempt.echoed_at),
    }


def read_attempt(row: Row, prefix: str = "") -> AttemptRow:
    """Read an attempt; `prefix` is what its columns were renamed with."""
    phase = row[f"{prefix}phase"]
    record = AttemptRecord(
        number=row[f"{prefix}number"],
        started_at=moment(row[f"{prefix}started_at"]),
        finished_at=moment_or_none(row[f"{prefix}finished_at"]),
        status=DeliveryStatus(row[f"{prefix}status"]),
        phase=Phase(phase) if phase else None,
        provider_message_id=row[f"{prefix}provider_message_id"],
        error=read_error(row[f"{prefix}error"]),
        detail=read_json(row[f"{prefix}detail"]),
        echoed_at=moment_or_none(row[f"{prefix}echoed_at"]),
    )
    return AttemptRow(
        record, uses_attempt=row[f"{prefix}uses_attempt"], reported=row[f"{prefix}reported"]
    )


def read_conversation(row: Row, prefix: str = "") -> ConversationRecord:
    """Read a thread; `prefix` is what its columns were renamed with."""
    return ConversationRecord(
        conversation_id=row[f"{prefix}conversation_id"],
        account=row["account"],
        provider=row[f"{prefix}provider"],
        person=Address(row[f"{prefix}person_scheme"], row[f"{prefix}person_value"]),
        messages=row[f"{prefix}messages"],
        last_message_id=UUID(int=row[f"{prefix}last_message_id"].int),
        updated_at=moment(row[f"{prefix}updated_at"]),
        last_inbound_at=moment_or_none(row[f"{prefix}last_inbound_at"]),
        person_name=row[f"{prefix}person_name"],
        refused_at=moment_or_none(row[f"{prefix}refused_at"]),
        first_sequence=row[f"{prefix}first_sequence"],
        last_sequence=row[f"{prefix}last_sequence"],
        joined_to=row[f"{prefix}joined_to"],
    )


def read_lane(row: Row) -> LaneState:
    """Read how a lane is."""
    began_at = row["pace_began_at"]
    return LaneState(
        due_at=moment_or_none(row["due_at"]),
        lease=None if row["token"] is None else Lease(row["token"], row["worker"]),
        bulk=row["bulk"],
        pace=None if began_at is None else Pace(moment(began_at), row["pace_sent"]),
        throttles=row["throttles"],
    )


def read_account(row: Row) -> AccountState:
    """Read what stands between an account and its next message."""
    return AccountState(
        full_at=moment_or_none(row["full_at"]),
        blocked_until=moment_or_none(row["blocked_until"]),
        paused_at=moment_or_none(row["paused_at"]),
        pause_error=read_error(row["pause_error"]),
        fingerprint=row["fingerprint"],
        health_json=row["health_json"],
    )


def read_doubt(row: Row, prefix: str = "") -> DoubtRecord:
    """Read a doubt; `prefix` is what its columns were renamed with."""
    return DoubtRecord(
        attempt=row[f"{prefix}attempt"],
        began_at=moment(row[f"{prefix}began_at"]),
        policy=UnknownPolicy(row[f"{prefix}policy"]),
        look_at=moment_or_none(row[f"{prefix}look_at"]),
        held_for=row[f"{prefix}held_for"],
    )
