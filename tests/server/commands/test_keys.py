"""`relevo keys` through a running server that has the store."""

from __future__ import annotations

import json

import httpx
import pytest

from relevo.cli.app import run

Capture = pytest.CaptureFixture[str]
FAILED, KEY = 1, 6


def test_server_makes_lists_and_revokes_keys(
    ask: httpx.Client, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """From the first one on the command has to show one itself, too."""
    scopes = ["--scope", "admin", "--scope", "read"]
    assert run(["keys", "create", "ops", *scopes, "--expires-in", "1h"]) == 0
    first, remarks = capsys.readouterr()
    assert "first key" in remarks
    assert ask.get("/messages").status_code == 401
    assert run(["keys", "list"]) == KEY
    monkeypatch.setenv("RELEVO_API_KEY", first.strip())
    assert run(["keys", "create", "app", "--scope", "send", "--account", "shop", "--json"]) == 0
    capsys.readouterr()
    assert run(["keys", "list", "--json"]) == 0
    app, ops = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (app["name"], app["accounts"], ops["name"], ops["active"]) == (
        "app",
        ["shop"],
        "ops",
        True,
    )
    assert run(["keys", "revoke", app["id"]]) == 0
    assert run(["keys", "revoke", "nobody"]) == FAILED
    assert run(["keys", "create", "x", "--scope", "send", "--account", "nope"]) == FAILED
    said = " ".join(capsys.readouterr().err.split())
    assert "nope" in said
    assert run(["keys", "list"]) == 0
    newest = capsys.readouterr().out.splitlines()[0].split("\t")
    assert newest[:3] == [app["id"], "app", "revoked"]
