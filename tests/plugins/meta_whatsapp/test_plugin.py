"""What the package offers to Relevo, and what it needs for that."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pluggy

import relevo
import relevo_meta_whatsapp
from relevo_meta_whatsapp import MetaWhatsApp, components
from relevo_meta_whatsapp.native import NATIVE_CONTENTS

WITHOUT_EXTRA = """
import sys
sys.modules["litestar"] = sys.modules["uvicorn"] = None  # as if not installed
import anyio
import relevo_meta_whatsapp as plugin
assert plugin.relevo_providers() == [plugin.MetaWhatsApp]
(sandbox,) = plugin.relevo_sandboxes()
async def main():
    async with sandbox.start("http://127.0.0.1:9/"):
        raise AssertionError
try:
    anyio.run(main)
except Exception as error:
    print(type(error).__name__, error)
"""
LAZY = """
import sys
import relevo_meta_whatsapp
from relevo_meta_whatsapp.sandbox import MetaSandbox
assert not {"litestar", "uvicorn"} & set(sys.modules), "imported too early"
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_entry_point_bears_the_providers_name() -> None:
    (entry,) = entry_points(group="relevo.plugins", name=MetaWhatsApp.name)
    assert entry.load() is relevo_meta_whatsapp


def test_the_module_implements_hooks_under_relevos_marker() -> None:
    manager = pluggy.PluginManager("relevo")
    manager.register(relevo_meta_whatsapp)
    hooks = {hook for hook in dir(relevo_meta_whatsapp) if hook.startswith("relevo_")}
    marked = {hook for hook in hooks if hasattr(manager.hook, hook)}
    assert marked == {"relevo_commands", "relevo_providers", "relevo_sandboxes"}


def test_the_sandbox_is_of_the_neutral_type() -> None:
    (sandbox,) = relevo_meta_whatsapp.relevo_sandboxes()
    assert isinstance(sandbox, relevo.Sandbox)
    assert sandbox.name == MetaWhatsApp.name


def test_the_extra_is_imported_only_when_a_sandbox_starts() -> None:
    run(LAZY)


def test_without_the_extra_the_provider_works_and_the_sandbox_says_what_to_install() -> None:
    told = run(WITHOUT_EXTRA)
    assert told.startswith("ConfigurationError")
    assert "pip install 'relevo-meta-whatsapp[sandbox]'" in told


def test_page_names_every_content_of_its_own_with_its_class() -> None:
    page = (Path(__file__).parents[3] / "docs" / "whatsapp.md").read_text("utf-8")
    told = dict(re.findall(r"(?m)^\| `(meta_whatsapp\.\w+)` \| `(\w+)`", page))
    assert told == {kind: model.__name__ for kind, model in NATIVE_CONTENTS.items()}


def test_page_names_every_function_that_writes_a_component() -> None:
    page = (Path(__file__).parents[3] / "docs" / "whatsapp.md").read_text("utf-8")
    _, _, table = page.partition("| component | function |")
    table, _, _ = table.partition("\n\n")
    told = {word.strip("`(") for word in re.findall(r"`[a-z_]+[`(]", table)}
    functions = {
        name
        for name, value in vars(components).items()
        if inspect.isfunction(value)
        and value.__module__ == components.__name__
        and not name.startswith("_")
    }
    assert told == functions
