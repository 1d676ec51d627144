"""Fixture pairs: a webhook's body, and the events it means. A new case is two files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

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


class UnreadableFixtures(Exception):
    """Say what is wrong with a folder of fixtures, file by file."""


@dataclass(frozen=True)
class FixturePair:
    """One recorded webhook and what it means."""

    name: str
    body: bytes
    events: tuple[ProviderEvent, ...]


def read_pairs(folder: Path, propose: Callable[[bytes], str]) -> list[FixturePair]:
    """Read every pair of a folder.

    Args:
        folder: Where the pairs are.
        propose: Writes what a body seems to mean, where nothing stands beside it.

    Raises:
        UnreadableFixtures: Says of every file what is wrong with it, and what to do.
    """
    bodies = {path for path in folder.glob("*.json") if not path.name.endswith(_MEANING)}
    meanings = {_body_of(path): path for path in folder.glob(f"*{_MEANING}")}
    faults = [
        f"{meanings[body].name} has no webhook beside it: write {body.name}."
        for body in sorted(set(meanings) - bodies)
    ]
    pairs = []
    for body in sorted(bodies):
        try:
            _read_json(body)
            if body in meanings:
                pairs.append(_read_pair(body))
                continue
        except UnreadableFixtures as fault:
            faults.append(str(fault))
            continue
        name = f"{body.stem}{_MEANING}"
        faults.append(
            f"{body.name} has no {name} beside it. If this is what it means, save it as "
            f"{name}:\n{propose(body.read_bytes())}"
        )
    if not bodies and not meanings:
        faults.append(f"No fixture is there: write NAME.json and NAME{_MEANING}.")
    if faults:
        raise UnreadableFixtures("\n".join(f"{folder}: {fault}" for fault in faults))
    return pairs


def write_events(events: Iterable[ProviderEvent]) -> str:
    """Write events as `NAME.expected.json` holds them. `raw` is left out."""
    return json.dumps([_event_json(event) for event in events], indent=2, ensure_ascii=False)


def without_raw(events: Iterable[ProviderEvent]) -> list[ProviderEvent]:
    """Give events without the vendor's own object, for comparison."""
    return [replace(event, raw=None) for event in events]


def _body_of(meaning: Path) -> Path:
    return meaning.with_name(meaning.name.removesuffix(_MEANING) + ".json")


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except ValueError as error:
        msg = f"{path.name} is no JSON: {error}. Correct the file."
        raise UnreadableFixtures(msg) from None


def _read_pair(body: Path) -> FixturePair:
    meaning = body.with_name(body.stem + _MEANING)
    rows = _read_json(meaning)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        msg = f"{meaning.name} has to hold a list of events, each an object with a `type`."
        raise UnreadableFixtures(msg)
    events = tuple(_read_event(dict(row), meaning) for row in rows)
    return FixturePair(body.stem, body.read_bytes(), events)


def _read_event(row: dict[str, Any], meaning: Path) -> ProviderEvent:
    kind = row.pop("type", None)
    if kind not in _KINDS:
        msg = f"{meaning.name}: type is one of {', '.join(sorted(_KINDS))}, not {kind!r}."
        raise UnreadableFixtures(msg)
    try:
        event: ProviderEvent = _KINDS[kind].validate_python(row)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        )
        msg = f"{meaning.name}: an event of the type {kind} cannot be read. {wrong}"
        raise UnreadableFixtures(msg) from None
    return event


def _event_json(event: ProviderEvent) -> dict[str, Any]:
    kind = type(event).__name__
    usual = {one.name for one in fields(event) if getattr(event, one.name) in (one.default, ())}
    told = _KINDS[kind].dump_python(event, mode="json", exclude={"raw", *usual}, exclude_none=True)
    if isinstance(event, StatusUpdate):
        told.setdefault("status", None)
    return {"type": kind, **told}
