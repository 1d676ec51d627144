"""Every message in `fixtures/sends` becomes exactly the JSON beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo_meta_whatsapp.payloads import build_payload, encode, merge

FOLDER = Path(__file__).parent / "fixtures" / "sends"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_message_becomes_what_stands_beside_it(path: Path) -> None:
    fixture = json.loads(path.read_bytes())
    message = relevo.Message.model_validate(fixture["message"])
    assert build_payload("shop", message) == fixture["payload"]


def test_to_keeps_the_spelling_it_was_given() -> None:
    """National rules choose lanes; they never rewrite what goes on the wire."""
    for spelling in ("541130946950", "5491130946950"):
        assert build_payload("shop", relevo.Message(to=spelling, text="x"))["to"] == spelling


def test_an_attempt_carries_its_own_echo() -> None:
    message = relevo.Message(to="34600111222", text="x")
    assert build_payload("shop", message)["biz_opaque_callback_data"] == f"{message.message_id}.1"


@pytest.mark.parametrize("body", ["a" * 4096, "\U0001f600" * 4096])
def test_a_text_at_the_limit_passes(body: str) -> None:
    payload = build_payload("shop", relevo.Message(to="34600111222", text=body))
    assert payload["text"] == {"body": body}


def test_a_text_over_the_limit_is_refused_here_and_the_field_is_named() -> None:
    message = relevo.Message(to="34600111222", text="a" * 4097)
    with pytest.raises(relevo.Rejected, match=r"text\.body has 4097 characters") as caught:
        build_payload("shop", message)
    assert "34600111222" not in caught.value.message


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(relevo.Rejected, match="scheme 'mailto'"):
        build_payload("shop", relevo.Message(to="mailto:a@b.example", text="x"))


def test_extra_that_json_cannot_express_is_refused() -> None:
    message = relevo.Message(to="34600111222", text="x", extra={"a": [float("nan")]})
    with pytest.raises(relevo.Rejected, match="NaN"):
        encode("shop", build_payload("shop", message))


@given(st.text(min_size=1).filter(str.strip))
def test_any_text_survives_the_wire(body: str) -> None:
    payload = build_payload("shop", relevo.Message(to="34600111222", text=body[:4096]))
    assert json.loads(encode("shop", payload)) == payload


@pytest.mark.parametrize(
    ("ours", "extra", "merged"),
    [
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3, "d": 4}}, {"a": {"b": 1, "c": 3, "d": 4}}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": {"b": 1}}, {"a": [1]}, {"a": [1]}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
    ],
)
def test_extra_is_merged_object_into_object(
    ours: dict[str, Any], extra: dict[str, Any], merged: dict[str, Any]
) -> None:
    before = json.dumps(ours)
    assert merge(ours, extra) == merged
    assert json.dumps(ours) == before
