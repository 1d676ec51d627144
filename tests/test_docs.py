"""The pages tell what the code does: tables, links and commands are compared with it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, TypeAdapter

import relevo
from relevo.capabilities import CONTENT_CAPABILITY
from relevo.contents import Content, InboundContent, kind_of
from relevo.events import LATTICE, TRANSITIONS
from relevo_server.problem_table import PROBLEMS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    + [page for folder in ("core", "plugins/*", "server") for page in ROOT.glob(f"{folder}/*.md")]
)


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_transition_table_is_the_codes_own() -> None:
    told = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1]))
        for row in rows(page("docs/statuses.md"))
    }
    assert told == {before: set(after) for before, after in TRANSITIONS.items()}


def test_lattice_is_told_in_order() -> None:
    assert " < ".join(f"`{status}`" for status in LATTICE) in page("docs/statuses.md")


def test_error_table_names_every_send_error_with_its_code() -> None:
    attempts, _, _ = page("docs/errors.md").partition("## Errors of asking")
    told = {row[0].strip("`"): row[1].strip("`") for row in rows(attempts)}
    kinds = [
        kind
        for kind in vars(relevo).values()
        if isinstance(kind, type)
        and issubclass(kind, relevo.SendError)
        and kind is not relevo.SendError
    ]
    assert told == {kind.__name__: kind.code for kind in kinds}


def test_table_of_errors_of_asking_has_the_codes_and_statuses_of_the_api() -> None:
    _, _, asking = page("docs/errors.md").partition("## Errors of asking")
    told = [[cell.strip("`") for cell in row[:3]] for row in rows(asking)]
    assert len(told) >= 10
    for name, code, statuses in told:
        assert getattr(relevo, name).code == code
        assert str(PROBLEMS[code].status) in re.findall(r"\d{3}", statuses), name


def test_ci_runs_the_readmes_own_test_command() -> None:
    (command,) = re.findall(r"^.*uv run pytest -n auto$", page("README.md"), re.MULTILINE)
    assert command in page(".ci/run").splitlines()


def test_settings_page_is_a_valid_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"(?ms)^```toml\n(.*?)^```", page("docs/configuration.md"))
    secret = tmp_path / "verify_token"
    secret.write_text("made-up\n", "utf-8")
    config = tmp_path / "relevo.toml"
    # The optional keys are shown as comments; they have to be right as well.
    shown = re.sub(r"^# (\w+ = )", r"\1", block, flags=re.MULTILINE)
    config.write_text(shown.replace("/run/secrets/verify_token", str(secret)), "utf-8")
    for name in ("PHONE_NUMBER_ID", "META_VERTICE360_WABA_TOKEN", "META_APP_SECRET"):
        monkeypatch.setenv(name, "made-up")
    settings = relevo.load_settings(config)
    assert settings.server["demo_account"] == "vertice"
    assert settings.accounts["vertice"].provider == "meta_whatsapp"


@pytest.mark.parametrize("name", ["README.md", "docs/write-a-provider.md"])
def test_installing_from_the_checkout_names_packages_that_are_there(name: str) -> None:
    """Beside the checkout, as the page says: every folder it installs is a package of ours."""
    named = re.findall(r'-e "?\.\./relevo/([\w/]+)(?:\[([\w,]+)\])?', page(name))
    assert {"core", "server"} <= {folder for folder, _ in named}
    for folder, extras in named:
        project = tomllib.loads(page(f"{folder}/pyproject.toml"))["project"]
        assert set(filter(None, extras.split(","))) <= set(project.get("optional-dependencies", ()))
    assert "uv run --no-project relevo" in page(name)


@pytest.mark.parametrize("name", ["docs/errors.md", "docs/write-a-provider.md"])
def test_pages_tell_what_a_bare_status_raises(name: str) -> None:
    """`raise_for_status` itself is asked about every status that a page names."""
    told = re.findall(r"(?m)^\| ([\dx, ]+|any other[^|]*) \| (?:`(\w+)`|nothing)", page(name))
    seen = {word.strip(): kind for words, kind in told for word in words.split(",")}
    others = next(kind for word, kind in seen.items() if word.startswith("any other"))
    for status in (200, 202, 301, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503):
        kind = seen.get(str(status), seen.get(f"{status // 100}xx", others))
        expected = kind if status >= 300 else ""
        assert raised_by(status) == expected, status


def raised_by(status: int) -> str:
    class Nothing(BaseModel):
        pass

    class Anybody(relevo.Provider[Nothing]):
        name = "anybody"

        async def send(self, message: relevo.Message) -> relevo.Receipt:
            raise NotImplementedError

    try:
        Anybody("shop", Nothing(), None).raise_for_status(httpx.Response(status))
    except relevo.SendError as error:
        return type(error).__name__
    return ""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in local if not (path.parent / link).exists()] == []


def contents_shown(what: str) -> list[dict[str, object]]:
    pattern = rf"(?ms)^<!-- {what} -->\n```json\n(.*?)^```"
    (block,) = re.findall(pattern, page("docs/http-api.md"))
    shown: list[dict[str, object]] = json.loads(block)
    return shown


@pytest.mark.parametrize(
    ("what", "reader", "kinds"),
    [
        ("contents that can be sent", TypeAdapter(Content), set(CONTENT_CAPABILITY)),
        (
            "contents that only people send",
            TypeAdapter(InboundContent),
            {"choice", "edit", "revoke", "other"},
        ),
    ],
)
def test_contents_shown_are_of_every_kind_and_valid(
    what: str, reader: TypeAdapter[Any], kinds: set[str]
) -> None:
    shown = contents_shown(what)
    assert {kind_of(content) for content in shown} == kinds
    for content in shown:
        assert reader.validate_python(content).model_dump(mode="json").keys() >= content.keys()


def test_table_of_capabilities_names_each_once() -> None:
    _, _, claims = page("docs/write-a-provider.md").partition("## What you claim")
    table, _, _ = claims.partition("`message.content`")
    told = [word for row in rows(table) for word in re.findall(r"`(\w+)`", row[0])]
    assert sorted(told) == sorted(relevo.Capability)
