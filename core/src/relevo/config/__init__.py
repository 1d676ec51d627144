"""Settings: `relevo.toml`, and the environment over it."""

from relevo.config.settings import (
    PipelineSettings,
    PluginSettings,
    Settings,
    WorkerSettings,
    load_settings,
    parse_settings,
)

__all__ = [
    "PipelineSettings",
    "PluginSettings",
    "Settings",
    "WorkerSettings",
    "load_settings",
    "parse_settings",
]
