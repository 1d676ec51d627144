"""The hooks: their specifications, and the neutral objects they collect."""

from __future__ import annotations

import inspect
import types

import pluggy
import pytest

import relevo
from relevo import hooks
from relevo.plugins.offers import NAME_OF, OFFERS


def specifications() -> dict[str, types.FunctionType]:
    return {
        name: function
        for name, function in inspect.getmembers(hooks, inspect.isfunction)
        if hasattr(function, "relevo_spec")
    }


def test_every_hook_is_collected_and_named_in_the_report() -> None:
    assert set(specifications()) == set(OFFERS) == set(NAME_OF)


@pytest.mark.parametrize("name", sorted(OFFERS))
def test_every_hook_says_when_it_fires_and_is_synchronous(name: str) -> None:
    hook = specifications()[name]
    assert "Fires once" in (inspect.getdoc(hook) or "")
    assert not inspect.iscoroutinefunction(hook)


def test_an_implementation_may_leave_out_what_it_does_not_need() -> None:
    class Plugin:
        @relevo.hookimpl
        def relevo_middleware(self) -> list[relevo.Layer]:
            return []

    registry = pluggy.PluginManager(hooks.PROJECT)
    registry.add_hookspecs(hooks)
    registry.register(Plugin(), name="plugin")
    registry.check_pending()
    assert registry.hook.relevo_middleware(settings=relevo.Settings()) == [[]]


@pytest.mark.parametrize("name", ["", "Serve", "serve now", "-serve", "serve_it"])
def test_command_refuses_a_name_no_command_line_has(name: str) -> None:
    with pytest.raises(relevo.ConfigurationError, match="no command name"):
        relevo.Command(name, print)


def test_command_takes_words_joined_by_hyphens() -> None:
    assert relevo.Command("new-epoch", print, "Begin again.").name == "new-epoch"


@pytest.mark.parametrize("path", ["", "/", "lab", "/lab/", "/lab//x", "/lab?x=1", "http://lab"])
def test_mount_refuses_a_path_that_cannot_be_served(path: str) -> None:
    async def app(scope: hooks.Scope, receive: hooks.Receive, send: hooks.Send) -> None:
        raise NotImplementedError

    with pytest.raises(relevo.ConfigurationError, match="no path to mount at"):
        relevo.Mount(path, app, "lab")
    assert relevo.Mount("/demo/lab", app, "lab").path == "/demo/lab"
