"""What engines say alike: the data of events, and the words of errors.

Every engine writes events through these functions, so an event looks the same
wherever it was kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from relevo.engines.records import (
    Direction,
    DiscardedItem,
    ItemFault,
    ItemState,
    MediaRecord,
    MessageRecord,
    QuarantinedItem,
    SendWarning,
)
from relevo.errors import UnknownConversation, UnknownMedia, UnknownMessage, UnknownWebhook
from relevo.events import (
    AccountUpdate,
    DeliveryStatus,
    ErrorDetail,
    Event,
    EventType,
    InboundMessage,
    PersonUpdate,
    StatusUpdate,
)
from relevo.messages import Address

TRACEPARENT = "traceparent"
"""Where an event's data keeps the trace of its message; the envelope tells it beside them."""
_ERROR = TypeAdapter(ErrorDetail)
_RELEVO = "/relevo"
_SOURCE = f"{_RELEVO}/accounts/"
_PERSON_KEYS = {Direction.OUT: ("to", "to_scheme"), Direction.IN: ("sender", "sender_scheme")}


def unknown_message(message_id: UUID) -> UnknownMessage:
    """Make the error for an id nobody knows."""
    return UnknownMessage(f"No message {message_id} is known here; check the id.")


def unknown_conversation(conversation_id: str) -> UnknownConversation:
    """Make the error for a thread nobody knows."""
    return UnknownConversation(f"No conversation {conversation_id} is known here; check the id.")


def unknown_webhook(webhook_id: int) -> UnknownWebhook:
    """Make the error for a webhook nobody knows, or knows any more."""
    return UnknownWebhook(f"No webhook {webhook_id} is kept here, or no longer; check the id.")


def unknown_media(media_id: UUID) -> UnknownMedia:
    """Make the error for a file nobody knows."""
    return UnknownMedia(f"No file {media_id} is known here; check the id.")


def make_event(
    epoch: str,
    position: int,
    kind: EventType,
    *,
    account: str,
    subject: str | None,
    time: datetime,
    data: dict[str, Any],
) -> Event:
    """Put an event into its envelope; its trace is kept with the data, and told beside it."""
    return Event(
        id=f"{epoch}.{position}",
        source=f"{_SOURCE}{account}" if account else _RELEVO,
        type=kind,
        time=time,
        subject=subject,
        position=position,
        traceparent=data.pop(TRACEPARENT, None),
        data=data,
    )


def conversation_of(data: Mapping[str, Any], about: MessageRecord | None) -> str | None:
    """Tell which thread an event belongs to: its message's, or the one that its data name."""
    return about.conversation_id if about else data.get("conversation_id")


def account_of(event: Event) -> str:
    """Tell which account an event is about."""
    return event.source.removeprefix(_SOURCE) if event.source != _RELEVO else ""


def make_gap(epoch: str, after: int, floor: int, *, time: datetime) -> Event:
    """Tell a reader that what lay between its position and `floor` is no longer kept."""
    return make_event(
        epoch,
        floor,
        EventType.GAP,
        account="",
        subject=None,
        time=time,
        data={"from": after + 1, "to": floor, "reason": "purged"},
    )


def error_json(error: ErrorDetail) -> dict[str, JsonValue]:
    """Write an error as events and rows show it, without empty fields."""
    written: dict[str, JsonValue] = _ERROR.dump_python(error, mode="json", exclude_none=True)
    return written


def warnings_json(warnings: Sequence[SendWarning]) -> list[JsonValue] | None:
    """Write what spoke against a message; null for nothing."""
    return [asdict(warning) for warning in warnings] or None


def message_data(record: MessageRecord, **more: JsonValue) -> dict[str, JsonValue]:
    """Write what every event about a message names, then what is new about it.

    `message_status` is where the message stands after the event, whatever its news say.
    """
    person, scheme = _PERSON_KEYS[record.direction]
    data: dict[str, JsonValue] = {
        "message_id": str(record.message_id),
        "account": record.account,
        "provider": record.provider,
        "conversation_id": record.conversation_id,
        "direction": record.direction.value,
        "status": record.status.value,
        "message_status": record.status.value,
        person: record.person.value,
        scheme: record.person.scheme,
        "content": record.content.model_dump(mode="json"),
    }
    if record.provider_message_id is not None:
        data["provider_message_id"] = record.provider_message_id
    if record.reply_to is not None:
        data["reply_to"] = record.reply_to
    if record.extra:
        data["extra"] = record.extra
    if record.status is DeliveryStatus.SCHEDULED and record.send_at is not None:
        data["send_at"] = record.send_at.isoformat()
    if record.handovers > 1:
        data["handovers"] = record.handovers
    if record.trace is not None:
        data[TRACEPARENT] = record.trace
    data |= {key: value for key, value in more.items() if value is not None}
    return data


