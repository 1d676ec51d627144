"""Say what is wrong with an order, field by field. Nothing of what was given is repeated. Pure."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Iterator

from pydantic import BaseModel, ValidationError

_Place = tuple[int | str, ...]
_MOST = 5
_SUBJECT = re.compile(r"^[A-Z]\w* should ")
_NO_JSON = "json_invalid"
_UNKNOWN = "extra_forbidden"
_MISSING = "missing"
_LISTS = frozenset({"tuple_type", "list_type", "frozen_set_type", "set_type"})
_OBJECTS = frozenset({"model_type", "dict_type", "model_attributes_type"})
_PLAIN = {
    _MISSING: "it is missing",
    **dict.fromkeys(_LISTS, "it has to be a list"),
    **dict.fromkeys(_OBJECTS, "it has to be an object"),
}
"""Plain words for what is told in a library's."""


def faults_in(
    error: ValidationError, model: type[BaseModel] | None = None, *, dotted: bool = False
) -> str:
    """Write the faults as sentences; `model` tells which fields there are.

    Items are written `steps[2]`, or `steps.2` as in a settings file.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == _NO_JSON:
        return "The body is no JSON."
    # A key that is written wrong lacks elsewhere: the guess says it all.
    guessed = {
        (*fault["loc"][:-1], near)
        for fault in found
        if fault["type"] == _UNKNOWN and (near := _near(fault["loc"], model))
    }
    found = [one for one in found if one["type"] != _MISSING or one["loc"] not in guessed]
    told = [
        _fault(one["loc"], one["type"], one["msg"], model, dotted=dotted) for one in found[:_MOST]
    ]
    if len(found) > _MOST:
        told.append(f"And {len(found) - _MOST} more.")
    if model is not None and any(_is_unknown_here(fault["loc"], fault["type"]) for fault in found):
        names = (field.alias or name for name, field in model.model_fields.items())
        told.append(f"There are: {', '.join(sorted(names))}.")
        top = next((place[0] for place in guessed if len(place) == 1), None)
        told += [f"Did you mean {top}?"] if top else []
    return " ".join(told)


def _fault(
    place: _Place, kind: str, words: str, model: type[BaseModel] | None, *, dotted: bool
) -> str:
    where = _where(place, dotted=dotted)
    if kind == _UNKNOWN and len(place) == 1:
        return f"{where}: there is no such field."
    if kind == _UNKNOWN:
        near = _near(place, model)
        guess = f"; did you mean {near}?" if near else "."
        return f"{_where(place[:-1], dotted=dotted)}: there is no field {place[-1]!s:.64}{guess}"
    if kind in _PLAIN:
        return f"{where or 'The body'}: {_PLAIN[kind]}."
    said = _SUBJECT.sub("it should ", words.removeprefix("Value error, "))
    return f"{where or 'The body'}: {said[:1].lower()}{said[1:]}."


def _where(place: _Place, *, dotted: bool) -> str:
    if dotted:
        return ".".join(str(one) for one in place)[:64]
    words = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place)
    return words.removeprefix(".")[:64]


def _near(place: _Place, model: type[BaseModel] | None) -> str | None:
    """Give the field that an unknown one was probably meant to be."""
    inner = model
    for step in place[:-1]:
        if isinstance(step, str):
            field = inner.model_fields.get(step) if inner else None
            inner = next(_models_in(field.annotation), None) if field else None
    names = [field.alias or name for name, field in inner.model_fields.items()] if inner else []
    return next(iter(difflib.get_close_matches(str(place[-1]), names, 1)), None)


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Find the models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models_in(part)


def _is_unknown_here(place: _Place, kind: str) -> bool:
    return kind == _UNKNOWN and len(place) == 1
