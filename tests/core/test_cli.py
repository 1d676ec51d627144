"""The `relevo` command: what it prints in a terminal, in a pipe, and when things go wrong."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import relevo
from relevo.cli.app import HOMES, run
from relevo.cli.failures import MEANINGS, explain
from relevo.plugins import load_plugins
from relevo.problem_detail import ProblemDetail

RELEVO = Path(sys.executable).with_name("relevo")
PutPlugin = Callable[[str, str], None]
InPipe = Callable[..., subprocess.CompletedProcess[str]]
InTerminal = Callable[..., tuple[str, int]]

COMMANDS = """
import anyio, relevo

def greet_by_number(*, number: int = 0) -> int:
    '''Greet with a number.'''
    print(f"hello {number}")
    return number

async def from_the_loop() -> None:
    await anyio.sleep(0)
    print("from the loop")

def fail(*, kind: str) -> None:
    raise {
        "configuration": relevo.ConfigurationError("The settings are wrong; mend them."),
        "engine": relevo.EngineUnavailable("The store is locked; stop the other one."),
        "refused": relevo.Rejected("It was refused."),
        "unreachable": relevo.ServerUnreachable("Nobody answers."),
        "pending": relevo.StillPending("m1", "queued"),
        "grouped": ExceptionGroup("x", [ExceptionGroup("y", [relevo.EngineBusy("Full.")])]),
        "defect": ZeroDivisionError("by zero"),
        "interrupt": KeyboardInterrupt(),
        "grouped_interrupt": BaseExceptionGroup("x", [KeyboardInterrupt()]),
    }[kind]

def show_one(word: str, /, *, loud: bool = False) -> None:
    '''Show one.'''
    print(word.upper() if loud else word)

@relevo.hookimpl
def relevo_commands():
    return [
        relevo.Command("greet", greet_by_number),
        relevo.Command(
            "words", greet_by_number, "Words.", subcommands=(relevo.Command("show", show_one),)
        ),
        relevo.Command("looped", from_the_loop, help="Run in the loop."),
        relevo.Command("fail", fail),
    ]
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No relevo.toml and no account of the machine takes part."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)


