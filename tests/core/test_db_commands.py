"""`relevo db`: what it tells, what it changes, and what it refuses."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from relevo.cli.app import run
from relevo.engines.choosing import open_engine
from relevo.engines.sqlite.locking import take_lock
from relevo.events import ErrorDetail

InTerminal = Callable[..., tuple[str, int]]
Capture = pytest.CaptureFixture[str]

STORE = "sqlite:///relevo.db"
ANSWER_NO, BAD_SETTINGS, BROKEN = 1, 2, 3
CANARY = "canary-is-a-password"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No relevo.toml and no variable of the machine takes part."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)


@pytest.fixture
def store(tmp_path: Path, capsys: Capture) -> Path:
    """A store, made by the command."""
    assert run(["db", "upgrade", "--engine", STORE]) == 0
    assert _told(capsys)["before"] == "-"
    return tmp_path / "relevo.db"


@pytest.fixture
def secret_dsn(postgres_dsn: str) -> str:
    """The same database with a password in its address, which it does not ask for."""
    return postgres_dsn.replace("postgres@", f"postgres:{CANARY}@")


@pytest.fixture
def held(store: Path) -> Iterator[Path]:
    """A store that a server has open."""
    lock = take_lock(store)
    yield store
    lock.release()


def _told(capsys: Capture) -> dict[str, str]:
    out, err = capsys.readouterr()
    assert err == ""
    return dict(line.split("\t") for line in out.splitlines())


def _change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_check_tells_revision_epoch_head_floor_and_what_waits(store: Path, capsys: Capture) -> None:
    _change(
        store,
        "INSERT INTO event VALUES (7, 't', 'a', NULL, NULL, 1, '{}')",
        "INSERT INTO meta VALUES ('floor', '6')",
        "INSERT INTO webhook VALUES"
        " (1, 'a', 'pending', 1, NULL, NULL, 'POST', '/', '{}', '{}', x'')",
    )
    assert run(["db", "check"]) == 0
    told = _told(capsys)
    assert told.pop("epoch")
    assert told == {
        "engine": "sqlite",
        "store": str(store),
        "revision": "0001",
        "newest revision": "0001",
        "in use": "no",
        "head": "7",
        "floor": "6",
        "pending webhooks": "1",
        "quarantined items": "0",
        "files to fetch": "0",
    }


def test_db_alone_checks(store: Path, capsys: Capture) -> None:
    assert run(["db", "--engine", STORE]) == 0
    assert _told(capsys)["store"] == str(store)


def test_check_as_json_is_one_object(postgres_dsn: str, capsys: Capture) -> None:
    assert run(["db", "upgrade", "--engine", postgres_dsn, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["revision"] == "0001"
    assert run(["db", "check", "--engine", postgres_dsn, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["engine"], told["head"], told["in_use"]) == ("postgresql", 0, False)
    assert told["pending_webhooks"] == told["events_without_position"] == 0


def test_check_of_a_store_a_server_has_is_fine(held: Path, capsys: Capture) -> None:
    assert run(["db", "check"]) == 0
    told = _told(capsys)
    assert (told["store"], told["in use"]) == (str(held), "yes")


def test_check_makes_nothing(tmp_path: Path, capsys: Capture) -> None:
    assert run(["db", "check"]) == 0
    out, err = capsys.readouterr()
    assert "revision\t-" in out
    assert "no store yet" in err
    assert list(tmp_path.iterdir()) == []


def test_older_store_fails_the_check_until_it_is_upgraded(
    store: Path, request: pytest.FixtureRequest, capsys: Capture
) -> None:
    _change(store, "INSERT INTO account (account) VALUES ('shop')")
    request.getfixturevalue("next_revision")
    assert run(["db", "check"]) == ANSWER_NO
    out, err = capsys.readouterr()
    assert "revision\t0001\nnewest revision\t0002\n" in out
    assert "relevo db upgrade" in err
    assert run(["db", "upgrade"]) == 0
    assert _told(capsys) == {"store": str(store), "before": "0001", "revision": "0002"}
    assert run(["db", "check"]) == 0


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "newer Relevo"),
        ("DROP TABLE alembic_version", "development version"),
        ("PRAGMA application_id = 7", "another program"),
    ],
)
def test_store_that_cannot_be_used_fails_the_check(
    statement: str, words: str, store: Path, capsys: Capture
) -> None:
    _change(store, statement)
    assert run(["db", "check"]) == BROKEN
    assert words in capsys.readouterr().err
    assert run(["db", "upgrade"]) == BROKEN
    assert words in capsys.readouterr().err


def test_new_epoch_shows_the_old_one_and_the_new(store: Path, capsys: Capture) -> None:
    run(["db", "check"])
    before = _told(capsys)["epoch"]
    assert run(["db", "new-epoch"]) == 0
    told = _told(capsys)
    assert (told["store"], told["before"]) == (str(store), before)
    run(["db", "check"])
    assert _told(capsys)["epoch"] == told["epoch"] != before


@pytest.mark.parametrize("words", [["new-epoch"], ["upgrade"], ["copy", STORE, "sqlite:///b.db"]])
def test_store_a_server_has_is_left_alone(words: list[str], held: Path, capsys: Capture) -> None:
    assert run(["db", *words]) == BROKEN
    out, err = capsys.readouterr()
    assert out == ""
    assert str(held) in err
    assert "in use" in err


def test_copy_in_a_pipe_is_a_line_for_each_table(store: Path, capsys: Capture) -> None:
    _change(store, "INSERT INTO account (account) VALUES ('shop')")
    assert run(["db", "copy", STORE, "sqlite:///b.db"]) == 0
    told = _told(capsys)
    assert (told["account"], told["message"]) == ("1", "0")
    assert run(["db", "copy", STORE, "sqlite:///c.db", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["account"] == 1
    assert run(["db", "copy", STORE, "sqlite:///c.db"]) == BROKEN
    assert "not empty" in capsys.readouterr().err


def test_copy_in_a_terminal_shows_how_far_it_is(store: Path, in_terminal: InTerminal) -> None:
    _change(store, "INSERT INTO account (account) VALUES ('shop')")
    shown, code = in_terminal("db", "copy", STORE, "sqlite:///b.db")
    assert code == 0
    assert "account" in shown
    assert "1/1" in shown
    assert "2 rows" in shown.splitlines()[-1]


def test_copy_of_what_is_not_there_makes_nothing(tmp_path: Path, capsys: Capture) -> None:
    assert run(["db", "copy", STORE, "sqlite:///b.db"]) == BROKEN
    assert "no store yet" in capsys.readouterr().err
    assert [path for path in tmp_path.iterdir() if path.suffix == ".db"] == []


def test_engine_is_taken_from_the_settings(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "elsewhere.toml").write_text('engine = "sqlite:///other.db"\n', "utf-8")
    assert run(["db", "upgrade", "--config", "elsewhere.toml"]) == 0
    assert (tmp_path / "other.db").exists()
    assert _told(capsys)["store"] == str(tmp_path / "other.db")


@pytest.mark.parametrize(
    ("address", "words"),
    [("memory", "keeps nothing"), (f"mysql://u:{CANARY}@h", "'mysql'"), ("env:NOWHERE", "NOWHERE")],
)
def test_address_without_a_store_is_an_error_of_the_settings(
    address: str, words: str, capsys: Capture
) -> None:
    assert run(["db", "check", "--engine", address]) == BAD_SETTINGS
    err = capsys.readouterr().err
    assert words in err
    assert CANARY not in err


def test_no_command_shows_a_password(
    store: Path, secret_dsn: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Also by reference, where something fails, and with --debug."""
    _change(store, "INSERT INTO account (account) VALUES ('shop')")
    wrong = secret_dsn.partition("?")[0].replace("/postgres", "/is_not_there")
    addresses = {"GOOD": secret_dsn, "WRONG": wrong, "UNREADABLE": f"postgresql://u:{CANARY}#@h/d"}
    commands = [
        (0, ["upgrade", "--engine", "env:GOOD"]),
        (0, ["check", "--engine", secret_dsn]),
        (0, ["copy", STORE, "env:GOOD"]),
        (BROKEN, ["copy", STORE, secret_dsn, "--debug", "--json"]),
        (0, ["new-epoch", "--engine", "env:GOOD"]),
        (BROKEN, ["check", "--debug", "--engine", "env:WRONG"]),
        (BROKEN, ["upgrade", "--debug", "--engine", "env:WRONG"]),
        (BAD_SETTINGS, ["upgrade", "--debug", "--engine", "env:UNREADABLE"]),
    ]
    for name, address in addresses.items():
        monkeypatch.setenv(name, address)
    for code, words in commands:
        assert run(["db", *words]) == code, words
        out, err = capsys.readouterr()
        assert CANARY not in out + err, words
        assert ("Traceback" in err) == ("--debug" in words), words


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_cursors_of_event_handlers_are_told_and_forgotten(
    engine: str, capsys: Capture, request: pytest.FixtureRequest
) -> None:
    address = STORE if engine == "sqlite" else request.getfixturevalue("postgres_dsn")

    async def use() -> None:
        async with open_engine(address) as store:
            await store.take_cursor("crm", "worker", lease_s=20)
            await store.pause("shop", ErrorDetail(code="by_hand", message="Wait."))

    asyncio.run(use())
    where = ["--engine", address]
    assert run(["db", "check", *where]) == 0
    assert _told(capsys)["crm behind"] == "1"
    assert run(["db", "forget-cursor", "crm", *where]) == 0
    assert _told(capsys)["forgotten"] == "yes"
    assert run(["db", "check", *where]) == 0
    assert "crm behind" not in _told(capsys)
    assert run(["db", "forget-cursor", "crm", *where]) == ANSWER_NO
    assert "There is no cursor 'crm'" in capsys.readouterr().err
