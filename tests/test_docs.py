"""The pages tell what the code does: tables, links and commands are compared with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import relevo
from relevo.events import LATTICE, TRANSITIONS

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
    told = {row[0].strip("`"): row[1].strip("`") for row in rows(page("docs/errors.md"))}
    kinds = [
        kind
        for kind in vars(relevo).values()
        if isinstance(kind, type)
        and issubclass(kind, relevo.SendError)
        and kind is not relevo.SendError
    ]
    assert told == {kind.__name__: kind.code for kind in kinds}


def test_ci_runs_the_readmes_own_test_command() -> None:
    (command,) = re.findall(r"^.*uv run pytest$", page("README.md"), re.MULTILINE)
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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    local = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in local if not (path.parent / link).exists()] == []
