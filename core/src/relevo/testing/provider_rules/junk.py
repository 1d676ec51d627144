"""Webhooks as no vendor should post them: junk in every place of a body or an item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import JsonValue

CANARY = "canary-5d1c07"
"""Stands for what a person wrote: whoever repeats it has not kept quiet."""
JUNK_BODIES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{",
    b"\xff\xfe\x00",
    b"7",
    b'"text"',
    b"[1, null, [], {}]",
    b"[" * 100_000,
    b'{"entry": 7, "object": []}',
    f'"{CANARY}"'.encode(),
    f'["{CANARY}"]'.encode(),
    f'{{"{CANARY}": "{CANARY}"}}'.encode(),
]
TELLTALE_VALUES: list[JsonValue] = [CANARY, {CANARY: [None]}]
JUNK_VALUES: list[JsonValue] = [None, 7, [], {}, [{}], *TELLTALE_VALUES]


def damaged(raw: Any, junk: JsonValue, *, spare_ids: bool = False) -> Iterator[JsonValue]:
    """Give the object with junk in each place in turn, then with each key missing in turn.

    `spare_ids` leaves a vendor's own ids as they are: a key may be made of them.
    """
    yield junk
    places = (
        raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    )
    for place, inner in places:
        if spare_ids and _is_id(place, inner):
            continue
        for spoilt in damaged(inner, junk, spare_ids=spare_ids):
            copy = raw.copy()
            copy[place] = spoilt
            yield copy
        rest = raw.copy()
        del rest[place]
        yield rest


def _is_id(place: object, inner: object) -> bool:
    return isinstance(place, str) and place.lower().endswith("id") and isinstance(inner, str | int)


def spoilt_lists(body: Any, junk: JsonValue) -> Iterator[tuple[JsonValue, JsonValue]]:
    """Give, for each element of each list, the body with it turned to junk and without it."""
    places: Sequence[Any] = ()
    if isinstance(body, dict):
        places = list(body)
    elif isinstance(body, list):
        places = range(len(body))
        for place in places:
            rest = body[:place] + body[place + 1 :]
            yield [*body[:place], junk, *body[place + 1 :]], rest
    for place in places:
        for spoilt, removed in spoilt_lists(body[place], junk):
            pair = []
            for inner in (spoilt, removed):
                copy = body.copy()
                copy[place] = inner
                pair.append(copy)
            yield pair[0], pair[1]
