"""The Lab without a browser: what is served, what protects it, and that nothing is missing."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar
from pydantic import JsonValue, TypeAdapter

import relevo
from relevo.contents import kind_of
from relevo.testing.content_samples import SAMPLES, WRITTEN
from relevo_server import create_app

pytestmark = pytest.mark.anyio
PAGE = "/demo/messaging/providers/acme/sms"
FILES = "/demo/messaging/lab"
API = "/api/v1/messaging"
FOLDER = Path(str(files("relevo_server").joinpath("lab")))
SHIPPED = sorted(
    path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()
)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
SCRIPTS = [name for name in SHIPPED if name.endswith(".js")]
WORDS = {
    language: json.loads((FOLDER / "i18n" / f"{language}.json").read_text("utf-8"))
    for language in ("en", "es")
}


class AcmeSandbox:
    """A sandbox that only notes who was answered for."""

    url = "http://127.0.0.1:1"

    def __init__(self, account: dict[str, JsonValue]) -> None:
        self.account = account
        self.replies: list[tuple[str, str]] = []

    async def reply(self, text: str, person: str) -> None:
        """Take a reply; a person has to be digits."""
        TypeAdapter(int).validate_python(person)
        self.replies.append((person, text))


@pytest.fixture
def with_sandbox(
    make_settings: Callable[..., relevo.Settings], acme: type[relevo.AnyProvider]
) -> Callable[[], tuple[Litestar, AcmeSandbox]]:
    """Make an application that stands beside a sandbox."""

    def make() -> tuple[Litestar, AcmeSandbox]:
        settings = make_settings()
        shop = settings.accounts["shop"]
        sandbox = AcmeSandbox({"provider": shop.provider, **shop.values})
        return create_app(settings, providers=[acme], sandbox=sandbox), sandbox

    return make


@pytest.fixture
def client(make_app: Callable[..., Litestar], in_process: Callable[..., Any]) -> Callable[[], Any]:
    """Talk to a server without a sandbox."""

    @asynccontextmanager
    async def open_client() -> AsyncIterator[httpx.AsyncClient]:
        async with in_process(make_app()) as opened:
            yield opened

    return open_client


async def test_page_is_html_under_a_strict_policy(client: Callable[[], Any]) -> None:
    async with client() as server:
        page = await server.get(PAGE)
    assert page.status_code == 200
    assert page.headers["content-type"] == TYPES[".html"]
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_account_of_the_address_is_welcome_and_other_parameters_are_not(
    client: Callable[[], Any], refused: Callable[..., dict[str, Any]]
) -> None:
    async with client() as server:
        assert (await server.get(f"{PAGE}?account=shop")).status_code == 200
        refused(await server.get(f"{PAGE}?acount=shop"), 400, "invalid_parameter")


async def test_every_shipped_file_is_served_with_its_type_and_revalidated(
    client: Callable[[], Any],
) -> None:
    async with client() as server:
        for name in SHIPPED:
            file = await server.get(f"{FILES}/{name}")
            assert file.status_code == 200, name
            assert file.headers["content-type"] == TYPES[Path(name).suffix], name
            assert file.content == (FOLDER / name).read_bytes()
            assert file.headers["cache-control"] == "no-cache"
            held = {"If-None-Match": f'"other", W/{file.headers["etag"]}'}
            again = await server.get(f"{FILES}/{name}", headers=held)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == file.headers["etag"]
            changed = await server.get(f"{FILES}/{name}", headers={"If-None-Match": '"other"'})
            assert changed.status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/demo/messaging/providers/acme/fax",
        f"{FILES}/js/none.js",
        f"{FILES}/js",
        f"{FILES}/%2e%2e/app.py",
        f"{FILES}//etc/passwd",
    ],
)
async def test_what_is_not_there_is_a_problem(client: Callable[[], Any], path: str) -> None:
    async with client() as server:
        answer = await server.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


async def test_unknown_provider_names_those_there_are(client: Callable[[], Any]) -> None:
    async with client() as server:
        answer = await server.get("/demo/messaging/providers/acme/fax")
    assert "acme_fax" in answer.json()["detail"]
    assert "acme_sms" in answer.json()["detail"]


async def test_lab_answers_this_machine_only(
    client: Callable[[], Any], refused: Callable[..., dict[str, Any]]
) -> None:
    async with client() as server:
        answer = await server.get(PAGE, headers={"Host": "lab.example"})
    refused(answer, 403, "foreign_host")


async def test_without_a_sandbox_it_is_off_and_says_how_to_start_one(
    client: Callable[[], Any], refused: Callable[..., dict[str, Any]]
) -> None:
    async with client() as server:
        assert (await server.get(f"{API}/sandbox")).json() == {"on": False}
        body = {"from": "15550100001", "text": "hello"}
        problem = refused(await server.post(f"{API}/sandbox/replies", json=body), 404, "no_sandbox")
    assert "relevo demo" in problem["detail"]


async def test_with_a_sandbox_people_answer(
    with_sandbox: Callable[[], tuple[Litestar, AcmeSandbox]], in_process: Callable[..., Any]
) -> None:
    app, sandbox = with_sandbox()
    async with in_process(app) as server:
        assert (await server.get(f"{API}/sandbox")).json() == {
            "on": True,
            "provider": "acme_sms",
            "account": "shop",
            "url": sandbox.url,
        }
        body = {"from": "15550100001", "text": "hello"}
        answer = await server.post(f"{API}/sandbox/replies", json=body)
    assert answer.status_code == 202
    assert answer.json() == {"account": "shop", "sender": "15550100001", "text": "hello"}
    assert sandbox.replies == [("15550100001", "hello")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "15550100001"}, "body"),
        ({"from": "15550100001", "text": " "}, "text"),
        ({"text": "hello"}, "from"),
        ({"from": "15550100001", "text": "hello", "name": "x"}, "name"),
    ],
)
async def test_reply_that_cannot_be_names_its_field(
    with_sandbox: Callable[[], tuple[Litestar, AcmeSandbox]],
    in_process: Callable[..., Any],
    refused: Callable[..., dict[str, Any]],
    body: dict[str, str],
    field: str,
) -> None:
    app, sandbox = with_sandbox()
    async with in_process(app) as server:
        answer = await server.post(f"{API}/sandbox/replies", json=body)
    problem = refused(answer, 422, "invalid_body")
    assert [fault["field"] for fault in problem["errors"]] == [field]
    assert sandbox.replies == []


async def test_reply_the_sandbox_refuses_is_a_problem_without_its_words(
    with_sandbox: Callable[[], tuple[Litestar, AcmeSandbox]],
    in_process: Callable[..., Any],
    refused: Callable[..., dict[str, Any]],
) -> None:
    app, _ = with_sandbox()
    async with in_process(app) as server:
        body = {"from": "canary", "text": "hello"}
        answer = await server.post(f"{API}/sandbox/replies", json=body)
    refused(answer, 422, "invalid_body")
    assert "canary" not in answer.text


def test_sandbox_that_no_account_sends_to_is_refused(
    make_settings: Callable[..., relevo.Settings], acme: type[relevo.AnyProvider]
) -> None:
    sandbox = AcmeSandbox({"provider": "acme_sms", "secret": "another"})
    with pytest.raises(relevo.ConfigurationError, match="no account sends to it"):
        create_app(make_settings(), providers=[acme], sandbox=sandbox)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_file_asks_anybody_else(name: str) -> None:
    """No address of another origin, but for names of XML dialects and the map people open."""
    text = (FOLDER / name).read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    text = text.replace('const MAP = "https://www.openstreetmap.org/";', "")
    assert re.findall(r"""["'(=`]\s*(?:https?:)?//[a-z0-9]""", text, re.IGNORECASE) == []
    assert "@import" not in text


