"""Between columns and the values engines hand out: what every SQL engine writes alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import JsonValue, TypeAdapter

from relevo.contents import INBOUND_ONLY, AnyKind
from relevo.engines.json_text import json_text, parse_json
from relevo.engines.outcomes import error_json, warnings_json
from relevo.engines.records import Arrival, MessageRecord, SendWarning
from relevo.events import ErrorDetail
from relevo.messages import Address, Message

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ERROR = TypeAdapter(ErrorDetail)
_CONTENT: TypeAdapter[AnyKind] = TypeAdapter(AnyKind)


def micros(moment: datetime) -> int:
    """Write a moment."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Read a moment."""
    return _EPOCH + timedelta(microseconds=value)


def micros_or_none(moment: datetime | None) -> int | None:
    """Write a moment that may be missing."""
    return None if moment is None else micros(moment)


def moment_or_none(value: int | None) -> datetime | None:
    """Read a moment that may be missing."""
    return None if value is None else moment(value)


def write_json(value: object) -> str | None:
    """Write a JSON value; null is no value."""
    return None if value is None else json_text(value)


def read_json(text: str | None) -> Any:
    """Read a JSON value; no value is null."""
    return None if text is None else parse_json(text)


def write_error(error: ErrorDetail | None) -> str | None:
    """Write an error."""
    return None if error is None else json_text(error_json(error))


def read_error(text: str | None) -> ErrorDetail | None:
    """Read an error."""
    return None if text is None else _ERROR.validate_python(parse_json(text))


def write_warnings(warnings: tuple[SendWarning, ...]) -> str | None:
    """Write what spoke against a message."""
    return json_text(warnings_json(warnings)) if warnings else None


def read_warnings(text: str | None) -> tuple[SendWarning, ...]:
    """Read what spoke against a message."""
    return tuple(SendWarning(**one) for one in parse_json(text)) if text else ()


def write_arrival(arrival: Arrival | None) -> str | None:
    """Write how an inbound message came; only what is not as usual."""
    if arrival is None:
        return None
    told: dict[str, JsonValue] = {
        "live": None if arrival.live else False,
        "from_us": arrival.from_us or None,
        "forwarded": arrival.forwarded or None,
        "occurred_at": micros_or_none(arrival.occurred_at),
        "author": arrival.author.uri() if arrival.author else None,
        "referral": arrival.referral,
    }
    return json_text({name: value for name, value in told.items() if value is not None})


def read_arrival(text: str | None) -> Arrival | None:
    """Read how an inbound message came."""
    if text is None:
        return None
    told = parse_json(text)
    author = told.get("author")
    return Arrival(
        **told
        | {
            "occurred_at": moment_or_none(told.get("occurred_at")),
            "author": Address.parse(author) if author else None,
        }
    )


def write_content(content: AnyKind) -> str:
    """Write what a message says."""
    return json_text(content.model_dump(mode="json"))


def read_content(text: str) -> AnyKind:
    """Read what a message says."""
    return _CONTENT.validate_json(text)


def asked_of(record: MessageRecord, extra: dict[str, Any], max_attempts: int | None) -> Message:
    """Put together what an application asked to send.

    Raises:
        TypeError: The message came from a person.
    """
    content = record.content
    if isinstance(content, INBOUND_ONLY):
        msg = f"Message {record.message_id} carries what only people can send."
        raise TypeError(msg)
    # Every part was checked when the message came in; checking again would cost each claim.
    return Message.model_construct(
        message_id=record.message_id,
        account=record.account,
        to=record.person,
        content=content,
        reply_to=record.reply_to,
        extra=extra,
        expires_at=record.expires_at,
        max_attempts=max_attempts,
        send_at=record.send_at,
        priority=record.priority,
        on_unknown=record.on_unknown,
        trace=record.trace,
    )
