"""Secrets by reference: `env:NAME` and `file:PATH` in settings become what they name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from relevo.errors import ConfigurationError


class _Unresolved(Exception):
    """Say why one reference leads nowhere."""


def is_reference(value: str) -> bool:
    """Tell whether a value names a secret instead of being one."""
    return value.partition(":")[0] in _READERS and ":" in value


def resolve_references(values: Mapping[str, Any], *, where: str) -> dict[str, Any]:
    """Replace every reference, in tables and lists too, by what it names.

    Relative paths start at the working directory. Line breaks at the end of a
    file are dropped: editors and `echo` put them there.

    Raises:
        ConfigurationError: Names `where` and every key whose variable or file is
            missing, empty or unreadable.
    """
    faults: list[str] = []
    resolved = {key: _resolve(value, key, faults) for key, value in values.items()}
    if faults:
        msg = f"{where}: {' '.join(faults)}"
        raise ConfigurationError(msg)
    return resolved


def _resolve(value: Any, key: str, faults: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: _resolve(inner, f"{key}.{name}", faults) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolve(inner, f"{key}[{index}]", faults) for index, inner in enumerate(value)]
    if not isinstance(value, str) or not is_reference(value):
        return value
    kind, _, name = value.partition(":")
    try:
        return _READERS[kind](name)
    except _Unresolved as fault:
        faults.append(f"{key}: {fault}")
        return None


def _read_variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        msg = (
            f"environment variable {name!r} is not set. Set it where Relevo starts, or correct "
            "the name."
        )
        raise _Unresolved(msg)
    return value


def _read_file(path: str) -> str:
    try:
        value = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        msg = f"file {path!r} cannot be read ({reason}). Check the path and its rights."
        raise _Unresolved(msg) from None
    if not value:
        msg = f"file {path!r} is empty. Write the value into it."
        raise _Unresolved(msg)
    return value


_READERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"env": _read_variable, "file": _read_file}
)
