"""Import the enabled plugins through stevedore, each failure apart."""

from __future__ import annotations

import importlib.metadata
import re
import traceback
from collections.abc import Callable, Mapping, Sequence

from stevedore.extension import ExtensionManager
from stevedore.named import NamedExtensionManager

from relevo.plugins.discovery import GROUP, InstalledPlugin
from relevo.plugins.report import PluginBroken, PluginFault

OnFailure = Callable[[ExtensionManager[object], importlib.metadata.EntryPoint, BaseException], None]
_VALUE = re.compile(r"(?P<module>[\w.]+)\s*(:\s*[\w.]+\s*)?(\[.*\]\s*)?")


def import_plugins(
    installed: Mapping[str, InstalledPlugin], enabled: Sequence[str]
) -> dict[str, object]:
    """Import the enabled names and nothing else.

    Returns:
        Each name's object, or the `PluginBroken` that says why there is none.
    """
    outcomes: dict[str, object] = {}

    def note_failure(
        _: ExtensionManager[object],
        entry_point: importlib.metadata.EntryPoint,
        error: BaseException,
    ) -> None:
        outcomes[entry_point.name] = _explain(installed[entry_point.name], error.__cause__ or error)

    entry_points = [_Guarded(plugin.name, plugin.value, GROUP) for plugin in installed.values()]
    for extension in _Installed(entry_points, enabled, note_failure):
        outcomes[extension.name] = extension.plugin
    return outcomes


def said_by(error: BaseException) -> str:
    """Give an error's class and the first line of its words."""
    try:
        words = str(error).strip().partition("\n")[0]
    except Exception:  # noqa: BLE001 - a plugin's error may not even print
        words = ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def traceback_of(error: BaseException) -> str:
    """Give an error's traceback as text: kept as an object it would keep the plugin alive."""
    return "".join(traceback.format_exception(error)).rstrip()


class _Escaping(Exception):
    """Carry an error that stevedore would let through to the host."""


class _Guarded(importlib.metadata.EntryPoint):
    def load(self) -> object:
        """Import, with every failure as an ordinary error of this plugin.

        stevedore gives its callback no `AssertionError` and no `SystemExit`.
        """
        try:
            return super().load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise _Escaping from error


class _Installed(NamedExtensionManager[object]):
    """Take the entry points that are installed now.

    stevedore's own list comes from a dictionary that lives as long as the
    process and from a file in the user's cache whose key rounds modification
    times: a plugin installed a minute ago can be missing from both.
    """

    def __init__(
        self,
        entry_points: Sequence[importlib.metadata.EntryPoint],
        enabled: Sequence[str],
        note_failure: OnFailure,
    ) -> None:
        self._entry_points = list(entry_points)
        super().__init__(
            GROUP,
            enabled,
            on_load_failure_callback=note_failure,
            on_missing_entrypoints_callback=None,
        )

    def list_entry_points(self) -> list[importlib.metadata.EntryPoint]:
        return self._entry_points


def _explain(plugin: InstalledPlugin, error: BaseException) -> PluginBroken:
    parts = _VALUE.fullmatch(plugin.value)
    if parts is None:
        return PluginBroken(
            PluginFault.INCOMPLETE,
            f"its entry point names {plugin.value!r}, which is no module. Write module or "
            "module:object.",
        )
    where = traceback_of(error)
    if not isinstance(error, ModuleNotFoundError) or error.name is None:
        return PluginBroken(
            PluginFault.IMPORT_FAILED,
            f"importing it raised {said_by(error)}. Upgrade, repair or disable it.",
            where,
        )
    if error.name.partition(".")[0] == parts["module"].partition(".")[0]:
        return PluginBroken(
            PluginFault.INCOMPLETE,
            f"its own module {error.name!r} is not there. "
            f"Reinstall it: pip install --force-reinstall {plugin.distribution}.",
            where,
        )
    return PluginBroken(
        PluginFault.MISSING_DEPENDENCY,
        f"{error.name} is missing. Install it, or declare it in {plugin.distribution}'s "
        "dependencies.",
        where,
    )
