"""What is shown of Meta's words: the parameter at fault, and nothing that somebody wrote."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo_meta_whatsapp.api import Answer, raise_error
from relevo_meta_whatsapp.details import (
    FIELDS,
    WORDS,
    describe,
    describe_whole,
    named_parameters,
    safe_sentence,
)
from relevo_meta_whatsapp.receiving.faults import read_errors

COUNT = "body: number of localizable_params (1) does not match the expected number of params (2)"
KNOWN = FIELDS | WORDS
WORD = st.text("abcdefghijklmnopqrstuvwxyzáñ", min_size=3, max_size=12).filter(
    lambda word: word not in KNOWN
)


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        (COUNT, f"Meta says: {COUNT}."),
        ("Required parameter is missing: to", "Meta says: Required parameter is missing: to."),
        ("text.body must be at most 4096 long", "Meta says: text.body must be at most 4096 long."),
        ("Parameter value is not valid: text.body is Hola", "It names: text.body."),
        ('Unexpected key "nombre" on param "interactive".', "It names: interactive."),
        (
            "Param template['components'][0]['parameters'] got Ana Gil",
            "It names: template.components[0].parameters.",
        ),
        ("template name (pago_de_ana) does not exist in es_AR", None),
        ("Message failed: +34 600 111 222 is not a number", None),
        ("the text is Hola Ana", None),
        ("to Ana, the body of the text", None),
        ("", None),
        (
            "Parameter value is not valid: country must be one of IN, SG",
            "Meta says: Parameter value is not valid: country must be one of IN, SG.",
        ),
        ("country must be one of 'IN', \"SG\"", "Meta says: country must be one of IN, SG."),
        ("country must be one of 'IN', 'Ana'", None),
        ("BODY: places are numbered from 1", "Meta says: BODY: places are numbered from 1."),
        (
            "The link cannot be fetched, or what it gives cannot be sent.",
            "Meta says: The link cannot be fetched, or what it gives cannot be sent.",
        ),
        (
            "The file is not of a type or size that its kind may have.",
            "Meta says: The file is not of a type or size that its kind may have.",
        ),
        (
            "file: image may be image/jpeg, image/png, not application/pdf",
            "Meta says: file: image may be image/jpeg, image/png, not application/pdf.",
        ),
    ],
)
def test_parameter_is_named_and_no_more(details: str, shown: str | None) -> None:
    told = describe({"code": 131009, "error_data": {"details": details}})
    assert told == shown


def test_number_in_groups_is_no_fixed_sentence() -> None:
    """Each group is short, and together they are a person's number."""
    for number in ("600 111 222", "600-111", "600,111,222", "(600)(111)", "600.111.222", "60011"):
        assert safe_sentence(f"value of parameter is {number}") is None
    assert safe_sentence("value must be at most 4096 characters, not 5000") is not None


@given(
    quoted=st.lists(WORD, min_size=1, max_size=6),
    digits=st.text("0123456789", min_size=5, max_size=15),
)
def test_what_somebody_wrote_is_never_shown(quoted: list[str], digits: str) -> None:
    """Wherever Meta's sentence holds it: every word shown is one of Meta's own."""
    said = " ".join(quoted)
    for details in (
        f"Parameter value is not valid: text.body is {said}",
        f'Param text["body"] must be a text, received "{said}" for {digits}',
        f"{said}: body",
        f"Required parameter is missing: {said}",
        f"{digits} is not a valid number for parameter to",
        said,
    ):
        told = describe({"code": 100, "message": details, "error_data": {"details": details}})
        shown = (told or "").lower()
        assert re.search(r"[0-9]{5}", shown) is None
        words = set(re.findall(r"[^\W\d][\wáñ-]*", shown)) - {"meta", "says", "names", "it"}
        assert words <= KNOWN
        assert not words & set(quoted)


