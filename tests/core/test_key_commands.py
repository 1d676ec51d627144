"""`relevo keys` on a store that no server has: what it keeps, what it tells and to whom."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from relevo import KeyRecord, Scope
from relevo.cli.app import run
from relevo.cli.keys.places import find_place
from relevo.engines.choosing import open_engine
from relevo.engines.sqlite.locking import take_lock
from relevo.keys import matches, parse_key_id

InTerminal = Callable[..., tuple[str, int]]
Capture = pytest.CaptureFixture[str]

RELEVO = Path(sys.executable).with_name("relevo")
STORE = "sqlite:///relevo.db"
ANSWER_NO, USAGE, UNREACHABLE = 1, 2, 4
NOWHERE = "http://127.0.0.1:9"
CREATE = ("keys", "create", "crm", "--scope", "send")
SETTINGS = """
[accounts.vertice]
provider = "console"
[accounts.salon]
provider = "console"
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No variable of the machine takes part, and the settings know two accounts."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)
    (tmp_path / "relevo.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def _kept(address: str = STORE) -> list[KeyRecord]:
    async def look() -> list[KeyRecord]:
        async with open_engine(address) as engine:
            return await engine.keys()

    return asyncio.run(look())


def _listed(capsys: Capture) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run(["keys", "list", "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_script_gets_the_key_alone_and_the_store_only_its_digest(place: Path) -> None:
    """`KEY=$(relevo keys create ...)` is how the first key is made."""
    made = subprocess.run([RELEVO, *CREATE], capture_output=True, text=True, check=True)
    key = made.stdout.removesuffix("\n")
    (record,) = _kept()
    assert matches(key, record)
    assert parse_key_id(key) == record.key_id
    assert record.key_id in made.stderr
    assert "first key" in made.stderr
    assert key not in made.stderr
    secret = key.split("_", 2)[2].encode()
    assert not any(secret in file.read_bytes() for file in place.iterdir())


def test_key_has_all_that_was_asked_for(capsys: Capture) -> None:
    tokens = ["--scope", "read", "--account", "salon", "--account", "vertice", "--rate", "60"]
    assert run([*CREATE, *tokens, "--expires-in", "30d", "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    (record,) = _kept()
    assert err == ""
    assert matches(told["key"], record)
    assert (record.name, record.rate) == ("crm", 60)
    assert record.scopes == {Scope.SEND, Scope.READ}
    assert record.accounts == frozenset({"vertice", "salon"})
    assert record.expires_at == record.created_at + timedelta(days=30)
    assert datetime.now(UTC) - record.created_at < timedelta(minutes=1)
    (listed,) = _listed(capsys)
    assert listed == {name: told[name] for name in listed}
    assert "key" not in listed
    assert record.digest not in json.dumps(told)


def test_only_the_first_key_is_called_the_first(capsys: Capture) -> None:
    assert run(list(CREATE)) == 0
    assert "first key" in capsys.readouterr().err
    assert run(list(CREATE)) == 0
    assert "first key" not in capsys.readouterr().err
    assert len({one.key_id for one in _kept()}) == 2


def test_first_key_of_a_new_store_says_that_running_servers_do_not_know_it(
    capsys: Capture,
) -> None:
    """Run in the wrong folder, the command makes a store there: nobody is safer by that."""
    assert run(list(CREATE)) == 0
    assert "was not there before" in capsys.readouterr().err
    for record in _kept():
        assert run(["keys", "revoke", record.key_id]) == 0
    assert run(list(CREATE)) == 0
    assert "was not there before" not in capsys.readouterr().err


@pytest.mark.parametrize("whole", [False, True], ids=["by id", "by the key itself"])
def test_revoked_key_stays_in_the_list(*, whole: bool, capsys: Capture) -> None:
    assert run(list(CREATE)) == 0
    key = capsys.readouterr().out.strip()
    key_id = parse_key_id(key) or ""
    for _ in range(2):  # a second time changes nothing
        assert run(["keys", "revoke", key if whole else key_id]) == 0
    (record,) = _kept()
    assert record.revoked_at is not None
    capsys.readouterr()
    assert run(["keys"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split("\t")[:5] == [key_id, "crm", "revoked", "send", "all"]


@pytest.mark.parametrize("key_id", ["nobody", "bootstrap"])
def test_revoking_what_is_not_kept_is_answered_with_no(key_id: str, capsys: Capture) -> None:
    assert run(list(CREATE)) == 0
    capsys.readouterr()
    assert run(["keys", "revoke", key_id]) == ANSWER_NO
    assert key_id in capsys.readouterr().err.lower()


def test_looking_makes_no_store(place: Path, capsys: Capture) -> None:
    assert _listed(capsys) == []
    assert run(["keys", "revoke", "nobody"]) == ANSWER_NO
    assert not (place / "relevo.db").exists()


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (("--account", "nope"), ("'nope'", "salon, vertice")),
        (("--rate", "0"), ("--rate 0",)),
        (("--expires-in", "soon"), ("'soon'", "30d")),
        (("--expires-in", "0d"), ("'0d'",)),
        (("--expires-in", "99999999w"), ("'99999999w'",)),
        (("--scope", "everything"), ("everything", "admin")),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    tokens: tuple[str, ...], words: tuple[str, ...], place: Path, capsys: Capture
) -> None:
    assert run([*CREATE, *tokens]) == USAGE
    said = " ".join(capsys.readouterr().err.split())
    assert all(word in said for word in words)
    assert not (place / "relevo.db").exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines"])
def test_name_is_one_line_of_visible_characters(name: str, capsys: Capture) -> None:
    assert run(["keys", "create", name, "--scope", "send"]) == USAGE
    assert "1 to 100" in capsys.readouterr().err


def test_key_without_a_scope_is_refused(capsys: Capture) -> None:
    assert run(["keys", "create", "crm"]) == USAGE
    assert "--scope" in capsys.readouterr().err


def test_store_that_a_server_has_is_asked_through_it(place: Path, capsys: Capture) -> None:
    """There is none where the settings say, so the command says that, and waits for no lock."""
    (place / "relevo.toml").write_text("[server]\nport = 9\n", encoding="utf-8")
    lock = take_lock(place / "relevo.db")
    (place / "relevo.db").touch()
    try:
        assert run(["keys", "list"]) == UNREACHABLE
    finally:
        lock.release()
    assert NOWHERE in capsys.readouterr().err.replace("\n", "")


@pytest.mark.parametrize("tokens", [["--url", NOWHERE], ["--engine", "memory"]])
def test_server_is_asked_where_it_is_named_or_keeps_all_to_itself(
    tokens: list[str], place: Path
) -> None:
    (place / "relevo.toml").write_text("[server]\nport = 9\n", encoding="utf-8")
    assert run(["keys", "list", *tokens]) == UNREACHABLE
    assert not (place / "relevo.db").exists()


def test_shared_store_is_opened_beside_servers(
    postgres_dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """On PostgreSQL nobody has it alone; its address may be a reference."""
    monkeypatch.setenv("KEYS_DSN", postgres_dsn)

    async def beside() -> None:
        async with open_engine(postgres_dsn) as engine:
            tokens = [*CREATE, "--engine", "env:KEYS_DSN"]
            assert await asyncio.to_thread(run, tokens) == 0
            key = capsys.readouterr().out.strip()
            (record,) = await engine.keys()
            assert matches(key, record)

    asyncio.run(beside())


def test_person_sees_a_table_and_the_key_last(in_terminal: InTerminal) -> None:
    shown, code = in_terminal(*CREATE, "--expires-in", "2w")
    assert code == 0
    assert parse_key_id(shown.split()[-1]) is not None
    shown, code = in_terminal("keys", "list")
    assert code == 0
    for word in ("last used", "crm", "active", "send", "all"):
        assert word in shown


def test_narrow_terminal_breaks_no_word(in_terminal: InTerminal) -> None:
    every = [part for scope in Scope for part in ("--scope", scope)]
    in_terminal("keys", "create", "the shop", *every, "--expires-in", "2w")
    shown, _ = in_terminal("keys", "list", COLUMNS="80", NO_COLOR="1")
    words = re.sub(r"\x1b\[[\d;]*m", "", shown).split()
    assert {"scopes", "accounts", "expires", "last", "used", "active", *Scope} <= {
        word.rstrip(",") for word in words
    }
    assert any(re.fullmatch(r"20\d\d-\d\d-\d\d", word) for word in words)


def test_program_is_told_moments_with_their_zone(capsys: Capture) -> None:
    assert run([*CREATE, "--expires-in", "2w"]) == 0
    capsys.readouterr()
    assert run(["keys", "list"]) == 0
    *_, created, expires, last_used = capsys.readouterr().out.rstrip("\n").split("\t")
    assert datetime.fromisoformat(created).tzinfo is not None
    assert datetime.fromisoformat(expires) - datetime.fromisoformat(created) == timedelta(weeks=2)
    assert last_used == "-"


def test_whoever_makes_a_key_is_told_where(capsys: Capture) -> None:
    """The environment can name a server as well as a store; the wrong one would be silent."""
    assert run(CREATE) == 0
    assert "made in" in (told := capsys.readouterr().err)
    assert "the store" in told
    assert "relevo.db" in told
    assert run([*CREATE, "--json"]) == 0
    assert "relevo.db" in json.loads(capsys.readouterr().out)["made_in"]


def test_store_that_is_named_wins_over_the_server_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("RELEVO_URL", NOWHERE)
    assert run(CREATE) == UNREACHABLE
    capsys.readouterr()
    assert run([*CREATE, "--engine", "sqlite:///other.db"]) == 0
    assert "other.db" in capsys.readouterr().err
    assert len(_kept("sqlite:///other.db")) == 1


def test_server_is_named_without_the_password_of_its_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = "http://me:canary@127.0.0.1:9"
    monkeypatch.setenv("RELEVO_URL", address)
    assert find_place(address, None, None).where == f"the server at {NOWHERE} (RELEVO_URL)"
