"""What an author left out of the test itself is told, with what to write."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from tests.core.provider_conformance.good import (
    MEANING,
    ROWS,
    Good,
    Suite,
    put_pair,
    run_suite,
)

from relevo.testing import ProviderConformance


def test_missing_parts_of_the_test_are_told(tmp_path: Path) -> None:
    """Whoever forgets the signed webhook, the answer or the fixtures is told by name."""
    with pytest.raises(NotImplementedError, match=r"write webhook\(body\)"):
        ProviderConformance().webhook(b"")
    with pytest.raises(NotImplementedError, match=r"write accept\(request\)"):
        ProviderConformance().accept(httpx.Request("GET", "https://good.example"))
    assert run_suite(Good, tmp_path, fixtures=None) == {"fixtures_mean_what_they_say"}


def test_two_states_of_one_message_have_to_stand_in_fixtures(tmp_path: Path) -> None:
    rows = [{"id": "1", "state": "dlvrd"}, {"id": "2", "state": "new word"}, ROWS[2]]
    meaning = [MEANING[0], MEANING[1] | {"provider_message_id": "2"}, MEANING[2]]
    put_pair(tmp_path, "day", rows, meaning)
    assert run_suite(Good, tmp_path) == {"states_of_one_message_have_keys_of_their_own"}


def test_missing_meaning_is_proposed(tmp_path: Path) -> None:
    """The failure holds the file that is to be written, if it is right."""
    (tmp_path / "night.json").write_text(json.dumps(ROWS), "utf-8")
    suite = type("Suite", (Suite,), {"fixtures": tmp_path})()
    with pytest.raises(pytest.fail.Exception) as caught:
        suite.test_fixtures_mean_what_they_say()
    said, _, proposed = str(caught.value).partition(":\n")
    assert "night.json has no night.expected.json beside it" in said
    assert json.loads(proposed)[:2] == MEANING[:2]
    (tmp_path / "night.json").write_text("7", "utf-8")
    with pytest.raises(pytest.fail.Exception, match=r"does not parse. A list was expected"):
        suite.test_fixtures_mean_what_they_say()


def test_meaning_without_a_webhook_is_told(tmp_path: Path) -> None:
    (tmp_path / "night.expected.json").write_text("[]", "utf-8")
    suite = type("Suite", (Suite,), {"fixtures": tmp_path})()
    with pytest.raises(pytest.fail.Exception, match=r"night.expected.json.*no webhook beside"):
        suite.test_fixtures_mean_what_they_say()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("night.json", "{", "night.json is no JSON: Expecting property name"),
        ("day.expected.json", "[", "day.expected.json is no JSON: Expecting value"),
        ("day.expected.json", "{}", "day.expected.json has to hold a list of events"),
        ("day.expected.json", '[{"type": "Rumour"}]', "type is one of AccountUpdate, Inbound"),
        (
            "day.expected.json",
            '[{"type": "StatusUpdate"}]',
            "an event of the type StatusUpdate cannot be read. provider_message_id: ",
        ),
        ("night.json", "[]", "night.json has no night.expected.json beside it"),
    ],
    ids=["body", "meaning", "no list", "type", "field", "alone"],
)
def test_broken_fixture_is_told_once(tmp_path: Path, name: str, text: str, words: str) -> None:
    """By one rule, in a sentence that names the file; the others wait."""
    put_pair(tmp_path, "day", ROWS, MEANING)
    (tmp_path / name).write_text(text, "utf-8")
    assert run_suite(Good, tmp_path, fixtures=tmp_path) == {"fixtures_mean_what_they_say"}
    suite = type("Suite", (Suite,), {"fixtures": tmp_path})()
    with pytest.raises(pytest.fail.Exception) as caught:
        suite.test_fixtures_mean_what_they_say()
    assert words in str(caught.value)
    assert str(caught.value).count(str(tmp_path)) == 1
