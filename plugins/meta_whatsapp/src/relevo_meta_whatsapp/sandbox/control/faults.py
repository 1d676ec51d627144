"""Say what is wrong with an order, field by field. Nothing of what was given is repeated. Pure."""

from __future__ import annotations

import re

from pydantic import BaseModel, ValidationError

_MOST = 5
_SUBJECT = re.compile(r"^[A-Z]\w* should ")
_NO_JSON = "json_invalid"
_UNKNOWN = "extra_forbidden"


def faults_in(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """Write the faults as sentences; `model` tells which fields there are."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == _NO_JSON:
        return "The body is no JSON."
    told = [_fault(fault["loc"], fault["type"], fault["msg"]) for fault in found[:_MOST]]
    if len(found) > _MOST:
        told.append(f"And {len(found) - _MOST} more.")
    if model is not None and any(_is_unknown_here(fault["loc"], fault["type"]) for fault in found):
        names = (field.alias or name for name, field in model.model_fields.items())
        told.append(f"There are: {', '.join(sorted(names))}.")
    return " ".join(told)


def _fault(place: tuple[int | str, ...], kind: str, words: str) -> str:
    where = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in place)[1:64]
    if kind == _UNKNOWN:
        return f"{where}: there is no such field."
    if kind == "missing":
        return f"{where}: it is missing."
    said = _SUBJECT.sub("it should ", words.removeprefix("Value error, "))
    return f"{where or 'The body'}: {said[:1].lower()}{said[1:]}."


def _is_unknown_here(place: tuple[int | str, ...], kind: str) -> bool:
    return kind == _UNKNOWN and len(place) == 1
