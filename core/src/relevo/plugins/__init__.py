"""Plugins: stevedore finds and imports, pluggy checks, typed objects work."""

from relevo.plugins.loaded import Plugins
from relevo.plugins.loading import load_plugins
from relevo.plugins.report import PluginFault, PluginReport, PluginRow, PluginState

__all__ = [
    "PluginFault",
    "PluginReport",
    "PluginRow",
    "PluginState",
    "Plugins",
    "load_plugins",
]
