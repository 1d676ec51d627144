"""Findings: what is wrong with settings, in plain words, and what was meant."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from relevo.findings import findings, meant_or_known, nearest, with_hint


def borrow(_: object) -> object:
    raise PydanticCustomError("greater_than", "is more than anybody has")  # noqa: EM101 - its kind


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid")

    port: int = Field(default=1, ge=0, le=9)
    name: str = Field(default="x", min_length=2, max_length=3)
    colour: Literal["red", "blue"] = "red"
    places: list[str] = []
    odd: Annotated[int, AfterValidator(borrow)] = 0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"port": "canary"}, "port: has to be a whole number."),
        ({"port": 1.5}, "port: has to be a whole number."),
        ({"port": -1}, "port: has to be at least 0."),
        ({"port": 10}, "port: has to be at most 9."),
        ({"name": "x"}, "name: has to be at least 2 characters long."),
        ({"name": "canary"}, "name: has to be at most 3 characters long."),
        ({"colour": "canary"}, "colour: has to be 'red' or 'blue'."),
        ({"places": "canary"}, "places: has to be a list."),
        ({"odd": 1}, "odd: is more than anybody has."),
        ({"prot": 1}, "prot: is no known key. Did you mean 'port'?"),
        ({"zzz": 1}, "zzz: is no known key. Known: port, name, colour, places, odd."),
    ],
)
def test_finding_is_plain_words_without_the_value(written: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Table.model_validate(written)
    (finding,) = findings(caught.value)
    assert str(with_hint(finding, Table.model_fields)) == said


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("tokn", ["token", "webhook_token"], "token"),
        ("tokn", ["stream", "webhook_token"], "webhook_token"),
        ("tokn", ["access_token", "verify_token"], None),
        ("zzz", ["webhook_token"], None),
        ("zzz", [], None),
    ],
)
def test_nearest_is_a_word_or_the_only_one_with_such_a_part(
    word: str, known: list[str], meant: str | None
) -> None:
    assert nearest(word, known) == meant


def test_words_there_are_stand_where_none_is_near() -> None:
    assert meant_or_known("zzz", ["a", "b"]) == "Known: a, b."
    assert meant_or_known("zzz", []) == "Known: none."
