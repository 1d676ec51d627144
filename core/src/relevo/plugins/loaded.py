"""The loaded plugins, as the rest of Relevo sees them: typed objects, and a report."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from relevo.config import Settings
from relevo.errors import ConfigurationError, PluginUnavailable
from relevo.findings import did_you_mean
from relevo.handlers import EventReader
from relevo.hooks import Command, Mount, Sandbox, SettingsTable
from relevo.layers import BUNDLED
from relevo.middleware import Layer
from relevo.plugins.discovery import InstalledPlugin
from relevo.plugins.offers import (
    COMMANDS,
    HANDLERS,
    MIDDLEWARE,
    MOUNTS,
    NAME_OF,
    OFFERS,
    PROVIDERS,
    SANDBOXES,
    SETTINGS,
)
from relevo.plugins.registration import PluginHooks
from relevo.plugins.report import PluginBroken, PluginFault, PluginReport, PluginRow, PluginState
from relevo.providers import AnyProvider

logger = logging.getLogger("relevo.plugins")

Claims = MutableMapping[tuple[str, str], str]
"""Who offers what: the plugin by hook and name."""

AT_START = (MIDDLEWARE, HANDLERS)
"""Hooks that are asked at every start, with the settings."""

_PLUGIN_NAME = re.compile(r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """One plugin that works, and what its hooks gave when it was loaded."""

    installed: InstalledPlugin
    hooks: PluginHooks
    offered: Mapping[str, list[Any]]

    @property
    def row(self) -> PluginRow:
        """Its line of the report."""
        given = {hook for hook, offers in self.offered.items() if offers}
        given |= {hook for hook in AT_START if self.hooks.implements(hook)}
        return PluginRow(
            name=self.installed.name,
            state=PluginState.LOADED,
            distribution=self.installed.distribution,
            version=self.installed.version,
            offers=tuple(word for hook, word in OFFERS.items() if hook in given),
        )


class Plugins:
    """Give what the loaded plugins offer.

    Args:
        loaded: Those that work, in the order in which they are asked.
        rows: The report's lines about the others.
        strict: Whether a plugin that fails later, when asked for layers, is an error.
    """

    def __init__(
        self, loaded: Iterable[LoadedPlugin], rows: Iterable[PluginRow], *, strict: bool = False
    ) -> None:
        self._loaded = {plugin.installed.name: plugin for plugin in loaded}
        self._others = list(rows)
        self._strict = strict

    @property
    def providers(self) -> Mapping[str, type[AnyProvider]]:
        """The provider classes by name."""
        offered: list[type[AnyProvider]] = self._offered(PROVIDERS)
        return MappingProxyType({provider.name: provider for provider in offered})

    @property
    def report(self) -> PluginReport:
        """What became of each plugin, by name."""
        rows = [*(plugin.row for plugin in self._loaded.values()), *self._others]
        return PluginReport(tuple(sorted(rows, key=lambda row: (row.name, row.distribution or ""))))

    def commands(self) -> list[Command]:
        """Give the commands."""
        return self._offered(COMMANDS)

    def sandboxes(self) -> list[Sandbox]:
        """Give the sandboxes; none is running."""
        return self._offered(SANDBOXES)

    def mounts(self) -> list[Mount]:
        """Give the ASGI applications."""
        return self._offered(MOUNTS)

    def settings_tables(self) -> list[SettingsTable]:
        """Give the tables of the settings that plugins check."""
        return self._offered(SETTINGS)

    def layers(self, settings: Settings) -> list[Layer]:
        """Ask the plugins for their layers; one that fails here is taken out whole.

        Raises:
            ConfigurationError: One failed, and `plugins.strict` is set.
        """
        return self._ask(MIDDLEWARE, settings, {(MIDDLEWARE, name): "relevo" for name in BUNDLED})

    def event_handlers(
        self, settings: Settings, given: Iterable[EventReader] = ()
    ) -> list[EventReader]:
        """Ask the plugins for their event handlers; one that fails here is taken out whole.

        Args:
            settings: Those of this start.
            given: The application's own, which come first and whose names are taken.

        Raises:
            ConfigurationError: One failed, and `plugins.strict` is set.
        """
        first = list(given)
        claims = {(HANDLERS, one.name): "the application" for one in first}
        return [*first, *self._ask(HANDLERS, settings, claims)]

    def _ask(self, hook: str, settings: Settings, claims: Claims) -> list[Any]:
        found: list[Any] = []
        for name, plugin in list(self._loaded.items()):
            try:
                offered = plugin.hooks.collect(hook, quiet=True, settings=settings)
                claim(claims, name, {hook: offered})
            except PluginBroken as broken:
                del self._loaded[name]
                self._others.append(failed_row(plugin.installed, broken))
            else:
                found += offered
        if self._strict:
            refuse_failures(self.report)
        return found

    def provider(self, name: str, *, account: str) -> type[AnyProvider]:
        """Give the provider an account uses.

        Raises:
            PluginUnavailable: Says whether it is broken, disabled or not installed,
                and what to do.
        """
        if name in self.providers:
            return self.providers[name]
        wanted = f"Account {account!r} uses provider {name!r}"
        rows = [row for row in self.report.rows if row.name == name]
        msg = f"{wanted}, {self._why_not(name, rows)}"
        raise PluginUnavailable(msg)

    def _why_not(self, name: str, rows: list[PluginRow]) -> str:
        there = f"Installed: {', '.join(sorted(self.providers)) or 'none'}."
        row = next((row for row in rows if row.code is not PluginFault.NOT_INSTALLED), None)
        if row is None:
            return f"which is not installed.{cure(name, self.providers)} {there}"
        if row.state is PluginState.LOADED:
            return f"but the plugin of that name offers no provider. {there}"
        if row.distribution is None:
            return f"which is disabled, and not installed.{install_hint(name)} {there}"
        verb = "is disabled" if row.state is PluginState.DISABLED else "failed"
        return f"whose plugin {verb}. {row.error}"

    def _offered(self, hook: str) -> list[Any]:
        return [offer for plugin in self._loaded.values() for offer in plugin.offered[hook]]

    def __repr__(self) -> str:
        return f"Plugins({', '.join(self._loaded)})"


def claim(claims: Claims, plugin: str, offered: Mapping[str, list[Any]]) -> None:
    """Note all that a plugin offers, or nothing of it.

    Raises:
        PluginBroken: Something of it is offered already.
    """
    mine: Claims = {}
    for hook, offers in offered.items():
        for offer in offers:
            key = (hook, NAME_OF[hook](offer))
            owner = {**claims, **mine}.get(key)
            if owner is not None:
                whose = "twice" if owner == plugin else f"which {owner!r} offers already"
                msg = f"it offers {OFFERS[hook]} {key[1]!r} {whose}. Rename or disable one of them."
                raise PluginBroken(PluginFault.NAME_TAKEN, msg)
            mine[key] = plugin
    claims.update(mine)


def failed_row(plugin: InstalledPlugin, broken: PluginBroken) -> PluginRow:
    """Write the line of a plugin that is taken out, to the log too."""
    sentence = f"Plugin {plugin.name!r} ({plugin.owner}): {broken.sentence}"
    logger.warning("%s", sentence)
    return PluginRow(
        name=plugin.name,
        state=PluginState.FAILED,
        distribution=plugin.distribution,
        version=plugin.version,
        code=broken.code,
        error=sentence,
        traceback=broken.traceback,
    )


def refuse_failures(report: PluginReport) -> None:
    """Make every failure an error.

    Raises:
        ConfigurationError: Names all plugins that failed, and why.
    """
    if report.failed:
        reasons = " ".join(row.error or row.name for row in report.failed)
        msg = f"plugins.strict is set and a plugin failed. {reasons}"
        raise ConfigurationError(msg)


def cure(plugin: str, installed: Iterable[str]) -> str:
    """Say what to do about a plugin that is not there: a slip is corrected, not installed."""
    return did_you_mean(plugin, installed) or install_hint(plugin)


def install_hint(plugin: str) -> str:
    """Say which package to install, if the name can be that of a package."""
    if not _PLUGIN_NAME.fullmatch(plugin):
        return ""
    return f" Install it: pip install relevo-{plugin.replace('_', '-').lower()}."