@given(st.text(max_size=400))
def test_any_words_are_read_and_only_metas_come_out(words: str) -> None:
    for name in named_parameters(words):
        assert {re.sub(r"\[\d*\]", "", part) for part in name.split(".")} <= FIELDS
    sentence = safe_sentence(words)
    assert sentence is None or not re.search(r"[0-9]{5}|[\"'<>]|[^\x00-\x7f]", sentence)


@given(st.recursive(st.none() | st.integers() | st.text(max_size=9), st.lists))
def test_any_form_of_an_error_is_read(value: Any) -> None:
    describe({"code": value, "message": value, "error_data": value, "error_user_msg": value})
    describe({"error_data": {"details": value, "blame_field_specs": value}})


def test_template_that_was_not_created_names_its_component() -> None:
    """Meta says there in other places what is wrong: words for people, and a list of fields."""
    error: dict[str, Any] = {
        "code": 100,
        "message": "Invalid parameter",
        "error_user_title": "El mensaje de Ana",
        "error_data": {"blame_field_specs": [["components[0].example.header_text"]]},
    }
    assert describe(error) == "It names: components[0].example.header_text."


def test_sentence_of_an_error_tells_what_to_mend() -> None:
    details = "header: expected IMAGE, received TEXT"
    body: dict[str, Any] = {
        "error": {"code": 132012, "message": "x", "error_data": {"details": details}}
    }
    with pytest.raises(relevo.Rejected, match="header: expected IMAGE, received TEXT"):
        raise_error("shop", Answer(400, json.dumps(body).encode()))
    (told,) = read_errors([body["error"]], "WhatsApp reports the message as failed")
    assert told.message.endswith("Meta says: header: expected IMAGE, received TEXT.")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            {"message": "Invalid parameter", "error_user_msg": "Your template is a double. Pick!"},
            "Meta says: Your template is a double. Pick.",
        ),
        (
            {"message": "(#100) name: 'No Good' has capitals"},
            "Meta says: name: 'No Good' has capitals.",
        ),
        (
            {"message": "x", "error_data": {"details": "a\n\x1bb\u202e +34 600 111 222, 20260901"}},
            "Meta says: a b [number], [number].",
        ),
        ({"message": f"token {'E' * 180} is bad"}, "Meta says: token [hidden] is bad."),
        ({"message": " "}, None),
        ({"message": 7}, None),
    ],
)
def test_words_about_a_template_are_shown_whole_but_for_long_numbers(
    error: dict[str, Any], shown: str | None
) -> None:
    assert describe_whole(error) == shown


@given(st.text(max_size=900))
def test_whole_words_are_bounded_and_hold_no_long_number(words: str) -> None:
    shown = describe_whole({"message": words}) or ""
    assert len(shown) <= 620
    assert not re.search(r"[0-9]{5}|[\x00-\x1f\x7f]", shown)


def test_words_about_a_token_are_not_shown_whole() -> None:
    """Meta quotes tokens there; the table says what to do."""
    body = json.dumps({"error": {"code": 190, "message": "Malformed access token canary"}})
    with pytest.raises(relevo.AuthFailed) as caught:
        raise_error("shop", Answer(400, body.encode()), names_nobody=True)
    assert "canary" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "code", "named"),
    [
        ("pago", "es_AR", "The message names template 'pago' in 'es_AR'."),
        ("promo_20260901", "es", "The message names template 'promo_[number]' in 'es'."),
        ("pago", "the language of Ana", "The message names template 'pago'."),
        ("Hola Ana", "es", None),
    ],
)
def test_template_at_fault_is_named_as_it_was_sent(name: str, code: str, named: str | None) -> None:
    details = f"template name ({name}) does not exist in {code}"
    body = json.dumps({"error": {"code": 132001, "error_data": {"details": details}}})
    sent: dict[str, Any] = {"template": {"name": name, "language": {"code": code}}}
    with pytest.raises(relevo.Rejected) as caught:
        raise_error("shop", Answer(404, body.encode()), sent=sent)
    told = caught.value.message
    assert "Ana" not in told
    assert told.endswith(named) if named else "names template" not in told
