"""What is wrong with settings: said with keys, without values, and with what was meant."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

UNKNOWN_KEY = "extra_forbidden"

_PLAIN_WORDS = MappingProxyType(
    {
        "missing": "is missing",
        UNKNOWN_KEY: "is no known key",
        "bool_parsing": "has to be true or false",
        "bool_type": "has to be true or false",
        "dict_type": "has to be a table",
        "enum": "has to be {expected}",
        "finite_number": "has to be a finite number",
        "float_parsing": "has to be a number",
        "float_type": "has to be a number",
        "greater_than": "has to be more than {gt}",
        "greater_than_equal": "has to be at least {ge}",
        "int_from_float": "has to be a whole number",
        "int_parsing": "has to be a whole number",
        "int_type": "has to be a whole number",
        "less_than": "has to be less than {lt}",
        "less_than_equal": "has to be at most {le}",
        "list_type": "has to be a list",
        "literal_error": "has to be {expected}",
        "model_type": "has to be a table",
        "string_too_long": "has to be at most {max_length} characters long",
        "string_too_short": "has to be at least {min_length} characters long",
        "string_type": "has to be text",
        "tuple_type": "has to be a list",
    }
)
"""What pydantic's kinds of error mean to whoever wrote the settings; in braces the rule's own."""
_VALIDATOR_PREFIXES = ("Value error, ", "Assertion failed, ")
_SHORTEST_SECRET = 4
_ALIKE = 0.7
_LONGEST_WORD = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with settings."""

    path: tuple[str, ...]
    kind: str
    reason: str
    hint: str = ""
    """What was meant, or what there is: a sentence of its own."""

    @property
    def key(self) -> str:
        """The key as one word; empty where the table as a whole is wrong."""
        return ".".join(self.path)

    def __str__(self) -> str:
        words = f"{self.reason}.{f' {self.hint}' if self.hint else ''}"
        return f"{self.key}: {words}" if self.path else words


def findings(error: ValidationError, hidden: Iterable[str] = ()) -> list[Finding]:
    """List what is wrong.

    Args:
        error: From validating settings.
        hidden: Values that no reason may repeat: a provider's own validator can
            put what it saw into its words.
    """
    secrets = [value for value in hidden if len(value) >= _SHORTEST_SECRET]
    details = error.errors(include_url=False, include_input=False)
    return [
        Finding(
            tuple(str(part) for part in detail["loc"]),
            detail["type"],
            _reason(detail["type"], detail["msg"], detail.get("ctx", {}), secrets),
        )
        for detail in details
    ]


def with_hint(finding: Finding, known: Iterable[str]) -> Finding:
    """Add what was meant to a finding about a key that nobody knows.

    Args:
        finding: Any other is given back as it is.
        known: The keys there are beside it.
    """
    if finding.kind != UNKNOWN_KEY:
        return finding
    return replace(finding, hint=meant_or_known(finding.path[-1], known))


def _reason(kind: str, words: str, rule: Mapping[str, Any], secrets: Iterable[str]) -> str:
    if kind in _PLAIN_WORDS:
        with suppress(KeyError):  # a validator may borrow the kind without its rule
            return _PLAIN_WORDS[kind].format_map(rule)
    for prefix in _VALIDATOR_PREFIXES:
        words = words.removeprefix(prefix)
    if any(secret in words for secret in secrets):
        return "is refused (the reason is not shown: it repeats the value)"
    return words.rstrip(".")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give the known word most like this one, if any is like it at all.

    A word that is like one part of a single longer one is like it too: `tokn` and
    `webhook_token`.
    """
    words = list(known)
    if whole := _closest(word, words):
        return whole
    owners: dict[str, list[str]] = defaultdict(list)
    for one in words:
        for part in one.split("_"):
            owners[part].append(one)
    like = _closest(word, owners)
    return owners[like][0] if like and len(owners[like]) == 1 else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give a question to end an error with, or nothing."""
    meant = nearest(word, known)
    return f" Did you mean {meant!r}?" if meant else ""


def meant_or_known(word: str, known: Iterable[str]) -> str:
    """Give the question, or all the words there are."""
    words = list(known)
    return did_you_mean(word, words).strip() or f"Known: {', '.join(words) or 'none'}."


def _closest(word: str, known: Iterable[str]) -> str | None:
    if len(word) > _LONGEST_WORD:
        return None
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=_ALIKE)), None)
