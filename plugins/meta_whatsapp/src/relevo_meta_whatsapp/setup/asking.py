"""Where a setup's answers come from: options, variables, and a person where there is one."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol

from relevo import ConfigurationError


class Person(Protocol):
    """Whoever can be asked."""

    def tell(self, question: str, *, secret: bool = False) -> str | None:
        """Answer a question; None where nobody is there."""
        ...


class Terminal:
    """The person at the terminal."""

    def tell(self, question: str, *, secret: bool = False) -> str | None:
        """Ask on the terminal; what is secret is not shown."""
        try:
            answer = getpass.getpass(f"{question}: ") if secret else input(f"{question}: ")
        except EOFError:
            return None
        return answer.strip() or None


class Nobody:
    """A script: everything has to be given."""

    def tell(self, question: str, *, secret: bool = False) -> str | None:
        """Answer nothing."""
        del question, secret
        return None


def who_is_there(*, script: bool) -> Person:
    """Give the person at the terminal, if there is one who wants to be asked."""
    return Nobody() if script or not sys.stdin.isatty() else Terminal()


def read_secret(
    person: Person, variable: str, question: str, environment: Mapping[str, str] = os.environ
) -> str | None:
    """Give a variable's value, or what the person enters."""
    return environment.get(variable, "").strip() or person.tell(question, secret=True)


def choose(person: Person, what: str, option: str, found: Sequence[tuple[str, str]]) -> str:
    """Choose one of those found, each an id and its description: the only one, or a person's.

    Raises:
        ConfigurationError: There is none, or several and nobody who chooses.
    """
    if not found:
        msg = f"No {what} was found with this token. Give one by {option}."
        raise ConfigurationError(msg)
    if len(found) == 1:
        return found[0][0]
    listed = "; ".join(f"{key} ({words})" if words else key for key, words in found)
    answer = person.tell(f"Which {what}? {listed}")
    if answer in {key for key, _ in found}:
        return str(answer)
    msg = f"There are several: {listed}. Choose by {option}."
    raise ConfigurationError(msg)
