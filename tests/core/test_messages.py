from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import relevo
from relevo.messages import new_message_id

CANARY = "541130946950"


def test_message_id_is_a_uuid7_and_sorts_by_time() -> None:
    ids = [new_message_id() for _ in range(50)]
    assert {one.version for one in ids} == {7}
    assert {one.variant for one in ids} == {"specified in RFC 4122"}
    assert len(set(ids)) == 50


def test_short_text_is_a_text_content() -> None:
    message = relevo.Message(to=CANARY, text="hola")
    assert message.content == relevo.TextContent(body="hola")
    assert message.to == relevo.Address("tel", CANARY)
    assert message.text == "hola"


def test_message_survives_json_whole() -> None:
    message = relevo.Message(
        to="tel:+54 11",
        content=relevo.TemplateContent(name="hi", language="es_AR", parameters=("Ana",)),
        extra={"a": {"b": [1, None]}},
    )
    assert relevo.Message.model_validate_json(message.model_dump_json()) == message


def test_text_of_a_template_is_refused_by_name() -> None:
    message = relevo.Message(to="1", content=relevo.TemplateContent(name="hi", language="es"))
    with pytest.raises(relevo.UnsupportedContent, match="carries template, not text"):
        _ = message.text


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"to": CANARY}, "content"),
        ({"text": "hola"}, "to"),
        ({"to": CANARY, "text": ""}, "content.text.body"),
        ({"to": CANARY, "text": " \n"}, "content.text.body"),
        ({"to": CANARY, "text": 7}, "content.text.body"),
        ({"to": CANARY, "content": {"type": "smoke"}}, "content"),
        ({"to": CANARY, "content": {"type": "other", "kind": "x"}}, "content"),
        ({"to": 5, "text": "hola"}, "to"),
        ({"to": {"scheme": "UP", "value": CANARY}, "text": "hola"}, "to.scheme"),
        ({"to": CANARY, "text": "hola", "max_attempts": 0}, "max_attempts"),
        ({"to": CANARY, "text": "hola", "expires_at": "2026-01-01T00:00:00"}, "expires_at"),
        ({"to": CANARY, "text": "hola", "surprise": 1}, "surprise"),
    ],
)
def test_bad_message_names_the_field_and_hides_the_value(
    data: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        relevo.Message.model_validate(data)
    places = {".".join(str(part) for part in error["loc"]) for error in caught.value.errors()}
    assert field in places
    assert CANARY not in str(caught.value)


def test_text_and_content_together_are_refused() -> None:
    with pytest.raises(ValidationError, match="either text or content"):
        relevo.Message.model_validate({"to": "1", "text": "a", "content": {"type": "text"}})


@pytest.mark.parametrize(
    "shown",
    [
        relevo.Message(to=CANARY, text=f"call {CANARY}"),
        relevo.Address("tel", CANARY),
        relevo.InboundMessage(relevo.Address("tel", CANARY), CANARY, {"from": CANARY}),
        relevo.StatusUpdate(
            "id",
            relevo.DeliveryStatus.SENT,
            {"recipient_id": CANARY},
            recipient=relevo.Address("tel", CANARY),
        ),
        relevo.Receipt("id", {"wa_id": CANARY}, relevo.Address("tel", CANARY)),
        relevo.WebhookRequest("POST", "/", CANARY.encode(), {"x": CANARY}, {"q": CANARY}),
        relevo.WebhookItem("key", {"from": CANARY}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_addresses_and_words_stay_out_of_repr_and_str(shown: object) -> None:
    assert CANARY not in repr(shown) + str(shown) + f"{shown}"


@pytest.mark.parametrize(
    ("text", "scheme", "value"),
    [
        ("541130946950", "tel", "541130946950"),
        ("+54 11 3094-6950", "tel", "+54 11 3094-6950"),
        ("tel:+54", "tel", "+54"),
        ("wa_user:ES.7Hq2", "wa_user", "ES.7Hq2"),
        ("mailto:ana@example.com", "mailto", "ana@example.com"),
    ],
)
def test_address_reads_scheme_and_value(text: str, scheme: str, value: str) -> None:
    assert relevo.Address.parse(text) == relevo.Address(scheme, value)


def test_echo_id_carries_message_and_attempt() -> None:
    message = relevo.Message(to="1", text="a").for_attempt(3)
    assert message.echo_id == f"{message.message_id}.3"
    assert relevo.parse_echo_id(message.echo_id) == (message.message_id, 3)
    assert "attempt" not in json.loads(message.model_dump_json())


@given(st.text())
def test_foreign_callback_data_is_no_echo(text: str) -> None:
    assert relevo.parse_echo_id(text) is None


@pytest.mark.parametrize("told", [None, 7, {"id": "1"}], ids=["nothing", "number", "object"])
def test_what_a_vendor_gives_back_instead_of_text_is_no_echo(told: object) -> None:
    assert relevo.parse_echo_id(told) is None


@given(st.uuids(), st.integers(min_value=1, max_value=99))
def test_echo_id_reads_back(message_id: UUID, attempt: int) -> None:
    assert relevo.parse_echo_id(f"{message_id}.{attempt}") == (message_id, attempt)


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
@pytest.mark.parametrize("name", ["expires_at", "send_at"])
def test_moment_beyond_the_calendar_is_refused(name: str, moment: str) -> None:
    times: dict[str, Any] = {name: datetime.fromisoformat(moment)}
    with pytest.raises(ValidationError, match="beyond the calendar"):
        relevo.Message(to=CANARY, text="hola", **times)


def test_moments_are_kept_in_utc() -> None:
    at = datetime.fromisoformat("2026-11-22T10:00:00-03:00")
    message = relevo.Message(to=CANARY, text="hola", send_at=at, expires_at=at)
    assert message.send_at == at
    assert message.model_dump(mode="json")["expires_at"] == "2026-11-22T13:00:00Z"