def status_data(
    record: MessageRecord, update: StatusUpdate, before: DeliveryStatus
) -> dict[str, JsonValue]:
    """Write a provider's later news; `record` is the message after it.

    `status` is what the provider said now (null for a word we do not know),
    `moved` whether the message moved by it.
    """
    data = message_data(record)
    del data["content"]
    return data | {
        "status": update.status.value if update.status else None,
        "moved": record.status is not before,
        "provider_message_id": update.provider_message_id,
        **({"attempt": update.attempt} if update.attempt is not None else {}),
        **({"error": error_json(update.error)} if update.error else {}),
        **({"occurred_at": update.occurred_at.isoformat()} if update.occurred_at else {}),
        "raw": update.raw,
    }


def inbound_data(record: MessageRecord, inbound: InboundMessage) -> dict[str, JsonValue]:
    """Write what a person sent us, or what we sent them from elsewhere (`from_us`)."""
    flags = {"from_us": inbound.from_us, "forwarded": inbound.forwarded}
    return message_data(
        record,
        live=inbound.live,
        sender_name=inbound.sender_name,
        occurred_at=inbound.occurred_at.isoformat() if inbound.occurred_at else None,
        aliases=_uris(inbound.aliases),
        author=inbound.author.uri() if inbound.author else None,
        **{flag: True for flag, is_set in flags.items() if is_set},
        referral=inbound.referral,
        errors=[error_json(error) for error in inbound.errors] or None,
        raw=inbound.raw,
    )


def media_data(media: MediaRecord) -> dict[str, JsonValue]:
    """Write a file as events and rows show it, without empty fields."""
    written: dict[str, JsonValue] = {
        "id": str(media.media_id),
        "state": media.state.value,
        "mime_type": media.mime_type,
        "filename": media.filename,
        "size": media.size,
        "sha256": media.sha256,
        "attempts": media.attempts or None,
        "error": error_json(media.error) if media.error else None,
    }
    return {key: value for key, value in written.items() if value is not None}


def media_told(record: MessageRecord, media: MediaRecord) -> dict[str, JsonValue]:
    """Write that the file of a message is here, or will not come; the message stays as it is."""
    data = message_data(record)
    del data["content"]
    return data | {"moved": False, "media": media_data(media)}


def _uris(addresses: Sequence[Address]) -> list[JsonValue] | None:
    return [address.uri() for address in addresses] or None


def person_data(account: str, provider: str, update: PersonUpdate) -> dict[str, JsonValue]:
    """Write news about a person."""
    told: dict[str, JsonValue] = {
        "account": account,
        "provider": provider,
        "kind": update.kind,
        "to": update.person.value,
        "to_scheme": update.person.scheme,
        "aliases": _uris(update.aliases),
        "category": update.category,
        "allowed": update.allowed,
        "occurred_at": update.occurred_at.isoformat() if update.occurred_at else None,
    }
    return {key: value for key, value in told.items() if value is not None} | {"raw": update.raw}


def account_data(account: str, provider: str, update: AccountUpdate) -> dict[str, JsonValue]:
    """Write news about an account."""
    return {
        "account": account,
        "provider": provider,
        "kind": update.kind,
        **({"occurred_at": update.occurred_at.isoformat()} if update.occurred_at else {}),
        "raw": update.raw,
    }


def halted_data(
    account: str, kind: str, *, why: str | None = None, **more: JsonValue
) -> dict[str, JsonValue]:
    """Write that an account's messages stop leaving, or go on: `paused`, `blocked`, `resumed`."""
    told: dict[str, JsonValue] = {"account": account, "kind": kind, "why": why, **more}
    return {key: value for key, value in told.items() if value is not None}


def aged_data(account: str, update: StatusUpdate) -> dict[str, JsonValue]:
    """Write a status whose message nobody ever named."""
    told: dict[str, JsonValue] = {
        "account": account,
        "status": update.status.value if update.status else None,
        "provider_message_id": update.provider_message_id,
        "raw": update.raw,
    }
    if update.error:
        told["error"] = error_json(update.error)
    if update.occurred_at:
        told["occurred_at"] = update.occurred_at.isoformat()
    return told


def quarantine_data(
    account: str, provider: str, *, webhook_id: int, key: str, fault: ItemFault
) -> dict[str, JsonValue]:
    """Write that a webhook item was set aside; its words stay with the item."""
    return {
        "account": account,
        "provider": provider,
        "webhook_id": webhook_id,
        "key": key,
        "state": ItemState.QUARANTINED.value,
        "error": {"code": fault.code, "message": fault.message},
    }


def discarded(item: QuarantinedItem) -> DiscardedItem:
    """Say which item was given up, without its words."""
    return DiscardedItem(item.account, item.key, item.webhook_id, item.fault)


def discard_data(item: DiscardedItem, provider: str | None) -> dict[str, JsonValue]:
    """Write that a webhook item will not be tried any more, and why it was set aside."""
    return {
        "account": item.account,
        **({"provider": provider} if provider is not None else {}),
        "webhook_id": item.webhook_id,
        "key": item.key,
        "state": ItemState.DISCARDED.value,
        "error": {"code": item.fault.code, "message": item.fault.message},
    }
