"""Keys and tickets: what they are made of, and how one that is shown is known again."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from relevo import KeyRecord, Scope, TicketRecord
from relevo.keys import (
    BOOTSTRAP_ID,
    bootstrap_record,
    is_sealed,
    make_key,
    make_ticket,
    matches,
    parse_key_id,
    ticket_digest,
    usable,
)
from relevo.redaction import hide_keys

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SEAL = SecretStr("the seal of a store")


def _key(**more: Any) -> tuple[str, KeyRecord]:
    secret, record = make_key(name="crm", scopes=[Scope.SEND], now=NOW, **more)
    return secret.get_secret_value(), record


def _ticket() -> tuple[str, TicketRecord]:
    secret, record = make_ticket(SEAL, now=NOW, life_s=60, key_id="abc", accounts=["shop"])
    return secret.get_secret_value(), record


def test_key_shows_its_id_and_keeps_only_a_digest_of_itself() -> None:
    text, record = _key()
    assert text.startswith(f"rlv_{record.key_id}_")
    assert len(text) == len("rlv_") + 12 + 1 + 43
    assert record.digest == hashlib.sha256(text.encode()).hexdigest()
    secret = text.split("_", 2)[2]
    assert secret not in repr(record)
    assert record.digest not in repr(record)


def test_no_two_keys_are_alike() -> None:
    made = [_key() for _ in range(100)]
    assert len({text for text, _ in made}) == len({one.key_id for _, one in made}) == 100


def test_key_is_known_again_and_no_other_is() -> None:
    (text, record), (other, _) = _key(), _key()
    assert matches(text, record)
    assert not matches(other, record)
    assert not matches(text[:-1], record)
    assert not matches(record.digest, record)


def test_id_is_read_of_keys_only() -> None:
    for _ in range(50):  # a secret may hold underscores and dashes
        text, record = _key()
        assert parse_key_id(text) == record.key_id
    for wrong in (text[:-1], text + "x", text.upper(), f" {text}", text + "\n", _ticket()[0], ""):
        assert parse_key_id(wrong) is None


@given(st.text(st.characters(exclude_categories=())))
def test_anything_can_be_shown(text: str) -> None:
    """Also what no header should hold, such as half a surrogate pair."""
    assert parse_key_id(text) is None
    assert not matches(text, _KNOWN)


_KNOWN = _key()[1]


@pytest.mark.parametrize(
    ("more", "at", "opens"),
    [
        ({}, NOW + 10_000 * DAY, True),
        ({"expires_at": NOW + DAY}, NOW + DAY - timedelta(microseconds=1), True),
        ({"expires_at": NOW + DAY}, NOW + DAY, False),
    ],
)
def test_key_opens_until_its_end(*, more: dict[str, Any], at: datetime, opens: bool) -> None:
    assert usable(_key(**more)[1], at) is opens


def test_revoked_key_opens_nothing() -> None:
    _, record = _key()
    revoked = KeyRecord(
        record.key_id, record.name, record.digest, record.scopes, NOW, revoked_at=NOW + DAY
    )
    assert not usable(revoked, NOW)


def test_no_account_is_not_every_account() -> None:
    assert _key()[1].accounts is None
    assert _key(accounts=[])[1].accounts == frozenset()


def test_ticket_is_found_by_its_digest_and_ends_after_its_life() -> None:
    text, record = _ticket()
    assert text.startswith("rlt_")
    assert len(text) == len("rlt_") + 43
    assert ticket_digest(text) == record.digest
    assert record.expires_at == NOW + timedelta(seconds=60)
    assert record.digest not in repr(record)


def test_ticket_is_told_from_one_that_is_made_up_by_its_seal() -> None:
    text, _ = _ticket()
    assert is_sealed(text, SEAL)
    assert not is_sealed(text, SecretStr("another store's"))
    changed = text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:]
    for shown in (changed, text[:-1], text + "A", f"x{text}", "rlt_" + "x" * 43, "", "rlt_ñ"):
        assert not is_sealed(shown, SEAL), shown


def test_bootstrap_key_may_do_everything_and_is_no_made_key() -> None:
    record = bootstrap_record(SecretStr("a long secret of a container"), NOW)
    assert record.key_id == BOOTSTRAP_ID
    assert (record.scopes, record.accounts) == (frozenset(Scope), None)
    assert matches("a long secret of a container", record)
    assert not matches("another long secret", record)
    assert parse_key_id(f"rlv_{BOOTSTRAP_ID}_{'x' * 43}") is None


def test_what_opens_the_door_is_hidden_in_any_text() -> None:
    (key, record), (ticket, _) = _key(), _ticket()
    line = f"GET /events?ticket={ticket}&x=1 Bearer {key} {ticket}."
    hidden = hide_keys(line)
    assert key not in hidden
    assert key.split("_", 2)[2] not in hidden
    assert ticket not in hidden
    assert record.key_id in hidden
