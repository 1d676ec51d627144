"""A scenario file says what happens when, and time can be let pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import relevo
from relevo.cli.app import run
from relevo_meta_whatsapp.sandbox.control.routes import CONTROL_ROUTES
from relevo_meta_whatsapp.sandbox.scenario.script import read_scenario

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph

ROOT = Path(__file__).resolve().parents[3]
ANA = "34600111222"
TOML = """
seed = 7
[behaviour]
windows = "real"
story = []
retry_for_s = 0
[[numbers]]
phone_number_id = "770055009999"
display_number = "15550100300"
[[steps]]
at = 60
inbound = { kind = "text", from = "34600111222", content = { body = "hola" } }
[[steps]]
at = 120
faults = [{ status = 503 }]
[[steps]]
at = 300
times = 3
every_s = 100
inbound = { kind = "image", from = "34600111333" }
[[steps]]
at = 1000
template = { name = "hello_world", status = "PAUSED" }
[[steps]]
at = 1000
behaviour = { windows = "open" }
[[steps]]
at = 1000
number = { phone_number_id = "770055009999", facts = { quality_rating = "RED" } }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "story.toml"
    path.write_text(TOML)
    return path


def test_steps_happen_at_their_times(file: Path, graph: Graph) -> None:
    scenario = read_scenario(file)
    graph.order("scenario", scenario.model_dump(mode="json", by_alias=True, exclude_unset=True))
    text = {"text": {"body": "x"}}
    assert graph.fate(graph.send(ANA, **text)) == 131047
    graph.advance(61)
    assert graph.fate(graph.send(ANA, **text)) is None
    graph.advance(60)
    assert [graph.send(ANA, **text).status_code for _ in range(2)] == [503, 200]
    number = graph.state.numbers[graph.number]
    assert len(number.inbound) == 1
    graph.advance(400)
    assert len(number.inbound) == 4
    graph.advance(600)
    assert graph.state.behaviour.windows == "open"
    assert graph.state.behaviour.seed == 7
    shown = graph.call("GET", "770055009999", params={"fields": "quality_rating"}).json()
    assert shown["quality_rating"] == "RED"
    template = {"name": "hello_world", "language": {"code": "en_US"}}
    assert graph.send(ANA, template=template).json()["error"]["code"] == 132015


def test_a_scenario_is_json_as_well(file: Path, tmp_path: Path) -> None:
    import tomllib  # noqa: PLC0415 - only here

    other = tmp_path / "story.json"
    other.write_text(json.dumps(tomllib.loads(TOML)))
    assert read_scenario(other) == read_scenario(file)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("steps = 7", "steps"),
        ("[[steps]]\nat = 1", "one thing"),
        ("[[steps]]\nat = 1\nfaults = []\nbehaviour = {}", "one thing"),
        ("[[steps]]\nat = 1\ninbound = { kind = 'telepathy' }", "inbound.kind"),
        ("[[steps]]\nat = -1\nfaults = []", "steps.0.at"),
        ("[behaviour]\nwindows = 'ajar'", "wrong"),
        ("what", "neither TOML nor JSON"),
        (
            "[[steps]]\nat = 1\nfaults = []\n[[steps]]\natt = 1\nfaults = []",
            r"is wrong: steps\.1: there is no field att; did you mean at\?$",
        ),
        ("[[steps]]\nat = 1\nfaults = {}", r"steps\.0\.faults: it has to be a list\.$"),
        (
            "[[steps]]\nat = 1\nfaults = [{ stauts = 500 }]",
            r"steps\.0\.faults\.0: there is no field stauts; did you mean status\?$",
        ),
    ],
)
def test_a_wrong_scenario_is_one_sentence(written: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    path.write_text(written)
    with pytest.raises(relevo.ConfigurationError, match=words):
        read_scenario(path)


def test_the_command_says_what_is_wrong_with_a_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sandbox", "--scenario", str(tmp_path / "none.toml")]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert "none.toml" in err


def test_time_can_run_faster(graph: Graph) -> None:
    before = graph.state.clock.now()
    try:
        graph.order("clock", {"speed": 100_000})
        assert graph.state.clock.now() - before < 100_000
        answer = httpx.post(f"{graph.remote.url}/sandbox/clock", json={"speed": 0})
        assert answer.status_code == 400
        while graph.state.clock.now() - before < 3600:
            pass
    finally:
        graph.order("clock", {"speed": 1})


def test_state_shows_people_and_no_secrets(graph: Graph) -> None:
    graph.order("reply", {"from": ANA, "text": "hi"})
    told: Any = graph.order("state", method="GET")
    (person,) = told["numbers"][0]["people"]
    assert (person["wa_id"], person["window"]) == (ANA, "open")
    for name in ("access_token", "app_secret", "verify_token"):
        assert str(graph.remote.account[name]) not in json.dumps(told)
    graph.order("reset")
    assert graph.order("state", method="GET")["numbers"][0]["people"] == []


def test_the_page_shows_the_example_that_is_run() -> None:
    example = ROOT / "examples" / "test_with_whatsapp_sandbox.py"
    assert example.read_text("utf-8") in (ROOT / "docs" / "sandbox.md").read_text("utf-8")


def test_the_scenario_of_the_page_can_be_played(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
    path = tmp_path / "story.toml"
    path.write_text(page.partition("```toml\n# story.toml\n")[2].partition("```")[0])
    assert len(read_scenario(path).steps) == 4


def test_the_page_names_every_template_and_every_route(graph: Graph) -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text("utf-8")
    names = {template.name for template in graph.state.templates[graph.waba]}
    assert {name for name in names if f"`{name}`" not in page} == set()
    paths = {path for route in CONTROL_ROUTES for path in route.paths}
    assert {path for path in paths if f"{path}" not in page} == set()


@pytest.mark.parametrize("more", [{}, {"language": "de"}])
def test_step_for_a_template_that_is_not_there_is_refused_at_the_start(
    graph: Graph, more: dict[str, str]
) -> None:
    name = "hello_world" if more else "no_such"
    step = {"at": 1, "template": {"name": name, "status": "PAUSED", **more}}
    answer = graph.client.post(f"{graph.remote.url}/sandbox/scenario", json={"steps": [step]})
    assert answer.status_code == 400
    assert f"steps.0: there is no template '{name}'" in answer.json()["error"]


def test_scenario_of_the_start_that_names_no_template_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "story.toml"
    path.write_text("[[steps]]\nat = 1\ntemplate = { name = 'no_such', status = 'PAUSED' }")
    assert run(["sandbox", "--port", "0", "--scenario", str(path)]) == 2
    assert "steps.0: there is no template 'no_such'." in capsys.readouterr().err
