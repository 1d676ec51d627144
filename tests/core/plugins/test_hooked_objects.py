"""Layers and event handlers come from plugins, and one that fails is taken out whole."""

from __future__ import annotations

import pytest
from tests.core.plugins.site import PROVIDER, Site, row_of

import relevo
from relevo.config import Settings
from relevo.plugins import PluginFault, PluginState

MIDDLEWARE = """
    async def pass_on(dispatch, call_next):
        return await call_next(dispatch)

    @relevo.hookimpl
    def relevo_middleware(settings):
        return [relevo.Layer("{layer}", pass_on)]
"""


def test_layers_come_from_plugins_with_the_settings(site: Site) -> None:
    source = PROVIDER.format(name="acme") + MIDDLEWARE.replace(
        '"{layer}"', "f'slots_{settings.worker.slots}'"
    )
    site.install("relevo-acme", {"acme": "acme_plugin"}, {"acme_plugin": source})
    plugins = site.load()
    assert [layer.name for layer in plugins.layers(Settings())] == ["slots_32"]
    assert row_of(plugins, "acme").offers == ("provider", "middleware")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (
            (
                "return [relevo.Layer",
                "raise ValueError(repr(settings.engine))\n        [relevo.Layer",
            ),
            PluginFault.HOOK_RAISED,
            "relevo_middleware raised ValueError.",
        ),
        (
            ("relevo.Layer", "print or relevo.Layer"),
            PluginFault.HOOK_RESULT,
            "has to give Layer objects",
        ),
        (("tag", "logging"), PluginFault.NAME_TAKEN, "which 'relevo' offers already"),
    ],
    ids=["raises", "junk", "bundled name"],
)
def test_plugin_whose_layers_fail_is_taken_out_whole(
    site: Site, change: tuple[str, str], code: PluginFault, words: str
) -> None:
    """Its hook was given the settings, so its own words are shown to nobody."""
    site.install_good()
    middleware = MIDDLEWARE.format(layer="tag")
    assert change[0] in middleware
    source = PROVIDER.format(name="bad") + middleware.replace(*change)
    site.install("relevo-bad", {"bad": "bad_plugin"}, {"bad_plugin": source})
    settings = Settings(engine="canary-7f3a")

    plugins = site.load()
    assert sorted(plugins.providers) == ["bad", "good"]
    assert plugins.layers(settings) == []

    assert list(plugins.providers) == ["good"]
    bad = row_of(plugins, "bad")
    assert (bad.state, bad.code) == (PluginState.FAILED, code)
    assert words in str(bad.error)
    assert "canary" not in f"{bad.error}{bad.traceback}"
    with pytest.raises(relevo.ConfigurationError, match="strict"):
        site.load(strict=True).layers(settings)


HANDLERS = """
    async def tell(event):
        raise NotImplementedError

    @relevo.hookimpl
    def relevo_event_handlers(settings):
        return [relevo.EventHandler(name="{name}", handle=tell)]
"""


async def _take(event: relevo.Event) -> None:
    raise NotImplementedError


def test_event_handlers_come_from_plugins_after_the_applications_own(site: Site) -> None:
    source = PROVIDER.format(name="acme") + HANDLERS.format(name="acme-crm")
    site.install("relevo-acme", {"acme": "acme_plugin"}, {"acme_plugin": source})
    plugins = site.load()
    own = relevo.EventHandler(name="own", handle=_take)
    assert [one.name for one in plugins.event_handlers(Settings(), [own])] == ["own", "acme-crm"]
    assert row_of(plugins, "acme").offers == ("provider", "event handlers")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (
            ("[relevo.EventHandler", "[print, relevo.EventHandler"),
            PluginFault.HOOK_RESULT,
            "has to give EventReader objects",
        ),
        (("handle=tell", "handler=tell"), PluginFault.HOOK_RAISED, "raised TypeError"),
        (("crm", "own"), PluginFault.NAME_TAKEN, "which 'the application' offers already"),
    ],
    ids=["junk", "raises", "name of the application's"],
)
def test_plugin_whose_event_handlers_fail_is_taken_out_whole(
    site: Site, change: tuple[str, str], code: PluginFault, words: str
) -> None:
    site.install_good()
    handlers = HANDLERS.format(name="crm")
    assert change[0] in handlers
    source = PROVIDER.format(name="bad") + handlers.replace(*change)
    site.install("relevo-bad", {"bad": "bad_plugin"}, {"bad_plugin": source})
    plugins = site.load()
    own = relevo.EventHandler(name="own", handle=_take)
    assert plugins.event_handlers(Settings(), [own]) == [own]
    assert list(plugins.providers) == ["good"]
    bad = row_of(plugins, "bad")
    assert (bad.state, bad.code) == (PluginState.FAILED, code)
    assert words in str(bad.error)