@pytest.mark.parametrize("name", SHIPPED)
def test_no_file_needs_more_than_the_policy_gives(name: str) -> None:
    """No inline script or style, no handler attribute, no markup made of text."""
    text = (FOLDER / name).read_text("utf-8")
    if name.endswith(".html"):
        assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=", text) == []
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert name.endswith(".css") or re.findall(forbidden, text) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_small_and_say_what_they_show(name: str) -> None:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    assert len(lines) < 250
    assert lines[0].startswith("//")


def test_every_file_the_page_names_is_shipped() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")
    named = re.findall(r'(?:src|href)="\.\./\.\./lab/([^"]+)"', page)
    assert set(named) <= set(SHIPPED)
    styles = {name for name in SHIPPED if name.endswith(".css")}
    assert styles == {name for name in named if name.endswith(".css")}
    for script in SCRIPTS:
        imported = re.findall(r'from "\./([^"]+)"', (FOLDER / script).read_text("utf-8"))
        assert {f"js/{other}" for other in imported} <= set(SHIPPED), script


def test_every_icon_used_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'id="icon-([^"]+)"', (FOLDER / "icons.svg").read_text("utf-8")))
    used = {
        icon
        for script in SCRIPTS
        for icon in re.findall(r'\bicon\("([^"]+)"', (FOLDER / script).read_text("utf-8"))
    }
    assert used <= drawn


def test_both_languages_say_the_same_things_with_the_same_places() -> None:
    assert WORDS["en"].keys() == WORDS["es"].keys()
    for key, words in WORDS["en"].items():
        assert words.strip(), key
        assert WORDS["es"][key].strip(), key
        places = [set(re.findall(r"\{\w+\}", WORDS[language][key])) for language in WORDS]
        assert places[0] == places[1], key


def test_every_word_the_page_says_is_there() -> None:
    stems = {re.sub(r"\.(?:one|other)$", "", key) for key in WORDS["en"]}
    said = {
        key
        for script in SCRIPTS
        for key in re.findall(r'\bsay\("([^"]+)"', (FOLDER / script).read_text("utf-8"))
    }
    assert said <= stems | WORDS["en"].keys()
    statuses = {status.value for status in relevo.DeliveryStatus}
    assert {f"status.{status}" for status in statuses} <= stems
    assert {f"why.{status}" for status in statuses} <= stems
    assert {f"phase.{phase.value}" for phase in relevo.Phase} <= stems
    said_by_themselves = {"text", "buttons", "list", "link", "choice", "native", "other"}
    kinds = {str(kind_of(content)) for content in (*SAMPLES.values(), *WRITTEN)}
    assert {f"content.{kind}" for kind in kinds - said_by_themselves} <= WORDS["en"].keys()
