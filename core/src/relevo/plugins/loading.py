"""Load the plugins once, at start: find, import, check, collect, report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from relevo.config import PluginSettings
from relevo.plugins.discovery import InstalledPlugin, find_plugins
from relevo.plugins.importing import import_plugins
from relevo.plugins.loaded import (
    Claims,
    LoadedPlugin,
    Plugins,
    claim,
    cure,
    failed_row,
    refuse_failures,
)
from relevo.plugins.offers import COMMANDS, MOUNTS, PROVIDERS, SANDBOXES, SETTINGS
from relevo.plugins.registration import PluginHooks
from relevo.plugins.report import PluginBroken, PluginFault, PluginRow, PluginState

AT_LOADING = (PROVIDERS, COMMANDS, SANDBOXES, MOUNTS, SETTINGS)
"""The hooks that need nothing but the plugin."""


def load_plugins(
    settings: PluginSettings | None = None, *, path: Sequence[str] | None = None
) -> Plugins:
    """Load the enabled plugins; one that fails is a line in the report and harms no other.

    Args:
        settings: Which are enabled; all that are installed by default.
        path: Folders in which distributions are looked for, `sys.path` by default.

    Raises:
        ConfigurationError: A plugin failed, and `settings.strict` is set.
    """
    settings = settings or PluginSettings()
    found, rows = find_plugins(path)
    owners: dict[str, list[InstalledPlugin]] = defaultdict(list)
    for plugin in found:
        owners[plugin.name].append(plugin)
    rows += _missing(settings, owners)
    wanted: dict[str, InstalledPlugin] = {}
    for name in _order(settings, owners):
        if reason := _disabled(settings, name):
            rows += [_disabled_row(plugin, reason) for plugin in owners[name]]
        elif len(owners[name]) > 1:
            rows += _duplicates(owners[name])
        else:
            wanted[name] = owners[name][0]
    loaded, failed = _load(wanted)
    plugins = Plugins(loaded, [*rows, *failed], strict=settings.strict)
    if settings.strict:
        refuse_failures(plugins.report)
    return plugins


def _load(wanted: dict[str, InstalledPlugin]) -> tuple[list[LoadedPlugin], list[PluginRow]]:
    objects = import_plugins(wanted, list(wanted))
    claims: Claims = {}
    loaded: list[LoadedPlugin] = []
    failed: list[PluginRow] = []
    for name, plugin in wanted.items():
        try:
            loaded.append(_check(plugin, objects[name], claims))
        except PluginBroken as broken:
            failed.append(failed_row(plugin, broken))
    return loaded, failed


def _check(plugin: InstalledPlugin, imported: object, claims: Claims) -> LoadedPlugin:
    if isinstance(imported, PluginBroken):
        raise imported
    hooks = PluginHooks(plugin.name, imported)
    offered = {hook: hooks.collect(hook) for hook in AT_LOADING}
    claim(claims, plugin.name, offered)
    return LoadedPlugin(plugin, hooks, offered)


def _order(settings: PluginSettings, owners: Iterable[str]) -> list[str]:
    """Take the order of `enabled` where there is one, else the alphabet's."""
    listed = [name for name in settings.enabled or () if name in owners]
    return [*dict.fromkeys(listed), *sorted(set(owners) - set(listed))]


def _disabled(settings: PluginSettings, name: str) -> str | None:
    if name in settings.disabled:
        return "it is listed in plugins.disabled. Remove it there to use it."
    if settings.enabled is not None and name not in settings.enabled:
        return "it is not listed in plugins.enabled. Add it there to use it."
    return None


def _disabled_row(plugin: InstalledPlugin, reason: str) -> PluginRow:
    return PluginRow(
        name=plugin.name,
        state=PluginState.DISABLED,
        distribution=plugin.distribution,
        version=plugin.version,
        code=PluginFault.DISABLED,
        error=f"Plugin {plugin.name!r} ({plugin.owner}): {reason}",
    )


def _duplicates(plugins: Sequence[InstalledPlugin]) -> Iterator[PluginRow]:
    named = " and ".join(f"{plugin.owner} ({plugin.value})" for plugin in plugins)
    sentence = (
        f"its name is declared more than once, by {named}. Uninstall all but one, "
        "or list the name in plugins.disabled."
    )
    for plugin in plugins:
        yield failed_row(plugin, PluginBroken(PluginFault.DUPLICATE_NAME, sentence))


def _missing(settings: PluginSettings, installed: Iterable[str]) -> Iterator[PluginRow]:
    for name in dict.fromkeys([*(settings.enabled or ()), *settings.disabled]):
        if name in installed:
            continue
        if name in settings.disabled:
            yield PluginRow(
                name=name,
                state=PluginState.DISABLED,
                code=PluginFault.DISABLED,
                error=f"Plugin {name!r} is listed in plugins.disabled, and not installed.",
            )
            continue
        there = f"Installed: {', '.join(sorted(installed)) or 'none'}."
        yield PluginRow(
            name=name,
            state=PluginState.FAILED,
            code=PluginFault.NOT_INSTALLED,
            error=f"Plugin {name!r} is enabled but not installed.{cure(name, installed)} {there}",
        )
