"""Every message in `fixtures/sends` becomes exactly the JSON beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo.capabilities import CONTENT_CAPABILITY
from relevo_meta_whatsapp import MetaWhatsApp
from relevo_meta_whatsapp.native import NATIVE_CONTENTS
from relevo_meta_whatsapp.payloads import build_payload, encode, merge, wire_kind

FOLDER = Path(__file__).parent / "fixtures" / "sends"
FIXTURES = sorted(FOLDER.glob("*.json"))


def message_of(path: Path, provider: MetaWhatsApp) -> relevo.Message:
    """Read a message as a store gives it back, its native content made typed again."""
    message = relevo.Message.model_validate(json.loads(path.read_bytes())["message"])
    if not isinstance(message.content, relevo.NativeContent):
        return message
    return message.model_copy(update={"content": provider.native(message.content)})


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_message_becomes_what_stands_beside_it(path: Path, provider: MetaWhatsApp) -> None:
    payload = build_payload("shop", message_of(path, provider))
    assert payload == json.loads(path.read_bytes())["payload"]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_message_of_a_fixture_is_one_that_is_taken(path: Path, provider: MetaWhatsApp) -> None:
    provider.check_message(message_of(path, provider))


def test_every_kind_that_is_claimed_has_a_fixture(provider: MetaWhatsApp) -> None:
    kinds = {message_of(path, provider).content.type for path in FIXTURES}
    common = {kind for kind, claim in CONTENT_CAPABILITY.items() if claim in provider.capabilities}
    assert (common - {"native"}) | set(NATIVE_CONTENTS) == kinds


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_object_beside_the_type_is_the_one_a_kind_names(path: Path, provider: MetaWhatsApp) -> None:
    message = message_of(path, provider)
    assert wire_kind(message.content.type) in build_payload("shop", message)


def test_to_keeps_the_spelling_it_was_given() -> None:
    """National rules choose lanes; they never rewrite what goes on the wire."""
    for spelling in ("541130946950", "5491130946950"):
        assert build_payload("shop", relevo.Message(to=spelling, text="x"))["to"] == spelling


def test_an_attempt_carries_its_own_echo() -> None:
    message = relevo.Message(to="34600111222", text="x", extra={"biz_opaque_callback_data": "77"})
    for number in (1, 2):
        payload = build_payload("shop", message.for_attempt(number))
        assert payload["biz_opaque_callback_data"] == f"{message.message_id}.{number}"


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(relevo.Rejected, match="scheme 'mailto'"):
        build_payload("shop", relevo.Message(to="mailto:a@b.example", text="x"))


@pytest.mark.parametrize(
    "content",
    [
        relevo.ImageContent(media="ours-1"),
        relevo.LinkContent(
            body="x",
            label="x",
            url="https://a.example",
            header=relevo.ImageContent(media="ours-1"),
        ),
    ],
)
def test_a_file_of_ours_that_meta_has_not_yet_is_refused(
    content: relevo.ImageContent | relevo.LinkContent,
) -> None:
    with pytest.raises(relevo.Rejected, match=r"Account 'shop': .* uploaded first"):
        build_payload("shop", relevo.Message(to="34600111222", content=content))


def test_a_native_content_that_nobody_made_typed_is_refused() -> None:
    content = relevo.NativeContent(type="meta_whatsapp.flow")
    with pytest.raises(relevo.UnsupportedContent):
        build_payload("shop", relevo.Message(to="34600111222", content=content))


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
