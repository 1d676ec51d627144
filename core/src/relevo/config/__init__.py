"""Settings: `relevo.toml`, and the environment over it."""

from relevo.config.retention import RetentionSettings
from relevo.config.settings import (
    PipelineSettings,
    PluginSettings,
    Settings,
    WorkerSettings,
    load_settings,
    load_table,
    parse_settings,
)

__all__ = [
    "PipelineSettings",
    "PluginSettings",
    "RetentionSettings",
    "Settings",
    "WorkerSettings",
    "load_settings",
    "load_table",
    "parse_settings",
]
