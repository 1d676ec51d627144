"""Plugins: a broken one is a line in the report, and its neighbour works on.

The distributions here are real folders with real metadata on the real path.
"""

from __future__ import annotations

import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.core.plugins.site import PROVIDER, TOOLS, Site, row_of

import relevo
from relevo.plugins import PluginFault, PluginRow, PluginState, load_plugins

BROKEN: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("broken_plugins.toml").read_text(encoding="utf-8")
)


def install_broken(site: Site, kind: str) -> None:
    """Install `relevo-bad`, broken in the way that `broken_plugins.toml` describes."""
    case = BROKEN[kind]
    good = textwrap.dedent(PROVIDER.format(name="bad"))
    old, new = case.get("change", ("", ""))
    assert old in good
    source = case.get("source", good.replace(old, new) + case.get("add", ""))
    site.install("relevo-bad", {"bad": "bad_plugin"}, {"bad_plugin": source})


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_plugin_is_reported_and_its_neighbour_works(site: Site, kind: str) -> None:
    site.install_good()
    install_broken(site, kind)

    plugins = site.load()

    bad = row_of(plugins, "bad")
    assert (bad.state, bad.code) == (PluginState.FAILED, BROKEN[kind]["code"]), bad.traceback
    assert (bad.distribution, bad.version) == ("relevo-bad", "1.2")
    assert bad.error is not None
    assert bad.error.startswith("Plugin 'bad' (relevo-bad 1.2): ")
    assert BROKEN[kind]["words"] in bad.error
    assert list(plugins.providers) == ["good"]
    assert row_of(plugins, "good").state is PluginState.LOADED
    with pytest.raises(relevo.PluginUnavailable, match="whose plugin failed") as refusal:
        plugins.provider("bad", account="shop")
    assert bad.error in str(refusal.value)
    assert plugins.provider("good", account="shop").name == "good"


@pytest.mark.parametrize("kind", ["assertion error", "misspelt hook", "provider without send"])
def test_broken_plugin_stops_the_start_when_strict(site: Site, kind: str) -> None:
    site.install_good()
    install_broken(site, kind)
    with pytest.raises(relevo.ConfigurationError, match=r"plugins\.strict is set") as refusal:
        site.load(strict=True)
    assert BROKEN[kind]["words"] in str(refusal.value)


def test_strict_is_content_with_plugins_that_work(site: Site) -> None:
    site.install_good()
    assert list(site.load(strict=True).providers) == ["good"]


@pytest.mark.parametrize(
    ("value", "code", "words"),
    [
        ("bad_plugin:nowhere", PluginFault.IMPORT_FAILED, "has no attribute 'nowhere'"),
        ("bad_plugin:NOTHING", PluginFault.NO_HOOK, "an object of type NoneType"),
        ("bad_plugin:Acme", PluginFault.NO_HOOK, "the class Acme, which implements no hook"),
        ("bad_module", PluginFault.INCOMPLETE, "its own module 'bad_module' is not there"),
        ("bad plugin!", PluginFault.INCOMPLETE, "names 'bad plugin!', which is no module"),
    ],
)
def test_entry_point_that_names_no_plugin_is_reported(
    site: Site, value: str, code: PluginFault, words: str
) -> None:
    site.install_good()
    source = PROVIDER.format(name="bad") + "\n    NOTHING = None\n"
    site.install("relevo-bad", {"bad": value}, {"bad_plugin": source})
    plugins = site.load()
    bad = row_of(plugins, "bad")
    assert (bad.state, bad.code) == (PluginState.FAILED, code)
    assert words in str(bad.error)
    assert list(plugins.providers) == ["good"]


