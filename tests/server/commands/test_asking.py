"""How commands show a key, and what they say where it is missing or may not do this."""

from __future__ import annotations

from pathlib import Path

import pytest

from relevo.cli.app import run
from relevo.client import Client

Capture = pytest.CaptureFixture[str]


def test_key_comes_from_a_variable_or_a_file_and_its_lack_has_a_code(
    url: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Client(url) as client:
        admin = client.create_key("admin", scopes=["admin", "read"]).key.get_secret_value()
    assert run(["messages"]) == 6
    assert run(["send", "15550100001", "hola"]) == 6
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("RELEVO_API_KEY_FILE") == 2
    assert len(err.splitlines()) == 2
    monkeypatch.setenv("RELEVO_API_KEY", admin)
    assert run(["accounts", "show", "shop"]) == 0
    assert run(["send", "15550100001", "hola"]) == 6
    out, err = capsys.readouterr()
    assert "relevo keys list" in err
    assert admin not in out + err
    monkeypatch.delenv("RELEVO_API_KEY")
    (tmp_path / "key").write_text(f"{admin}\n", "utf-8")
    monkeypatch.setenv("RELEVO_API_KEY_FILE", str(tmp_path / "key"))
    assert run(["messages"]) == 0
    monkeypatch.setenv("RELEVO_API_KEY_FILE", str(tmp_path / "nothing"))
    capsys.readouterr()
    assert run(["messages"]) == 2
    assert "cannot be read" in capsys.readouterr().err
