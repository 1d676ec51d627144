"""The demo's endings that are no good ones, and what it says then."""

from __future__ import annotations

from pathlib import Path

import pytest

import relevo
from relevo_meta_whatsapp.sandbox import Behaviour, Fault, MetaSandbox
from relevo_server.commands import demo as demo_module
from relevo_server.commands import demo_run
from relevo_server.commands.demo import demo, real_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo_module, "log_to_stderr", lambda _: None)


def behave(monkeypatch: pytest.MonkeyPatch, behaviour: Behaviour) -> None:
    monkeypatch.setattr(demo_module, "_choose_sandbox", lambda: MetaSandbox(behaviour=behaviour))


def test_message_that_is_never_read_fails_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    behave(monkeypatch, Behaviour(story=("sent", "delivered"), status_after_s=0.01))
    monkeypatch.setattr(demo_run, "READ_WITHIN_S", 2.0)
    with pytest.raises(relevo.RelevoError, match=r"not read within 2 s; it is delivered"):
        demo(once=True, as_json=True)


def test_message_that_fails_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    behave(monkeypatch, Behaviour(story=("failed",), status_after_s=0.01))
    with pytest.raises(relevo.RelevoError, match="reported the first message as failed"):
        demo(once=True, as_json=True)


def test_message_that_is_refused_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    behave(monkeypatch, Behaviour(faults=(Fault(status=400, code=131009),)))
    with pytest.raises(relevo.RelevoError, match=r"HTTP 400.*131009"):
        demo(once=True, as_json=True)


def test_without_a_sandbox_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = relevo.load_plugins(path=[])
    monkeypatch.setattr(relevo, "load_plugins", lambda: nothing)
    with pytest.raises(
        relevo.ConfigurationError, match=r"pip install 'relevo-meta-whatsapp\[sandbox\]'"
    ):
        demo(once=True)


def test_real_settings_are_found_in_environment_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("META_APP_SECRET", "made-up")
    monkeypatch.setenv("META_VERIFY_TOKEN", "")
    monkeypatch.setenv("RELEVO_ACCOUNTS__SHOP__PROVIDER", "console")
    (tmp_path / "relevo.toml").touch()
    assert real_settings() == [
        "META_APP_SECRET",
        "RELEVO_ACCOUNTS__SHOP__PROVIDER",
        "relevo.toml",
    ]