def test_interrupt_at_import_passes(site: Site) -> None:
    """Ctrl-C is the user's, whoever's code it hits."""
    site.install("relevo-bad", {"bad": "bad_plugin"}, {"bad_plugin": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        site.load()


def test_loaded_plugin_is_reported_with_what_it_offers(site: Site) -> None:
    site.install("relevo-tools", {"tools": "tools_plugin"}, {"tools_plugin": TOOLS})
    site.install_good()

    plugins = site.load()

    assert plugins.report.failed == ()
    assert plugins.report.rows == (
        PluginRow("good", PluginState.LOADED, "relevo-good", "1.2", ("provider",)),
        PluginRow(
            "tools",
            PluginState.LOADED,
            "relevo-tools",
            "1.2",
            ("middleware", "commands", "sandboxes", "mounts"),
        ),
    )
    assert [command.name for command in plugins.commands()] == ["wave"]
    assert [sandbox.name for sandbox in plugins.sandboxes()] == ["acme"]
    assert [mount.path for mount in plugins.mounts()] == ["/wave"]
    with pytest.raises(relevo.PluginUnavailable, match=r"offers no provider\. Installed: good\."):
        plugins.provider("tools", account="shop")


def test_name_of_two_distributions_is_refused_for_both(site: Site) -> None:
    site.install_good()
    site.install("acme-one", {"acme": "acme_one"}, {"acme_one": PROVIDER.format(name="acme")})
    site.install("acme-two", {"acme": "acme_two"}, {"acme_two": PROVIDER.format(name="acme")})

    plugins = site.load()

    rows = [row for row in plugins.report.rows if row.name == "acme"]
    assert [row.distribution for row in rows] == ["acme-one", "acme-two"]
    for row in rows:
        assert (row.state, row.code) == (PluginState.FAILED, PluginFault.DUPLICATE_NAME)
        assert "acme-one 1.2 (acme_one)" in str(row.error)
        assert "acme-two 1.2 (acme_two)" in str(row.error)
    assert not {"acme_one", "acme_two"} & sys.modules.keys()
    assert list(plugins.providers) == ["good"]
    with pytest.raises(relevo.PluginUnavailable, match="declared more than once"):
        plugins.provider("acme", account="shop")


def test_distribution_found_twice_on_the_path_is_one(site: Site, tmp_path: Path) -> None:
    """The first on the path is the one Python imports."""
    site.install_good()
    later = Site(tmp_path / "later")
    later.folder.mkdir()
    later.install("Relevo_Good", {"good": "good_plugin"}, version="0.9")
    plugins = load_plugins(path=[str(site.folder), str(later.folder)])
    assert row_of(plugins, "good").version == "1.2"


def test_command_of_two_plugins_stays_with_the_first(site: Site) -> None:
    serve = "\n@relevo.hookimpl\ndef relevo_commands(): return [relevo.Command('serve', print)]"
    for name in ("alpha", "beta"):
        source = textwrap.dedent(PROVIDER.format(name=name)) + serve
        site.install(f"relevo-{name}", {name: f"{name}_plugin"}, {f"{name}_plugin": source})

    by_name = site.load()
    assert list(by_name.providers) == ["alpha"]
    assert row_of(by_name, "beta").code is PluginFault.NAME_TAKEN
    assert "offers commands 'serve' which 'alpha' offers already" in str(
        row_of(by_name, "beta").error
    )
    assert len(by_name.commands()) == 1

    as_listed = site.load(enabled=["beta", "alpha"])
    assert list(as_listed.providers) == ["beta"]


def test_disabled_plugin_is_never_imported(site: Site) -> None:
    site.install_good()
    site.install("relevo-bad", {"bad": "bad_plugin"}, {"bad_plugin": "raise SystemExit"})

    plugins = site.load(disabled=["bad", "absent"], strict=True)

    assert row_of(plugins, "bad").state is PluginState.DISABLED
    assert row_of(plugins, "absent").state is PluginState.DISABLED
    assert "bad_plugin" not in sys.modules
    assert plugins.report.failed == ()
    with pytest.raises(relevo.PluginUnavailable) as refusal:
        plugins.provider("bad", account="shop")
    assert str(refusal.value) == (
        "Account 'shop' uses provider 'bad', whose plugin is disabled. Plugin 'bad' "
        "(relevo-bad 1.2): it is listed in plugins.disabled. Remove it there to use it."
    )
    assert repr(plugins) == "Plugins(good)"
    with pytest.raises(relevo.PluginUnavailable, match="disabled, and not installed"):
        plugins.provider("absent", account="shop")


def test_plugin_beside_the_enabled_ones_is_never_imported(site: Site) -> None:
    site.install_good()
    site.install("relevo-bad", {"bad": "bad_plugin"}, {"bad_plugin": "raise SystemExit"})
    plugins = site.load(enabled=["good"], strict=True)
    assert "bad_plugin" not in sys.modules
    with pytest.raises(relevo.PluginUnavailable, match="Add it there to use it"):
        plugins.provider("bad", account="shop")


def test_enabled_plugin_that_is_not_installed_is_reported(site: Site) -> None:
    site.install_good()
    plugins = site.load(enabled=["good", "acme_sms"])
    row = row_of(plugins, "acme_sms")
    assert (row.state, row.code) == (PluginState.FAILED, PluginFault.NOT_INSTALLED)
    assert row.error == (
        "Plugin 'acme_sms' is enabled but not installed. "
        "Install it: pip install relevo-acme-sms. Installed: good."
    )
    assert list(plugins.providers) == ["good"]
    with pytest.raises(relevo.ConfigurationError, match="pip install relevo-acme-sms"):
        site.load(enabled=["good", "acme_sms"], strict=True)


def test_account_of_an_absent_provider_is_told_what_to_install(site: Site) -> None:
    site.install_good()
    plugins = site.load()
    with pytest.raises(relevo.PluginUnavailable) as refusal:
        plugins.provider("meta_whatsapp", account="vertice")
    assert str(refusal.value) == (
        "Account 'vertice' uses provider 'meta_whatsapp', which is not installed. "
        "Install it: pip install relevo-meta-whatsapp. Installed: good."
    )
    with pytest.raises(relevo.PluginUnavailable) as slip:
        plugins.provider("goood", account="vertice")
    assert str(slip.value) == (
        "Account 'vertice' uses provider 'goood', which is not installed. "
        "Did you mean 'good'? Installed: good."
    )
    (row,) = site.load(enabled=["good", "goood"]).report.failed
    assert row.error == (
        "Plugin 'goood' is enabled but not installed. Did you mean 'good'? Installed: good."
    )
    with pytest.raises(relevo.PluginUnavailable) as odd:
        plugins.provider("x; rm -rf /", account="vertice")
    assert "pip" not in str(odd.value)


def test_plugin_installed_a_moment_ago_is_found(site: Site) -> None:
    """Stevedore's two caches would not show it."""
    site.install_good("early")
    assert list(site.load().providers) == ["early"]
    site.install_good("late")
    assert list(site.load().providers) == ["early", "late"]


def test_unreadable_distribution_harms_only_itself(site: Site) -> None:
    site.install_good()
    bad = site.install("relevo-bad", {"bad": "bad_plugin"}, {"bad_plugin": ""})
    (bad / "entry_points.txt").write_text("[relevo.plugins]\nno equals sign here\n")
    other = site.install("somebody-elses", {})
    (other / "entry_points.txt").write_bytes(b"[console_scripts]\n\xff\xfe = nonsense\n")
    left_over = site.install("relevo-half", {"half": "half_plugin"})
    (left_over / "METADATA").unlink()

    plugins = site.load()

    assert list(plugins.providers) == ["good"]
    assert [row.name for row in plugins.report.rows] == ["good", "half", "relevo-bad"]
    assert row_of(plugins, "relevo-bad").code is PluginFault.UNREADABLE
    assert row_of(plugins, "half").code is PluginFault.INCOMPLETE
    assert row_of(plugins, "half").distribution == "relevo_half"


def test_bundled_plugins_come_in_by_the_same_door() -> None:
    rows = {row.name: row.distribution for row in load_plugins().report.rows}
    assert rows["console"] == "relevo-console"
    assert rows["meta_whatsapp"] == "relevo-meta-whatsapp"


def test_failure_keeps_where_it_happened(site: Site) -> None:
    source = "def deep():\n    raise ValueError('x')\ndeep()"
    site.install("relevo-bad", {"bad": "bad_plugin"}, {"bad_plugin": source})
    traceback = str(row_of(site.load(), "bad").traceback)
    assert "bad_plugin.py" in traceback
    assert "in deep" in traceback
