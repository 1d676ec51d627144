"""What the settings, the plugins and the pipeline come to."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from relevo.cli.doctor.lines import Line, Verdict
from relevo.config import Settings, load_settings
from relevo.errors import ConfigurationError
from relevo.hooks import SettingsTable
from relevo.layers import choose_layers
from relevo.plugins import PluginRow, Plugins, PluginState

_FILE = Path("relevo.toml")
_SETTINGS = "configuration"
_PLUGINS = "plugins"


def look_at_settings(config: Path | None) -> tuple[Settings | None, list[Line]]:
    """Read the settings; None where they cannot work."""
    file = config or _FILE
    with warnings_of("relevo.config") as warnings:
        try:
            settings = load_settings(config)
        except ConfigurationError as error:
            advice = "Correct it; nothing that needs the settings starts until then."
            return None, [Line(Verdict.BAD, _SETTINGS, file.name, error.message, advice)]
    doubts = [Line(Verdict.DOUBTFUL, _SETTINGS, "environment", words) for words in warnings]
    if file.is_file():
        return settings, [Line(Verdict.GOOD, _SETTINGS, file.name, "read and understood"), *doubts]
    seen = "there is none here; the environment and the defaults count"
    verdict = Verdict.GOOD if settings.accounts else Verdict.DOUBTFUL
    advice = "" if settings.accounts else "Write one, or go to its folder, or give --config FILE."
    return settings, [Line(verdict, _SETTINGS, file.name, seen, advice), *doubts]


def look_at_plugins(plugins: Plugins, settings: Settings | None) -> list[Line]:
    """Tell each plugin's state; a broken one is bad only where something needs it."""
    needed = {account.provider for account in settings.accounts.values()} if settings else set()
    strict = settings is not None and settings.plugins.strict
    if not plugins.report.rows:
        advice = "Install one: pip install relevo-console, or relevo-meta-whatsapp."
        return [Line(Verdict.DOUBTFUL, _PLUGINS, _PLUGINS, "none is installed", advice)]
    return [_plugin_line(row, needed, strict=strict) for row in plugins.report.rows]


def look_at_pipeline(plugins: Plugins, settings: Settings) -> list[Line]:
    """Build the list of layers as a start would."""
    try:
        layers = choose_layers(settings.pipeline.layers, plugins.layers(settings))
    except ConfigurationError as error:
        advice = "Correct [pipeline] layers."
        return [Line(Verdict.BAD, _SETTINGS, "pipeline", error.message, advice)]
    order = " > ".join(layer.name for layer in layers) or "no layers"
    return [Line(Verdict.GOOD, _SETTINGS, "pipeline", order)]


def look_at_tables(plugins: Plugins, settings: Settings) -> list[Line]:
    """Let plugins check the tables that they read."""
    return [line for table in plugins.settings_tables() for line in _table_lines(table, settings)]


def _table_lines(table: SettingsTable, settings: Settings) -> list[Line]:
    subject = f"[{table.name}]"
    try:
        faults = table.check(settings)
    except Exception as error:  # noqa: BLE001 - a plugin's check may raise anything
        # Not its words: it was given what may be secret.
        seen = f"its check raised {type(error).__name__}"
        advice = "This is a defect of the plugin that reads it; see: relevo plugins"
        return [Line(Verdict.DOUBTFUL, _SETTINGS, subject, seen, advice)]
    if not faults:
        return [Line(Verdict.GOOD, _SETTINGS, subject, "can work")]
    advice = f"Correct {subject}; what reads it does not start until then."
    return [Line(Verdict.BAD, _SETTINGS, subject, str(fault), advice) for fault in faults]


def _plugin_line(row: PluginRow, needed: Collection[str], *, strict: bool) -> Line:
    version = row.version or ""
    if row.state is PluginState.LOADED:
        seen = f"{row.distribution} {version}: {', '.join(row.offers) or 'offers nothing'}"
        return Line(Verdict.GOOD, _PLUGINS, row.name, seen)
    if row.state is PluginState.DISABLED:
        return Line(Verdict.GOOD, _PLUGINS, row.name, f"disabled. {row.error or ''}".rstrip())
    bad = strict or row.name in needed
    advice = "" if bad else "No account uses it, so nothing else is harmed."
    verdict = Verdict.BAD if bad else Verdict.DOUBTFUL
    return Line(verdict, _PLUGINS, row.name, row.error or "failed", advice)


@contextmanager
def warnings_of(logger: str) -> Iterator[list[str]]:
    """Collect what a part of Relevo warns of, as people would read it in the log."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    part, listener = logging.getLogger(logger), Listener(logging.WARNING)
    level = part.level
    part.addHandler(listener)
    part.setLevel(logging.WARNING)
    try:
        yield said
    finally:
        part.removeHandler(listener)
        part.setLevel(level)
