"""`relevo doctor`: good, doubtful or bad, with what to do; nothing is sent or changed."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import relevo
from relevo.cli.app import run
from relevo.cli.doctor.account_lines import AccountLook
from relevo.cli.doctor.lines import Line, Verdict, write_plain
from relevo.cli.doctor.server_lines import ServerLook, look_at_webhooks

InTerminal = Callable[..., tuple[str, int]]
Capture = pytest.CaptureFixture[str]
NOBODY = "http://127.0.0.1:1"
READY = {"status": "ready", "engine": {"queued": 2, "sending": 0, "unknown": 0}, "warnings": []}
SHOP = '[accounts.shop]\nprovider = "console"\nwebhook_token = "env:CONSOLE_TOKEN"\n'
WHATSAPP = (
    '[accounts.shop]\nprovider = "meta_whatsapp"\nphone_number_id = "1"\n'
    'access_token = "env:CONSOLE_TOKEN"\n'
)
Answers = dict[str, tuple[int, Any]]
SHOWN: list[str | None] = []
"""The key that came with each request of `answering`."""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(("RELEVO_", "META_", "PHONE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CONSOLE_TOKEN", "canary-token")
    monkeypatch.setenv("RELEVO_URL", NOBODY)


@contextmanager
def answering(answers: Answers) -> Iterator[str]:
    """Serve answers by the end of their path, as a server would; 404 for the rest."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            SHOWN.append(self.headers.get("Authorization"))
            status, said = next(
                (answer for path, answer in answers.items() if self.path.endswith(path)),
                (404, {"code": "not_found", "detail": "?"}),
            )
            body = (said if isinstance(said, str) else json.dumps(said)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the library's own name

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Say nothing of a caller that left before it was answered."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


def examine(capsys: Capture, *tokens: str) -> tuple[int, dict[tuple[str, str], dict[str, str]]]:
    """Run it for its JSON; give the code, and the lines by area and subject."""
    code = run(["doctor", "--json", *tokens])
    out, err = capsys.readouterr()
    assert err == ""
    lines = [json.loads(line) for line in out.splitlines()]
    assert "canary-token" not in out
    return code, {(line["area"], line["subject"]): line for line in lines}


def test_nothing_configured_is_doubtful_and_says_how_to_begin(capsys: Capture) -> None:
    code, lines = examine(capsys)
    assert code == 0
    assert lines["configuration", "relevo.toml"]["verdict"] == "doubtful"
    assert lines["accounts", "accounts"]["verdict"] == "doubtful"
    assert "relevo demo" in lines["accounts", "accounts"]["advice"]
    assert lines["plugins", "console"]["verdict"] == "good"
    assert lines["engine", "sqlite"]["verdict"] == "good"
    assert "made at the first start" in lines["engine", "sqlite"]["seen"]
    assert lines["server", NOBODY]["verdict"] == "doubtful"
    assert "relevo serve" in lines["server", NOBODY]["advice"]
    assert not Path("relevo.db").exists()


def test_all_is_good_where_the_server_answers(capsys: Capture) -> None:
    Path("relevo.toml").write_text(SHOP, "utf-8")
    refusal = (403, {"code": "handshake_refused", "detail": "no token"})
    with answering({"/health/ready": (200, READY), "/webhooks/shop": refusal}) as url:
        code, lines = examine(capsys, "--url", url)
        assert lines["server", url]["seen"] == "ready: 2 queued, 0 sending"
    assert code == 0
    assert {line["verdict"] for line in lines.values()} == {"good"}
    webhooks = lines["webhooks", "shop"]
    assert "https://YOUR-HOST/api/v1/messaging/webhooks/shop" in webhooks["advice"]


def test_settings_that_cannot_work_are_bad_and_the_rest_is_looked_at(capsys: Capture) -> None:
    Path("relevo.toml").write_text("engine = [", "utf-8")
    code, lines = examine(capsys)
    assert code == 1
    assert lines["configuration", "relevo.toml"]["verdict"] == "bad"
    assert "no TOML" in lines["configuration", "relevo.toml"]["seen"]
    assert lines["plugins", "console"]["verdict"] == "good"
    assert lines["server", NOBODY]["verdict"] == "doubtful"


@pytest.mark.parametrize(
    ("settings", "area", "subject", "words"),
    [
        ('[accounts.shop]\nprovider = "pigeon"', "accounts", "shop", "not installed"),
        ('[accounts.shop]\nprovider = "console"\nstrem = "x"', "accounts", "shop", "stream"),
        (SHOP.replace("CONSOLE_TOKEN", "NOPE"), "accounts", "shop", "'NOPE' is not set"),
        (f'default_account = "shpo"\n{SHOP}', "accounts", "default_account", "'shpo'"),
        ("[server]\nprot = 1", "configuration", "[server]", "Did you mean 'port'?"),
        ("[server]\nport = 70000", "configuration", "[server]", "port: has to be at most 65535."),
        ("[server]\nport = 'many'", "configuration", "[server]", "has to be a whole number"),
        ('[server]\nhost = "::"', "configuration", "[server]", "server.host: others can reach"),
        (f'[server]\ndemo_account = "shpo"\n{SHOP}', "configuration", "[server]", "'shop'"),
        ('[pipeline]\nlayers = ["logging", "magic"]', "configuration", "pipeline", "'magic'"),
        ('engine = "oracle://secret@db"', "engine", "oracle", "No engine 'oracle'"),
        ('engine = "sqlite:///no/such/folder.db"', "engine", "sqlite", "no folder"),
    ],
)
def test_what_would_stop_a_start_is_bad(
    settings: str, area: str, subject: str, words: str, capsys: Capture
) -> None:
    Path("relevo.toml").write_text(settings, "utf-8")
    code, lines = examine(capsys)
    assert code == 1
    line = lines[area, subject]
    assert line["verdict"] == "bad"
    assert words in line["seen"]
    assert "secret@db" not in json.dumps(line)


@pytest.mark.parametrize(
    ("settings", "area", "subject", "words"),
    [
        (SHOP.replace("env:CONSOLE_TOKEN", "canary-token"), "accounts", "shop", "webhook_token"),
        (WHATSAPP, "webhooks", "shop", "every webhook is refused"),
        (SHOP, "webhooks", "shop", "no server answers"),
        ('engine = "memory"', "engine", "memory", "keeps nothing"),
    ],
)
def test_what_may_be_meant_so_is_doubtful(
    settings: str, area: str, subject: str, words: str, tmp_path: Path, capsys: Capture
) -> None:
    config = tmp_path / "elsewhere.toml"
    config.write_text(settings, "utf-8")
    assert run(["doctor", "--json", "--config", str(config)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    doubts = [line for line in lines if line["verdict"] == "doubtful"]
    (line,) = [one for one in doubts if (one["area"], one["subject"]) == (area, subject)]
    assert words in line["seen"]
    assert "canary-token" not in json.dumps(lines)


def test_account_without_webhooks_has_no_line_about_them(capsys: Capture) -> None:
    Path("relevo.toml").write_text('[accounts.shop]\nprovider = "console"\n', "utf-8")
    _, lines = examine(capsys)
    assert ("accounts", "shop") in lines
    assert "webhooks" not in {area for area, _ in lines}


def test_variable_that_is_nearly_a_setting_is_doubtful(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEVO_ENGIN", "memory")
    _, lines = examine(capsys)
    assert "RELEVO_ENGINE" in lines["configuration", "environment"]["seen"]


@pytest.mark.parametrize(
    ("ready", "verdict", "words"),
    [
        ((200, READY | {"warnings": ["Plugin 'x' failed."]}), "doubtful", "Plugin 'x' failed."),
        ((200, READY | {"engine": {"unknown": 3}}), "doubtful", "3 in doubt"),
        ((503, {"detail": "The store is away."}), "bad", "The store is away."),
        ((200, "<html>"), "bad", "something else answers"),
        ((404, "<html>"), "bad", "something else answers"),
    ],
)
def test_server_tells_how_it_is(
    ready: tuple[int, Any], verdict: str, words: str, capsys: Capture
) -> None:
    with answering({"/health/ready": ready}) as url:
        _, lines = examine(capsys, "--url", url)
    assert lines["server", url]["verdict"] == verdict
    assert words in lines["server", url]["seen"]


@pytest.mark.parametrize("status", [401, 403])
def test_key_of_the_environment_is_shown_and_a_refused_one_told(
    status: int, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Health is open to all: whether a key is good shows where one is needed."""
    monkeypatch.setenv("RELEVO_API_KEY", "canary-token")
    refusal = (status, {"code": "unknown_key", "detail": "The key is none of this server's."})
    SHOWN.clear()
    with answering({"/health/ready": (200, READY), "/accounts": refusal}) as url:
        code, lines = examine(capsys, "--url", url)
    assert code == 1
    assert set(SHOWN) == {"Bearer canary-token"}
    assert lines["server", "key"]["verdict"] == "bad"
    assert "none of this server's" in lines["server", "key"]["seen"]


def test_server_that_wants_a_key_where_there_is_none_is_doubtful(capsys: Capture) -> None:
    refusal = (401, {"code": "key_required", "detail": "A key is needed."})
    with answering({"/health/ready": (200, READY), "/accounts": refusal}) as url:
        _, lines = examine(capsys, "--url", url)
    assert lines["server", "key"]["verdict"] == "doubtful"
    assert "RELEVO_API_KEY" in lines["server", "key"]["advice"]


def test_key_that_can_be_none_is_bad_and_not_repeated(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEVO_API_KEY", "canary-token with a space")
    with answering({"/health/ready": (200, READY)}) as url:
        code, lines = examine(capsys, "--url", url)
    assert code == 1
    assert "RELEVO_API_KEY" in lines["server", "key"]["seen"]


def test_server_that_does_not_know_the_account_is_bad(capsys: Capture) -> None:
    Path("relevo.toml").write_text(SHOP, "utf-8")
    unknown = (404, {"code": "unknown_account", "detail": "No such account."})
    with answering({"/health/ready": (200, READY), "/webhooks/shop": unknown}) as url:
        code, lines = examine(capsys, "--url", url)
    assert code == 1
    assert "restart" in lines["webhooks", "shop"]["advice"]


def test_check_of_a_table_that_fails_harms_no_other_line(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    info = site / "grim-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: grim\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[relevo.plugins]\ngrim = grim_plugin\n")
    (site / "grim_plugin.py").write_text(
        "import relevo\n"
        "def check(settings): raise ValueError(settings.accounts['shop'].values)\n"
        "@relevo.hookimpl\n"
        "def relevo_settings(): return [relevo.SettingsTable('grim', check)]\n"
    )
    monkeypatch.syspath_prepend(str(site))
    Path("relevo.toml").write_text(SHOP.replace("env:CONSOLE_TOKEN", "canary-token"), "utf-8")
    code, lines = examine(capsys)
    assert code == 0
    assert lines["configuration", "[grim]"]["seen"] == "its check raised ValueError"
    assert lines["configuration", "[server]"]["verdict"] == "good"
    assert lines["plugins", "grim"]["seen"] == "grim 1.0: settings"


def test_server_is_looked_for_where_the_settings_have_it_listen(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RELEVO_URL")
    Path("relevo.toml").write_text('[server]\nhost = "::1"\nport = 7\n', "utf-8")
    _, lines = examine(capsys)
    assert ("server", "http://[::1]:7") in lines


def test_store_that_is_in_use_is_good_only_where_a_server_answers(capsys: Capture) -> None:
    async def hold() -> None:
        async with relevo.open_engine("sqlite:///relevo.db"):
            seen.append(await anyio.to_thread.run_sync(examine, capsys))
            with answering({"/health/ready": (200, READY)}) as url:
                seen.append(await anyio.to_thread.run_sync(examine, capsys, "--url", url))
        seen.append(await anyio.to_thread.run_sync(examine, capsys))

    seen: list[tuple[int, dict[tuple[str, str], dict[str, str]]]] = []
    anyio.run(hold)
    lines = [found["engine", "sqlite"] for _, found in seen]
    assert [line["verdict"] for line in lines] == ["doubtful", "good", "good"]
    assert "another process has it" in lines[0]["seen"]
    assert "in use, as it should be" in lines[1]["seen"]
    assert "ready, schema " in lines[2]["seen"]


@pytest.mark.parametrize(
    ("status", "code", "verdict", "words"),
    [
        (401, "auth_failed", "bad", "correct [accounts.shop] and restart"),
        (429, "throttled", "doubtful", "tried again"),
    ],
)
def test_messages_that_wait_after_a_failed_attempt_are_told(
    status: int, code: str, verdict: str, words: str, capsys: Capture
) -> None:
    """Refused credentials would otherwise look like a queue that is merely busy."""

    async def try_in_vain(vendor: str) -> None:
        account = {
            "provider": "meta_whatsapp",
            "phone_number_id": "1",
            "access_token": "made-up",
            "base_url": vendor,
        }
        tables = {"engine": "sqlite:///relevo.db", "accounts": {"shop": account}}
        async with relevo.open(relevo.parse_settings(tables)) as dispatcher:
            for number in range(2):
                await dispatcher.submit(relevo.Message(to="541130946950", text=f"hola {number}"))
            with anyio.fail_after(30):
                async for event in dispatcher.events(after=0):
                    if event.data.get("error"):
                        return

    refusal = {"error": {"message": "as asked", "code": 190 if status == 401 else 130429}}
    with answering({"/messages": (status, refusal)}) as vendor:
        anyio.run(try_in_vain, vendor)
    done, lines = examine(capsys)
    line = lines["outbox", "shop"]
    assert line["seen"] == f"2 queued, last attempt {code} on account 'shop'"
    assert words in line["advice"]
    assert (line["verdict"], done) == (verdict, int(verdict == "bad"))


def test_messages_that_only_wait_for_their_turn_are_no_trouble(capsys: Capture) -> None:
    async def accept() -> None:
        tables = {"engine": "sqlite:///relevo.db", "accounts": {"shop": {"provider": "console"}}}
        async with relevo.open(relevo.parse_settings(tables)) as dispatcher:
            await dispatcher.send(relevo.Message(to="541130946950", text="hola"))

    anyio.run(accept)
    capsys.readouterr()
    _, lines = examine(capsys)
    assert lines["engine", "sqlite"]["verdict"] == "good"
    assert "outbox" not in {area for area, _ in lines}


def test_store_of_another_program_is_bad_and_stays_as_it_is(capsys: Capture) -> None:
    with sqlite3.connect("relevo.db") as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = Path("relevo.db").read_bytes()
    code, lines = examine(capsys)
    assert code == 1
    assert "another program" in lines["engine", "sqlite"]["seen"]
    assert Path("relevo.db").read_bytes() == before
    Path("relevo.db").write_bytes(b"no database at all, but long enough to be read as one" * 9)
    code, lines = examine(capsys)
    assert code == 1
    assert "no SQLite database" in lines["engine", "sqlite"]["seen"]


def test_broken_plugin_is_bad_only_where_it_is_needed(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[relevo.plugins]\nbroken = surely_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    code, lines = examine(capsys)
    assert (code, lines["plugins", "broken"]["verdict"]) == (0, "doubtful")
    Path("relevo.toml").write_text("[plugins]\nstrict = true\n", "utf-8")
    code, lines = examine(capsys)
    assert (code, lines["plugins", "broken"]["verdict"]) == (1, "bad")
    Path("relevo.toml").write_text('[accounts.x]\nprovider = "broken"\n', "utf-8")
    code, lines = examine(capsys)
    assert code == 1
    assert {lines["plugins", "broken"]["verdict"], lines["accounts", "x"]["verdict"]} == {"bad"}


def test_pipe_gets_one_line_each_with_the_same_fields(capsys: Capture) -> None:
    assert run(["doctor"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {len(row) for row in rows} == {5}
    assert {row[0] for row in rows} <= {"good", "doubtful", "bad"}
    write_plain([Line(Verdict.BAD, "a", "b", "two\nlines\tand a tab")])
    assert capsys.readouterr().out == "bad\ta\tb\ttwo lines and a tab\t-\n"


def test_terminal_gets_colours_advice_and_a_sum(in_terminal: InTerminal) -> None:
    Path("relevo.toml").write_text('[accounts.shop]\nprovider = "pigeon"\n', "utf-8")
    shown, code = in_terminal("doctor", COLUMNS="300")
    assert code == 1
    assert "\x1b[1maccounts\x1b[0m" in shown
    assert "\x1b[1;31m  ✗ bad" in shown
    assert "\x1b[32m  ✓ good" in shown
    assert "\x1b[33m  ? doubtful" in shown
    assert "→ Correct [accounts.shop]." in shown
    assert "1 bad, " in shown.splitlines()[-1]


def test_wrong_address_is_wrong_usage(capsys: Capture) -> None:
    assert run(["doctor", "--url", "here"]) == 2
    assert "'here' is no address of a server" in capsys.readouterr().err


def test_postgresql_is_looked_at_before_and_after_its_first_start(
    capsys: Capture, postgres_dsn: str
) -> None:
    Path("relevo.toml").write_text(f'engine = "{postgres_dsn}"\n{SHOP}')

    async def start() -> None:
        async with relevo.open_engine(postgres_dsn):
            pass

    _, before = examine(capsys)
    anyio.run(start)
    _, after = examine(capsys)
    assert before["engine", "postgresql"]["verdict"] == "good"
    assert "made at the first start" in before["engine", "postgresql"]["seen"]
    assert after["engine", "postgresql"]["verdict"] == "good"
    assert "ready" in after["engine", "postgresql"]["seen"]


def test_postgresql_that_is_away_is_bad_and_hides_its_password(capsys: Capture) -> None:
    Path("relevo.toml").write_text(f'engine = "postgresql://me:canary@127.0.0.1:1/test"\n{SHOP}')
    code, lines = examine(capsys)
    assert code == 1
    assert lines["engine", "postgresql"]["verdict"] == "bad"
    assert "canary" not in json.dumps(list(lines.values()))


@pytest.mark.parametrize(
    ("health", "verdict", "words"),
    [
        ({"can_send": True, "problems": [], "asked_at": "2026-11-22"}, "good", "nothing to mend"),
        ({"can_send": True, "problems": ["Its quality is low."]}, "doubtful", "quality is low"),
        ({"can_send": False, "problems": ["The token expired."]}, "bad", "token expired"),
    ],
)
def test_what_a_vendor_said_of_an_account_is_told(
    health: Any, verdict: str, words: str, capsys: Capture
) -> None:
    accounts = {"items": [{"name": "shop", "health": health}, {"name": "new"}, "junk"]}
    with answering({"/health/ready": (200, READY), "/accounts": (200, accounts)}) as url:
        _, lines = examine(capsys, "--url", url)
    told = lines["health", "shop"]
    assert told["verdict"] == verdict
    assert words in told["seen"]
    assert ("health", "new") not in lines


def test_written_webhook_address_needs_no_advice() -> None:
    """Whoever wrote `webhook_url` down gave it to the provider."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"code": "handshake_refused"})

    async def advice_for(webhook_url: str | None) -> str:
        look = AccountLook("shop", [], takes_webhooks=True, webhook_url=webhook_url)
        server = ServerLook("http://127.0.0.1:7062", answers=True)
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(transport=transport) as client:
            (line,) = await look_at_webhooks(client, server, [look])
        return line.advice

    assert "YOUR-HOST" in anyio.run(advice_for, None)
    assert anyio.run(advice_for, "https://shop.example/hook") == ""
