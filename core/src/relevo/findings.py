"""What is wrong with settings: said with keys, without values, and with what was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import ValidationError

UNKNOWN_KEY = "extra_forbidden"

_PLAIN_WORDS = MappingProxyType(
    {
        "missing": "is missing",
        UNKNOWN_KEY: "is no known key",
        "model_type": "has to be a table",
        "dict_type": "has to be a table",
    }
)
_VALIDATOR_PREFIXES = ("Value error, ", "Assertion failed, ")
_SHORTEST_SECRET = 4
_ALIKE = 0.7


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with settings."""

    path: tuple[str, ...]
    kind: str
    reason: str

    @property
    def key(self) -> str:
        """The key as one word; empty where the table as a whole is wrong."""
        return ".".join(self.path)

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}." if self.path else f"{self.reason}."


def findings(error: ValidationError, hidden: Iterable[str] = ()) -> list[Finding]:
    """List what is wrong.

    Args:
        error: From validating settings.
        hidden: Values that no reason may repeat: a provider's own validator can
            put what it saw into its words.
    """
    secrets = [value for value in hidden if len(value) >= _SHORTEST_SECRET]
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        Finding(
            tuple(str(part) for part in detail["loc"]),
            detail["type"],
            _reason(detail["type"], detail["msg"], secrets),
        )
        for detail in details
    ]


def _reason(kind: str, words: str, secrets: Iterable[str]) -> str:
    if kind in _PLAIN_WORDS:
        return _PLAIN_WORDS[kind]
    for prefix in _VALIDATOR_PREFIXES:
        words = words.removeprefix(prefix)
    if any(secret in words for secret in secrets):
        return "is refused (the reason is not shown: it repeats the value)"
    return words.rstrip(".")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word most like this one, if any is like it at all."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=_ALIKE)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give a question to end an error with, or nothing."""
    meant = nearest(word, known)
    return f" Did you mean {meant!r}?" if meant else ""
