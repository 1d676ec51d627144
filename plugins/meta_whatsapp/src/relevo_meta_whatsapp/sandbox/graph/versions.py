"""Graph API versions, and which one answers a call. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

_VERSION = re.compile(r"v([0-9]{1,3})\.([0-9]{1,2})")
_NEVER = float("inf")


def _day(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


VERSIONS: Mapping[str, float] = MappingProxyType(
    {
        "v21.0": _day("2027-01-21"),
        "v22.0": _day("2027-05-20"),
        "v23.0": _day("2027-10-08"),
        "v24.0": _day("2028-02-18"),
        "v25.0": _day("2028-07-29"),
        "v26.0": _NEVER,
    }
)
"""When each version stops working; the oldest first. As of 2026-09."""


def version_that_answers(asked: str | None, now: float) -> str | None:
    """Tell which version answers a call; none if there is no such version.

    A call to a dead version, or to none, is silently answered by the oldest live one.
    """
    oldest = next(version for version, ends in VERSIONS.items() if now < ends)
    if asked is None:
        return oldest
    match = _VERSION.fullmatch(asked)
    if match is None:
        return None
    if asked in VERSIONS:
        return asked if now < VERSIONS[asked] else oldest
    first = int(next(iter(VERSIONS))[1:].partition(".")[0])
    return oldest if int(match[1]) < first else None


def is_version(segment: str) -> bool:
    """Tell whether a part of a path has the form of a version."""
    return _VERSION.fullmatch(segment) is not None
