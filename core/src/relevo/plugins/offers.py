"""What each hook has to give, and the check of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from relevo.capabilities import Capability
from relevo.handlers import EventReader
from relevo.hooks import Command, Mount, Sandbox, SettingsTable
from relevo.middleware import Layer
from relevo.plugins.report import PluginBroken, PluginFault
from relevo.providers import CORE_API, Provider

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
        _check_provider(plugin, offer)
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


def described(thing: object) -> str:
    """Name an object for an error, without its repr, which may be long or fail."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    if inspect.ismodule(thing):
        return f"the module {thing.__name__}"
    return f"an object of type {type(thing).__name__}"


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


def _check_provider(plugin: str, offer: object) -> None:
    if not isinstance(offer, type) or not issubclass(offer, Provider):
        msg = f"{PROVIDERS} gave {described(offer)}; it has to give subclasses of relevo.Provider."
        raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)
    _check_core_api(offer)
    for attribute, (is_right, wanted) in _ATTRIBUTES.items():
        if not is_right(getattr(offer, attribute, None)):
            msg = f"class {offer.__name__} has to set {attribute!r} to {wanted}."
            raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)
    if missing := sorted(offer.__abstractmethods__):
        msg = f"class {offer.__name__} has to write {', '.join(missing)}."
        raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)
    if not _takes_a_message(offer.send):
        msg = f"class {offer.__name__} has to write send as 'async def send(self, message)'."
        raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)
    if offer.name != plugin:
        msg = (
            f"class {offer.__name__} is named {offer.name!r}, but the entry point is named "
            f"{plugin!r}. They have to be the same; a second provider needs its own entry point."
        )
        raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)


def _takes_a_message(send: Callable[..., object]) -> bool:
    if not inspect.iscoroutinefunction(send):
        return False
    try:
        inspect.signature(send).bind("self", "message")
    except TypeError:
        return False
    return True


def _check_core_api(provider: type[Provider[Any]]) -> None:
    written_for: object = provider.core_api
    if written_for == CORE_API:
        return
    newer = isinstance(written_for, int) and written_for > CORE_API
    cure = "Upgrade relevo." if newer else "Upgrade the plugin."
    msg = (
        f"class {provider.__name__} was written for core API {written_for!r}; "
        f"this relevo has {CORE_API}. {cure}"
    )
    raise PluginBroken(PluginFault.CORE_API, msg)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel


def _are_capabilities(value: object) -> bool:
    return isinstance(value, AbstractSet) and all(isinstance(one, Capability) for one in value)


_ATTRIBUTES: Mapping[str, tuple[Callable[[object], bool], str]] = MappingProxyType(
    {
        "name": (_is_word, "the entry point's name"),
        "config_type": (_is_model, "a pydantic model"),
        "capabilities": (_are_capabilities, "a frozenset of relevo.Capability"),
    }
)
