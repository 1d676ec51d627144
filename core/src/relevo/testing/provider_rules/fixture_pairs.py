"""Fixture pairs: a webhook's body, and the events it means. A new case is two files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from pydantic import TypeAdapter

from relevo.events import (
    AccountUpdate,
    InboundMessage,
    PersonUpdate,
    ProviderEvent,
    StatusUpdate,
)

_MEANING = ".expected.json"
_KINDS: MappingProxyType[str, TypeAdapter[Any]] = MappingProxyType(
    {
        kind.__name__: TypeAdapter(kind)
        for kind in (AccountUpdate, InboundMessage, PersonUpdate, StatusUpdate)
    }
)


@dataclass(frozen=True)
class FixturePair:
    """One recorded webhook and what it means."""

    name: str
    body: bytes
    events: tuple[ProviderEvent, ...]


def read_pairs(folder: Path, propose: Callable[[bytes], str]) -> list[FixturePair]:
    """Read every pair of a folder; a file without its other half is an error.

    Args:
        folder: Where the pairs are.
        propose: Writes what a body seems to mean, where nothing stands beside it.
    """
    bodies = {path for path in folder.glob("*.json") if not path.name.endswith(_MEANING)}
    meanings = {_body_of(path): path for path in folder.glob(f"*{_MEANING}")}
    for body in sorted(bodies - set(meanings)):
        name = f"{body.stem}{_MEANING}"
        pytest.fail(
            f"{folder}: {body.name} has no {name} beside it. If this is what it means, save it "
            f"as {name}:\n{propose(body.read_bytes())}",
            pytrace=False,
        )
    lonely = sorted(meanings[body].name for body in set(meanings) - bodies)
    assert not lonely, f"{folder}: {lonely} have no webhook beside them: write NAME.json."
    return [_read_pair(body) for body in sorted(bodies)]


def write_events(events: Iterable[ProviderEvent]) -> str:
    """Write events as `NAME.expected.json` holds them. `raw` is left out."""
    return json.dumps([_event_json(event) for event in events], indent=2, ensure_ascii=False)


def without_raw(events: Iterable[ProviderEvent]) -> list[ProviderEvent]:
    """Give events without the vendor's own object, for comparison."""
    return [replace(event, raw=None) for event in events]


def _body_of(meaning: Path) -> Path:
    return meaning.with_name(meaning.name.removesuffix(_MEANING) + ".json")


def _read_pair(body: Path) -> FixturePair:
    meaning = body.with_name(body.stem + _MEANING)
    rows: Sequence[dict[str, Any]] = json.loads(meaning.read_text("utf-8"))
    events = tuple(_read_event(dict(row), meaning) for row in rows)
    return FixturePair(body.stem, body.read_bytes(), events)


def _read_event(row: dict[str, Any], meaning: Path) -> ProviderEvent:
    kind = row.pop("type", None)
    assert kind in _KINDS, f"{meaning}: type is one of {sorted(_KINDS)}, not {kind!r}."
    event: ProviderEvent = _KINDS[kind].validate_python(row)
    return event


def _event_json(event: ProviderEvent) -> dict[str, Any]:
    kind = type(event).__name__
    usual = {one.name for one in fields(event) if getattr(event, one.name) in (one.default, ())}
    told = _KINDS[kind].dump_python(event, mode="json", exclude={"raw", *usual}, exclude_none=True)
    if isinstance(event, StatusUpdate):
        told.setdefault("status", None)
    return {"type": kind, **told}
