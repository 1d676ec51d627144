"""`relevo templates`: list, create, delete against a running server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from pydantic import BaseModel, JsonValue

import relevo
from relevo.cli.app import run
from relevo_server import create_app, stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of

Capture = pytest.CaptureFixture[str]


class Config(BaseModel):
    """Nothing to configure."""


class Keeper(relevo.Provider[Config]):
    """A vendor with many templates."""

    name = "keeper"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT, relevo.Capability.TEMPLATES})

    def __init__(self, account: str, config: Config, http: Any) -> None:
        super().__init__(account, config, http)
        self.kept = {f"made_{number:03}": "UTILITY" for number in range(205)}

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    async def list_templates(
        self, *, name: str | None = None, language: str | None = None, max_age_s: float = 0
    ) -> Sequence[relevo.Template]:
        del language
        status = "ASKED" if max_age_s == 0 else "APPROVED"
        return [
            relevo.Template(one, "es", status, category=category)
            for one, category in self.kept.items()
            if name in {None, one}
        ]

    async def create_template(self, definition: Mapping[str, JsonValue]) -> relevo.Template:
        self.kept[str(definition["name"])] = str(definition["category"])
        return relevo.Template(str(definition["name"]), "es", "PENDING")

    async def delete_template(self, name: str) -> None:
        if self.kept.pop(name, None) is None:
            msg = f"Account {self.account!r}: there is no such template."
            raise relevo.Rejected(msg)


@pytest.fixture(autouse=True)
def server(make_settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings = make_settings(accounts={"shop": {"provider": "keeper"}})

    @asynccontextmanager
    async def up() -> Any:
        app = create_app(settings, providers=[Keeper])
        with open_socket("127.0.0.1", 0) as listener:
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
            ):
                yield url_of(listener)

    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(up()) as url,
    ):
        monkeypatch.setenv("RELEVO_URL", url)
        yield


def listed(capsys: Capture, *tokens: str) -> list[str]:
    assert run(["templates", "list", "--account", "shop", *tokens]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("tokens", "told"),
    [
        (["--status", "FOO"], "No template's status is 'FOO'. In use here: APPROVED."),
        (["--category", "FOO"], "No template's category is 'FOO'. In use here: UTILITY."),
        (["--status", "APPROVED", "--name", "nothing"], ""),
        (["--status", "APPROVED"], ""),
    ],
)
def test_a_word_that_no_template_has_is_told_with_those_in_use(
    capsys: Capture, tokens: list[str], told: str
) -> None:
    """The words are the vendor's: a misspelt one must not look like a missing template."""
    assert run(["templates", "list", "--account", "shop", *tokens]) == 0
    said = capsys.readouterr().err
    assert told in said
    assert bool(said) == bool(told)


def test_list_goes_through_all_pages(capsys: Capture) -> None:
    lines = listed(capsys)
    assert len(lines) == 205
    assert lines[0] == "made_000\tes\tAPPROVED\tUTILITY\t-"
    (row,) = listed(capsys, "--name", "made_007", "--json")
    assert json.loads(row)["name"] == "made_007"
    assert listed(capsys, "--category", "MARKETING") == []


def test_now_asks_the_vendor(capsys: Capture) -> None:
    (line,) = listed(capsys, "--name", "made_007", "--now")
    assert line.split("\t")[2] == "ASKED"


def test_template_is_created_from_a_file_and_deleted(capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "sale.json"
    file.write_text('{"name": "sale", "language": "es", "category": "MARKETING"}')
    assert run(["templates", "create", str(file), "--account", "shop"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "PENDING"
    assert len(listed(capsys, "--name", "sale")) == 1
    assert run(["templates", "delete", "sale", "--account", "shop"]) == 0
    assert capsys.readouterr().out == "sale is deleted.\n"
    assert listed(capsys, "--name", "sale") == []


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (None, 2, "cannot be read"),
        ("{", 2, "holds no JSON"),
        ('{"name": "x"}', 1, "language"),
    ],
)
def test_definition_that_cannot_be_used_is_said(
    capsys: Capture, tmp_path: Path, text: str | None, code: int, words: str
) -> None:
    file = tmp_path / "x.json"
    if text is not None:
        file.write_text(text)
    assert run(["templates", "create", str(file), "--account", "shop"]) == code
    assert words in capsys.readouterr().err


def test_refusal_of_the_vendor_is_one_sentence(capsys: Capture) -> None:
    assert run(["templates", "delete", "no_such", "--account", "shop"]) == 1
    assert "there is no such template" in capsys.readouterr().err
    assert run(["templates", "delete", "x", "--account", "nobody"]) == 1
    assert "No account 'nobody'" in capsys.readouterr().err
