"""The plugin report: every installed plugin, and what became of it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from enum import StrEnum


class PluginState(StrEnum):
    """What became of a plugin."""

    LOADED = "loaded"
    FAILED = "failed"
    DISABLED = "disabled"


class PluginFault(StrEnum):
    """Why a plugin is not in use. Stable: people search for these."""

    DISABLED = "disabled"
    NOT_INSTALLED = "not_installed"
    DUPLICATE_NAME = "duplicate_name"
    UNREADABLE = "unreadable"
    """The distribution's list of entry points cannot be read."""
    INCOMPLETE = "incomplete"
    """The distribution does not contain the module its entry point names."""
    MISSING_DEPENDENCY = "missing_dependency"
    IMPORT_FAILED = "import_failed"
    HOOK_SIGNATURE = "hook_signature"
    UNKNOWN_HOOK = "unknown_hook"
    NO_HOOK = "no_hook"
    HOOK_RAISED = "hook_raised"
    HOOK_RESULT = "hook_result"
    CORE_API = "core_api"
    INVALID_PROVIDER = "invalid_provider"
    CLAIM_WITHOUT_CODE = "claim_without_code"
    """A provider claims a capability whose verb it did not write."""
    NAME_TAKEN = "name_taken"
    """It offers something under a name that an earlier plugin offers."""


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One line of the report.

    Args:
        name: The entry point's name.
        state: What became of it.
        distribution: The package it comes from; None where nothing is installed.
        version: The package's version.
        offers: What it offers, such as `provider` or `commands`.
        code: Why it is not in use; None for a loaded plugin.
        error: The same as a sentence with what to do.
        traceback: Where it failed, if code of the plugin raised.
    """

    name: str
    state: PluginState
    distribution: str | None = None
    version: str | None = None
    offers: tuple[str, ...] = ()
    code: PluginFault | None = None
    error: str | None = None
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class PluginReport:
    """All plugins by name, loaded or not."""

    rows: tuple[PluginRow, ...] = ()

    @property
    def failed(self) -> tuple[PluginRow, ...]:
        """The plugins that were wanted and do not work."""
        return tuple(row for row in self.rows if row.state is PluginState.FAILED)


class PluginBroken(Exception):
    """Carry why one plugin is taken out to whoever writes its row.

    Args:
        code: The reason.
        sentence: What was seen and what to do, without the plugin's name.
        traceback: Where the plugin's own code raised.
    """

    def __init__(self, code: PluginFault, sentence: str, traceback: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.traceback = traceback


def described(thing: object) -> str:
    """Name an object for an error, without its repr, which may be long or fail."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if inspect.ismodule(thing):
        return f"the module {thing.__name__}"
    return f"an object of type {type(thing).__name__}"
