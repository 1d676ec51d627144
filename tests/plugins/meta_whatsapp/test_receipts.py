"""What a 2xx answer means: acceptance, whatever the body looks like."""

from __future__ import annotations

import json
from typing import Any

import pytest

import relevo
from relevo_meta_whatsapp.api import Answer, read_receipt

TO = relevo.Address("tel", "+54 11 3094-6950")


def answer(**contact: str) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": "541130946950", **contact}],
        "messages": [{"id": "wamid.DEMO2"}],
    }


def receipt(document: Any, to: relevo.Address = TO, asked: str = "541130946950") -> relevo.Receipt:
    return read_receipt(to, asked, json.dumps(document).encode())


def test_receipt_carries_the_wamid_and_metas_json_whole() -> None:
    got = receipt(answer(wa_id="541130946950"))
    assert got == relevo.Receipt("wamid.DEMO2", answer(wa_id="541130946950"))


def test_receipt_names_the_person_where_whatsapp_spells_the_number_otherwise() -> None:
    assert receipt(answer(wa_id="5491130946950")).recipient == relevo.Address(
        "tel", "5491130946950"
    )


def test_receipt_names_the_person_by_user_id_where_there_is_no_number() -> None:
    assert receipt(answer(user_id="ES.1")).recipient == relevo.Address("wa_user", "ES.1")
    same = relevo.Address("wa_user", "ES.1")
    assert receipt(answer(user_id="ES.1"), same, "ES.1").recipient is None


@pytest.mark.parametrize(
    ("to", "asked", "told", "recipient", "aliases"),
    [
        ("tel:541130946950", "541130946950", {"wa_id": "541130946950"}, None, ()),
        (
            "tel:541130946950",
            "541130946950",
            {"wa_id": "5491130946950", "user_id": "AR.1"},
            "tel:5491130946950",
            ("wa_user:AR.1",),
        ),
        (
            "tel:541130946950",
            "541130946950",
            {"wa_id": "541130946950", "user_id": "AR.1"},
            None,
            ("wa_user:AR.1",),
        ),
        (
            "wa_user:AR.1",
            "AR.1",
            {"user_id": "AR.1", "wa_id": "5491130946950"},
            None,
            ("tel:5491130946950",),
        ),
        ("wa_user:AR.1", "AR.1", {"wa_id": "5491130946950"}, "tel:5491130946950", ()),
        ("wa_group:GRP==", "GRP==", {}, None, ()),
    ],
)
def test_receipt_names_the_person_in_every_way_the_answer_does(
    to: str, asked: str, told: dict[str, str], recipient: str | None, aliases: tuple[str, ...]
) -> None:
    got = receipt(answer(**told), relevo.Address.parse(to), asked)
    assert (got.recipient and got.recipient.uri()) == recipient
    assert tuple(alias.uri() for alias in got.recipient_aliases) == aliases


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"messages":[{"id":"wam', b"\xff", b"[" * 100_000, b"NaN"],
)
def test_an_answer_that_cannot_be_read_is_acceptance_with_the_id_pending(body: bytes) -> None:
    assert read_receipt(TO, "541130946950", body) == relevo.Receipt(None)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        7,
        {"messages": []},
        {"messages": {}},
        {"messages": ["x"]},
        {"messages": [{}]},
        {"messages": [{"id": 7}]},
        {"messages": [{"id": ""}]},
        {"success": True},
        {"messages": None, "contacts": [{"wa_id": 7, "user_id": "x" * 300}]},
    ],
)
def test_an_answer_without_an_id_is_acceptance_with_the_id_pending(document: Any) -> None:
    got = receipt(document)
    assert (got.provider_message_id, got.raw, got.recipient) == (None, document, None)


@pytest.mark.parametrize(
    ("status", "taken"), [(199, False), (200, True), (201, True), (299, True), (300, False)]
)
def test_any_2xx_is_taken(status: int, taken: bool) -> None:  # noqa: FBT001 - a table
    assert Answer(status, b"").taken is taken