@pytest.fixture
def put_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PutPlugin:
    """Install a plugin of one module beside the others, for this test and its subprocesses."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", str(site))

    def put(name: str, code: str) -> None:
        (site / f"{name}.py").write_text(code, "utf-8")
        info = site / f"{name}_dist-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-dist\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[relevo.plugins]\n{name} = {name}\n")
        importlib.invalidate_caches()
        monkeypatch.delitem(sys.modules, name, raising=False)

    return put


def test_greeting_names_the_three_commands_to_start_with(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([]) == 0
    out = capsys.readouterr().out
    assert out.startswith("relevo 0.")
    assert all(f"relevo {name}" in out for name in ("demo", "serve", "plugins"))
    assert "\x1b" not in out


def test_version_is_one_plain_line(in_pipe: InPipe) -> None:
    told = in_pipe("--version")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.split()[0] == "relevo"
    assert len(told.stdout.splitlines()) == 1


def test_plugins_in_a_pipe_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plugins"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {len(row) for row in rows} == {6}
    assert ["console", "relevo-console", "0.1.0", "loaded", "provider", "-"] in rows


def test_plugins_as_json_are_one_object_a_line(
    capsys: pytest.CaptureFixture[str], put_plugin: PutPlugin
) -> None:
    put_plugin("half_baked", "raise AssertionError('half baked')")
    assert run(["plugins", "--json"]) == 1
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["console"]["state"] == "loaded"
    assert rows["half_baked"]["state"] == "failed"
    assert rows["half_baked"]["distribution"] == "half_baked-dist"
    assert rows["half_baked"]["version"] == "1.2"
    assert "half baked" in rows["half_baked"]["error"]
    assert "Traceback" in rows["half_baked"]["traceback"]


def test_plugins_in_a_terminal_are_a_coloured_table(
    put_plugin: PutPlugin, in_terminal: InTerminal
) -> None:
    put_plugin("half_baked", "raise SystemExit(3)")
    shown, code = in_terminal("plugins")
    assert code == 1
    header = next(line for line in shown.splitlines() if "package" in line)
    assert "plugin" in header
    assert "\x1b[32mloaded" in shown
    assert "\x1b[1;31mfailed" in shown
    assert "SystemExit" in shown
    assert "Traceback" not in shown


def test_broken_plugin_is_silent_where_nobody_asked(put_plugin: PutPlugin, in_pipe: InPipe) -> None:
    put_plugin("half_baked", "import surely_not_installed")
    told = in_pipe("--version")
    assert (told.returncode, told.stderr) == (0, "")
    assert "half_baked" in in_pipe().stdout


def test_disabled_plugins_are_listed_as_such(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "elsewhere.toml"
    config.write_text('[plugins]\nenabled = ["console"]\n', "utf-8")
    assert run(["plugins", "--config", str(config), "--json"]) == 0
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["console"]["state"] == "loaded"
    assert rows["meta_whatsapp"]["state"] == "disabled"


def test_plugins_commands_are_commands(
    capsys: pytest.CaptureFixture[str], put_plugin: PutPlugin
) -> None:
    put_plugin("acme_tools", COMMANDS)
    assert run(["greet", "--number", "7"]) == 7
    assert run(["looped"]) == 0
    assert capsys.readouterr().out == "hello 7\nfrom the loop\n"
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    assert "Greet with a number." in out
    assert "Run in the loop." in out


def test_plugins_command_that_cannot_be_added_harms_no_other(
    capsys: pytest.CaptureFixture[str], put_plugin: PutPlugin
) -> None:
    """A name that is taken is told of; ours stays ours."""
    put_plugin("acme_tools", COMMANDS.replace('"looped"', '"plugins"'))
    assert run(["plugins"]) == 0
    out, err = capsys.readouterr()
    assert "console" in out
    assert "'plugins'" in err
    assert run(["greet"]) == 0


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("configuration", 2, "The settings are wrong; mend them."),
        ("engine", 3, "The store is locked; stop the other one."),
        ("refused", 1, "It was refused."),
        ("unreachable", 4, "Nobody answers."),
        ("pending", 5, "Message m1 is still queued; it goes on by itself."),
        ("grouped", 3, "Full."),
        ("defect", 70, "ZeroDivisionError: by zero"),
    ],
)
def test_errors_are_sentences_with_their_code(
    kind: str, code: int, words: str, capsys: pytest.CaptureFixture[str], put_plugin: PutPlugin
) -> None:
    put_plugin("acme_tools", COMMANDS)
    assert run(["fail", "--kind", kind]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("relevo: ")
    assert words in err
    assert "Traceback" not in err
    assert run(["--debug", "fail", "--kind", kind]) == code
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["interrupt", "grouped_interrupt"])
def test_interrupt_ends_quietly(
    kind: str, capsys: pytest.CaptureFixture[str], put_plugin: PutPlugin
) -> None:
    put_plugin("acme_tools", COMMANDS)
    assert run(["fail", "--kind", kind]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["plugnis"], 'Unknown command "plugnis"'),
        (["plugins", "--jsno"], "--jsno"),
        (["plugins", "stray"], "Nobody reads 'stray'."),
        (["plugins", "--config"], "--config has no value behind it."),
        (["plugins", "--config", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_wrong_usage_is_told_in_a_line(
    tokens: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tokens) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1


def test_command_can_have_commands_below_it(
    capsys: pytest.CaptureFixture[str], put_plugin: PutPlugin
) -> None:
    put_plugin("acme_tools", COMMANDS)
    assert run(["words", "--number", "3"]) == 3
    assert run(["words", "show", "hola", "--loud"]) == 0
    assert capsys.readouterr().out == "hello 3\nHOLA\n"
    assert run(["words", "shwo"]) == 2
    assert "'shwo'" in capsys.readouterr().err


def test_help_tells_every_exit_code_and_no_flag_twice(
    capsys: pytest.CaptureFixture[str], put_plugin: PutPlugin
) -> None:
    put_plugin("acme_tools", COMMANDS)
    assert run(["words", "show", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--loud" in out
    assert "--no-loud" not in out
    assert "False" not in out
    told = " ".join(out.split())
    assert [meaning for code, meaning in MEANINGS.items() if f"{code} {meaning}" not in told] == []


@pytest.mark.parametrize("command", sorted(HOMES))
def test_command_whose_package_is_missing_says_what_to_install(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relevo.cli.app._load_plugins", lambda: load_plugins(path=[]))
    assert run([command]) == 2
    assert f"pip install '{HOMES[command]}'" in capsys.readouterr().err


def test_completion_is_installed_for_the_shell_and_completes_our_commands(
    in_pipe: InPipe, tmp_path: Path
) -> None:
    """In a home of its own; bash itself reads the script and answers."""
    told = in_pipe("--install-completion", "--shell", "bash", HOME=str(tmp_path))
    assert (told.returncode, told.stderr) == (0, "")
    (script,) = (tmp_path / ".local").rglob("completions/relevo")
    assert str(script) in (tmp_path / ".bashrc").read_text("utf-8")
    asking = (
        f". {script}; COMP_WORDS=(relevo do); COMP_CWORD=1; "
        "$(complete -p relevo | sed 's/.*-F \\([^ ]*\\).*/\\1/') relevo do relevo; "
        'echo "${COMPREPLY[@]}"'
    )
    answer = subprocess.run(
        ["bash", "-c", asking], capture_output=True, text=True, check=False, timeout=30
    )
    assert answer.stdout.split() == ["doctor"], answer.stderr


def test_command_of_a_disabled_plugin_says_what_disabled_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "relevo.toml").write_text('[plugins]\nenabled = ["console"]\n', "utf-8")
    assert run(["serve"]) == 2
    assert "plugins.enabled" in capsys.readouterr().err


def test_broken_settings_break_only_what_needs_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "relevo.toml").write_text("engine = [", "utf-8")
    assert run(["--version"]) == 0
    assert run([]) == 0
    capsys.readouterr()
    assert run(["plugins"]) == 2
    assert "relevo.toml" in capsys.readouterr().err


def test_reader_that_left_is_no_defect() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [RELEVO, "plugins", "--json"], stdout=writing, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(writing)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (1, "")


def test_characters_the_terminal_lacks_are_shown_as_numbers(
    put_plugin: PutPlugin, in_pipe: InPipe
) -> None:
    put_plugin("acme_tools", COMMANDS.replace("hello", "héllo \N{BULLET}"))
    told = in_pipe("greet", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == "h\\xe9llo \\u2022 0\n"


def test_missing_extra_is_a_plain_sentence() -> None:
    code = "import sys; sys.modules['cyclopts'] = None; from relevo.cli import main; main()"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert "pip install 'relevo[cli]'" in told.stderr
    assert len(told.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (relevo.EngineUnavailable("The store is away."), 3),
        (relevo.EngineBusy("Too much to do."), 3),
        (relevo.TooManyRequests("Ask again in 1 s."), 1),
        (relevo.UnknownMessage("No such message."), 1),
        (relevo.Unauthorized("Show a key."), 6),
        (relevo.ConfigurationError("The server's settings are wrong."), 1),
    ],
)
def test_what_a_server_says_ends_with_the_code_a_script_can_go_by(
    error: relevo.RelevoError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its store that is away can be tried again, as one here; the rest is a no."""
    error.problem = ProblemDetail("/problems/x", "X", 500, error.message, "x", "/")
    assert explain(error, debug=False) == code
    assert error.message in capsys.readouterr().err
