"""Build the command line of our commands and the plugins', and run it."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from types import MappingProxyType

import cyclopts

from relevo.cli.db import make_db_command
from relevo.cli.doctor import make_doctor_command
from relevo.cli.failures import FAILED, INTERRUPTED, MEANINGS, USAGE, explain, leaves_of, note
from relevo.cli.greeting import greet
from relevo.cli.keys import make_keys_command
from relevo.cli.plugin_list import make_plugins_command
from relevo.cli.usage import usage_fault
from relevo.config import PluginSettings, load_settings
from relevo.errors import ConfigurationError
from relevo.hooks import Command
from relevo.plugins import Plugins, load_plugins

DEBUG = "--debug"
HOMES = MappingProxyType(
    {
        **dict.fromkeys(["demo", "serve", "send", "events", "messages"], "relevo-server"),
        "sandbox": "relevo-meta-whatsapp[sandbox]",
        "meta": "relevo-meta-whatsapp",
    }
)
"""Commands people look for, and what each is installed with."""
_CODES = "; ".join(f"{code} {meaning}" for code, meaning in MEANINGS.items())
_EPILOGUE = f"Exit codes: {_CODES}.\n\n--debug, anywhere, shows the traceback of an error."


def run(tokens: Sequence[str]) -> int:
    """Run one command line; give its exit code. Errors are sentences, not tracebacks."""
    _never_fail_on_characters()
    # What plugins came to is shown where it is asked for, not logged before every command.
    logging.getLogger("relevo").addHandler(logging.NullHandler())
    rest = [token for token in tokens if token != DEBUG]
    try:
        code = _run_command(rest)
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt, BaseExceptionGroup) as error:  # noqa: BLE001 - last resort
        kinds = {type(leaf) for leaf in leaves_of(error)}
        if KeyboardInterrupt in kinds:
            return INTERRUPTED
        if kinds == {BrokenPipeError}:
            _let_stdout_go()
            return FAILED
        return explain(error, debug=len(rest) < len(tokens))
    return code


def build_app(plugins: Plugins) -> cyclopts.App:
    """Build the command line; a plugin's command that cannot be added is left out and named."""
    app = cyclopts.App(
        name="relevo",
        help="Hand over a message, and know everything that happens to it.",
        help_epilogue=_EPILOGUE,
        version=version_line,
        suppress_keyboard_interrupt=False,
        # A flag that is off needs no second name, and no default to be told of.
        default_parameter=cyclopts.Parameter(negative=(), show_default=_worth_telling),
    )
    app.register_install_completion_command(help="Let your shell complete commands with Tab.")
    ours = [
        Command("plugins", make_plugins_command(plugins), "Show every plugin and its state."),
        Command("doctor", make_doctor_command(plugins)),
        make_db_command(),
        make_keys_command(),
    ]
    for command in [*ours, *plugins.commands()]:
        try:
            _add(app, command)
        except Exception as error:  # noqa: BLE001 - a plugin's function may be anything
            note(f"command {command.name!r} cannot be added ({type(error).__name__}: {error})")
    return app


def version_line() -> str:
    """Give `relevo` and its version."""
    return f"relevo {importlib.metadata.version('relevo')}"


def _add(app: cyclopts.App, command: Command) -> None:
    if not command.subcommands:
        app.command(command.run, name=command.name, help=command.help or None)
        return
    group = cyclopts.App(name=command.name, help=command.help or None)
    group.default(command.run)
    for subcommand in command.subcommands:
        _add(group, subcommand)
    app.command(group)


def _worth_telling(default: object) -> object:
    return None if default is False else default


def _run_command(tokens: list[str]) -> int:
    if tokens == ["--version"]:
        print(version_line())  # noqa: T201 - the answer, without waiting for plugins
        return 0
    plugins = _load_plugins()
    if not tokens:
        greet(version_line(), [command.name for command in plugins.commands()], plugins.report)
        return 0
    app = build_app(plugins)
    try:
        result = app(tokens, print_error=False, exit_on_error=False, result_action="return_value")
    except cyclopts.CycloptsError as error:
        note(f"{usage_fault(error)}{_hint(tokens[0], error, plugins)}")
        return USAGE
    return result if isinstance(result, int) else 0


def _load_plugins() -> Plugins:
    """Load what the settings enable; a command that needs the settings reports their faults."""
    try:
        chosen = load_settings().plugins.model_copy(update={"strict": False})
    except ConfigurationError:
        chosen = PluginSettings()
    return load_plugins(chosen)


def _hint(command: str, error: cyclopts.CycloptsError, plugins: Plugins) -> str:
    if not isinstance(error, cyclopts.UnknownCommandError):
        # The whole path, such as `messages resolve`: a group's own help has none of its options.
        path = " ".join(error.command_chain or [command])
        return f" Try: relevo {path} --help"
    if command in HOMES:
        package = HOMES[command].partition("[")[0]
        home = next((r for r in plugins.report.rows if r.distribution == package), None)
        if home is not None and home.error:
            return f" {home.error}"
        return f" It comes with a package: pip install '{HOMES[command]}'"
    if plugins.report.failed:
        return " Plugins failed that may have it; see: relevo plugins"
    return " See: relevo --help"


def _let_stdout_go() -> None:
    """Whoever read our output left; Python would complain again when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _never_fail_on_characters() -> None:
    """Show a character the terminal cannot as its number, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
