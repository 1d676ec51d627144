"""What each hook has to give, and the check of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from relevo.handlers import EventReader
from relevo.hooks import Command, Mount, Sandbox, SettingsTable
from relevo.middleware import Layer
from relevo.plugins.provider_classes import check_named
from relevo.plugins.report import PluginBroken, PluginFault, described

PROVIDERS = "relevo_providers"
MIDDLEWARE = "relevo_middleware"
HANDLERS = "relevo_event_handlers"
COMMANDS = "relevo_commands"
SANDBOXES = "relevo_sandboxes"
MOUNTS = "relevo_mounts"
SETTINGS = "relevo_settings"

OFFERS: Mapping[str, str] = MappingProxyType(
    {
        PROVIDERS: "provider",
        MIDDLEWARE: "middleware",
        HANDLERS: "event handlers",
        COMMANDS: "commands",
        SANDBOXES: "sandboxes",
        MOUNTS: "mounts",
        SETTINGS: "settings",
    }
)
"""What the report calls what a hook collects."""

NAME_OF: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        PROVIDERS: attrgetter("name"),
        MIDDLEWARE: attrgetter("name"),
        HANDLERS: attrgetter("name"),
        COMMANDS: attrgetter("name"),
        SANDBOXES: attrgetter("name"),
        MOUNTS: attrgetter("path"),
        SETTINGS: attrgetter("name"),
    }
)
"""What may be offered only once."""


def flatten(hook: str, results: Sequence[object], implementations: int) -> list[Any]:
    """Join what a hook's implementations returned; pluggy leaves out those that gave None.

    Raises:
        PluginBroken: One returned something other than a list.
    """
    offered: list[Any] = []
    for result in results:
        if inspect.iscoroutine(result):
            result.close()
            msg = f"{hook} is async. Hooks are synchronous: write def, and return a list."
            raise PluginBroken(PluginFault.HOOK_RESULT, msg)
        if not isinstance(result, Sequence) or isinstance(result, str | bytes):
            msg = f"{hook} returned {described(result)}. Return a list."
            raise PluginBroken(PluginFault.HOOK_RESULT, msg)
        offered.extend(result)
    if len(results) < implementations:
        msg = f"{hook} returned None. Return a list, empty for nothing."
        raise PluginBroken(PluginFault.HOOK_RESULT, msg)
    return offered


def check_offer(plugin: str, hook: str, offer: object) -> None:
    """Check one object that a hook gave.

    Raises:
        PluginBroken: It is not what the hook is for.
    """
    if hook == PROVIDERS:
        check_named(plugin, offer, by=PROVIDERS)
        return
    kind, callables = _KINDS[hook]
    if not isinstance(offer, kind):
        msg = f"{hook} gave {described(offer)}; it has to give {kind.__name__} objects."
        raise PluginBroken(PluginFault.HOOK_RESULT, msg)
    name: object = NAME_OF[hook](offer)
    if not isinstance(name, str) or not name:
        msg = f"{hook} gave a {kind.__name__} whose name is not text."
        raise PluginBroken(PluginFault.HOOK_RESULT, msg)
    if not callable(getattr(offer, callables)):
        msg = f"{hook} gave the {kind.__name__} {name!r}, whose {callables!r} cannot be called."
        raise PluginBroken(PluginFault.HOOK_RESULT, msg)


_KINDS: Mapping[str, tuple[type, str]] = MappingProxyType(
    {
        MIDDLEWARE: (Layer, "middleware"),
        HANDLERS: (EventReader, "hand"),
        COMMANDS: (Command, "run"),
        SANDBOXES: (Sandbox, "start"),
        MOUNTS: (Mount, "app"),
        SETTINGS: (SettingsTable, "check"),
    }
)
"""The type a hook gives, and what of it is called later."""
