"""Which plugins are installed, by whom: read from the installed distributions, fresh each time."""

from __future__ import annotations

import importlib.metadata
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from relevo.plugins.report import PluginFault, PluginRow, PluginState

logger = logging.getLogger("relevo.plugins")

GROUP = "relevo.plugins"


@dataclass(frozen=True, slots=True)
class InstalledPlugin:
    """One entry point and the distribution that declares it."""

    name: str
    value: str
    """What it names: `module` or `module:object`."""
    distribution: str
    version: str

    @property
    def owner(self) -> str:
        """The distribution and its version, as people read them."""
        return f"{self.distribution} {self.version}".strip()


def find_plugins(
    path: Sequence[str] | None = None,
) -> tuple[list[InstalledPlugin], list[PluginRow]]:
    """List the installed plugins, and a row for each distribution whose list cannot be read.

    Args:
        path: Folders to look in, as `sys.path`, which it is by default.
    """
    found: dict[tuple[str, str, str], InstalledPlugin] = {}
    unreadable: list[PluginRow] = []
    for name, version, distribution in _distributions(path):
        try:
            entry_points = [ep for ep in distribution.entry_points if ep.group == GROUP]
        except Exception as error:  # noqa: BLE001 - a damaged file harms its own distribution only
            unreadable += _unreadable(name, version, distribution, error)
            continue
        for entry_point in entry_points:
            plugin = InstalledPlugin(entry_point.name, entry_point.value, name, version)
            found[plugin.name, plugin.value, name] = plugin
    return list(found.values()), unreadable


def _distributions(
    path: Sequence[str] | None,
) -> Iterator[tuple[str, str, importlib.metadata.Distribution]]:
    """Give each distribution once: the first on the path is the one that is imported."""
    installed: Iterable[importlib.metadata.Distribution] = (
        importlib.metadata.distributions()
        if path is None
        else importlib.metadata.distributions(path=list(path))
    )
    seen: set[str] = set()
    for distribution in installed:
        name, version = _identity(distribution)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key not in seen:
            seen.add(key)
            yield name, version, distribution


def _identity(distribution: importlib.metadata.Distribution) -> tuple[str, str]:
    """Tell name and version, even of what an interrupted installation left behind."""
    try:
        metadata = distribution.metadata
        name, version = ((metadata.get_all(key) or [""])[0] for key in ("Name", "Version"))
    except Exception:  # noqa: BLE001 - which errors there are differs between Pythons
        name = version = ""
    folder = getattr(distribution, "_path", None)
    stem, _, rest = str(getattr(folder, "stem", "")).partition("-")
    return name or stem or repr(distribution), version or rest


def _unreadable(
    name: str, version: str, distribution: importlib.metadata.Distribution, error: Exception
) -> Iterator[PluginRow]:
    try:
        ours = GROUP in (distribution.read_text("entry_points.txt") or "")
    except Exception:  # noqa: BLE001 - not even text
        ours = False
    if not ours:
        logger.warning("The entry points of distribution %r cannot be read; skipped.", name)
        return
    yield PluginRow(
        name=name,
        state=PluginState.FAILED,
        distribution=name,
        version=version,
        code=PluginFault.UNREADABLE,
        error=f"The entry points of {name} cannot be read ({type(error).__name__}). Reinstall it.",
    )
