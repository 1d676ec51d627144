"""Between rows of `api_key` and `ticket` and their records; every SQL engine writes them alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from relevo.engines.json_text import json_text, parse_json, plain_text
from relevo.engines.records import KeyRecord, Scope, TicketRecord
from relevo.engines.values import micros, micros_or_none, moment, moment_or_none

KEY_COLUMNS: Final = (
    "key_id", "name", "digest", "scopes", "accounts", "rate", "created_at", "expires_at",
    "revoked_at", "last_used_at",
)  # fmt: skip
TICKET_COLUMNS: Final = ("digest", "key_id", "accounts", "filters", "created_at", "expires_at")


def write_key(key: KeyRecord) -> tuple[Any, ...]:
    """Write a key, in the order of `KEY_COLUMNS`."""
    return (
        key.key_id,
        plain_text(key.name),
        key.digest,
        json_text(sorted(key.scopes)),
        _write_names(key.accounts),
        key.rate,
        micros(key.created_at),
        micros_or_none(key.expires_at),
        micros_or_none(key.revoked_at),
        micros_or_none(key.last_used_at),
    )


def read_key(row: Sequence[Any]) -> KeyRecord:
    """Read a key from `KEY_COLUMNS`."""
    columns = dict(zip(KEY_COLUMNS, row, strict=True))
    return KeyRecord(
        **columns
        | {
            "scopes": frozenset(map(Scope, parse_json(columns["scopes"]))),
            "accounts": _read_names(columns["accounts"]),
            "created_at": moment(columns["created_at"]),
            "expires_at": moment_or_none(columns["expires_at"]),
            "revoked_at": moment_or_none(columns["revoked_at"]),
            "last_used_at": moment_or_none(columns["last_used_at"]),
        }
    )


def write_ticket(ticket: TicketRecord) -> tuple[Any, ...]:
    """Write a ticket, in the order of `TICKET_COLUMNS`."""
    return (
        ticket.digest,
        ticket.key_id,
        _write_names(ticket.accounts),
        json_text(dict(ticket.filters)),
        micros(ticket.created_at),
        micros(ticket.expires_at),
    )


def read_ticket(row: Sequence[Any]) -> TicketRecord:
    """Read a ticket from `TICKET_COLUMNS`."""
    columns = dict(zip(TICKET_COLUMNS, row, strict=True))
    return TicketRecord(
        **columns
        | {
            "accounts": _read_names(columns["accounts"]),
            "filters": parse_json(columns["filters"]),
            "created_at": moment(columns["created_at"]),
            "expires_at": moment(columns["expires_at"]),
        }
    )


def _write_names(names: frozenset[str] | None) -> str | None:
    return None if names is None else json_text(sorted(names))


def _read_names(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(parse_json(text))
