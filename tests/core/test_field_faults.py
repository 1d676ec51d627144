"""What is wrong with a field is said in our words, whatever the models' library says."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticKnownError
from pydantic_core.core_schema import ErrorType

from relevo import contents
from relevo.field_faults import _TAGGED, FieldFault, field_faults, reason_of

_NONE = type(None)
OWN = {"value_error", "assertion_error"}


def faults_of(kind: Any, value: object) -> list[FieldFault]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return field_faults(caught.value)


@pytest.mark.parametrize("kind", sorted(set(get_args(ErrorType)) - OWN))
def test_no_kind_of_fault_is_told_in_the_librarys_words(kind: str) -> None:
    """Those that no model of ours has today, too: the next may."""

    class Whole(dict[str, Any]):
        def __missing__(self, name: str) -> int:
            return 7

    fault = ErrorDetails(
        type=kind, loc=(), msg="Input should be a valid integer", input=None, ctx=Whole()
    )
    reason = reason_of(fault)
    assert reason
    assert "Input" not in reason
    assert "{" not in reason


def test_words_of_a_validator_are_kept() -> None:
    assert faults_of(contents.TextContent, {"body": " "}) == [
        FieldFault("body", "the text is blank; write at least one visible character")
    ]


def test_places_name_what_was_written_and_not_how_it_was_read() -> None:
    content: Any = contents.Content
    header = {"type": "image", "text": "x"}
    asked = {"type": "link", "body": "b", "label": "l", "url": "ftp://x", "header": header}
    assert [one.field for one in faults_of({"content": content}.get("content"), asked)] == [
        "link.url",
        "link.header.text",
    ]


def test_several_readings_of_one_value_are_one_fault() -> None:
    assert faults_of(contents.TemplateContent, {"name": "a", "language": "es", "parameters": 7})[
        0
    ] == FieldFault("parameters", "has to be a list or has to be a JSON object")


def _models(kind: Any, seen: set[type]) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
        seen.add(kind)
        yield kind
        for field in kind.model_fields.values():
            yield from _models(field.annotation, seen)
    if get_origin(kind) is not Literal:
        for part in get_args(kind):
            yield from _models(part, seen)


def test_every_field_of_several_models_is_known_to_have_a_tag() -> None:
    """The library puts the tag behind the field's name; one that is not known would show it."""
    union = (Union, types.UnionType)
    told_apart = {
        name
        for model in _models((contents.AnyKind), set())
        for name, field in model.model_fields.items()
        if len(_models_in(field.annotation, union)) > 1
    }
    assert told_apart <= _TAGGED
    assert "header" in told_apart


def _models_in(kind: Any, union: tuple[Any, ...]) -> list[type]:
    if get_origin(kind) in union:
        return [one for part in get_args(kind) for one in _models_in(part, union)]
    if hasattr(kind, "__metadata__"):
        return _models_in(get_args(kind)[0], union)
    return [kind] if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def test_a_known_error_of_a_validator_is_in_our_words() -> None:
    error = PydanticKnownError("greater_than", {"gt": 3})
    assert (
        reason_of(
            ErrorDetails(
                type=error.type, loc=(), msg=error.message(), input=1, ctx=error.context or {}
            )
        )
        == "has to be more than 3"
    )
