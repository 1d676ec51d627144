"""The deploy files agree with what Relevo is, as far as that can be told without Docker."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import relevo
from relevo_server.operating import OperatingSettings

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
DRAIN_S = 20


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8")))


def test_compose_runs_each_role_once_beside_a_database(compose: dict[str, Any]) -> None:
    services = compose["services"]
    roles = {
        name: service["command"][service["command"].index("--role") + 1]
        for name, service in services.items()
        if "command" in service
    }
    assert roles == {"api": relevo.Role.API.value, "worker": relevo.Role.WORKER.value}
    for name in roles:
        assert services[name]["environment"]["RELEVO_ENGINE"].startswith("postgresql://")
        assert "RELEVO_BOOTSTRAP_KEY" in services[name]["environment"]
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > DRAIN_S


def test_compose_opens_nothing_to_other_machines(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_builds_the_image_once_and_fetches_it_from_nobody(compose: dict[str, Any]) -> None:
    """Built for each role, each has an image of its own, and every build leaves one over."""
    ours = [service for service in compose["services"].values() if service["image"] == "relevo"]
    builders = [service for service in ours if "build" in service]
    assert (len(ours), len(builders)) == (2, 1)
    assert all("build" in service or service["pull_policy"] == "never" for service in ours)


def test_database_is_asked_by_tcp_as_we_do(compose: dict[str, Any]) -> None:
    """PostgreSQL's image answers on its socket while it sets itself up, then stops once more."""
    test = compose["services"]["database"]["healthcheck"]["test"]
    assert test[test.index("-h") + 1] == "127.0.0.1"


def test_every_variable_of_compose_is_in_the_example() -> None:
    used = re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text("utf-8"))
    offered = re.findall(r"^(\w+)=", (DEPLOY / ".env.example").read_text("utf-8"), re.MULTILINE)
    assert set(used) == set(offered)


def test_image_has_all_four_packages_and_runs_as_nobody() -> None:
    for package in ("./core[", "./plugins/console", "./plugins/meta_whatsapp", "./server"):
        assert package in DOCKERFILE
    copied = re.findall(r"^COPY (\w+) ", DOCKERFILE, re.MULTILINE)
    assert all((ROOT / folder).is_dir() for folder in copied)
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert last.index("USER relevo") < last.index("ENTRYPOINT")
    assert "HEALTHCHECK" in last


def test_image_holds_all_python_compiled() -> None:
    """Its user may write nothing down, so every start and every probe would compile it again."""
    assert "--no-compile" not in DOCKERFILE
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    version = re.findall(r"^FROM python:([\d.]+)-slim$", DOCKERFILE, re.MULTILINE)[-1]
    assert re.search(
        rf"compileall .*/usr/local/lib/python{re.escape(version)}$", last, re.MULTILINE
    )


@pytest.fixture
def live_port() -> Iterator[int]:
    """A server that lives, and says so at the one address where it is asked."""

    class Live(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health/live" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Live) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(("path", "well"), [("/health/live", True), ("/nowhere", False)])
def test_probe_of_the_image_asks_the_container_itself(
    live_port: int, path: str, monkeypatch: pytest.MonkeyPatch, *, well: bool
) -> None:
    """A proxy in the environment is for the world outside."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    (command,) = re.findall(r"^  CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    program, flag, code = json.loads(command)
    assert (program, flag) == ("python", "-c")
    assert "7062" in code
    code = code.replace("7062", str(live_port)).replace("/health/live", path)
    with pytest.raises(SystemExit) as ended:
        exec(code, {})  # noqa: S102 - our own file
    assert bool(ended.value.code) is not well


def test_unit_waits_longer_than_the_drain_and_is_hardened() -> None:
    unit = (DEPLOY / "relevo.service").read_text("utf-8")
    assert int(re.findall(r"TimeoutStopSec=(\d+)", unit)[0]) > DRAIN_S
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "UMask=0077"):
        assert line in unit


def test_production_page_names_what_there_is() -> None:
    """Settings and numbers that an operator is told of exist."""
    page = (ROOT / "docs/production.md").read_text("utf-8")
    settings = (ROOT / "docs/configuration.md").read_text("utf-8")
    for name in OperatingSettings.model_fields:
        assert f"# {name} =" in settings, name
    written = "".join(
        file.read_text("utf-8") for file in (ROOT / "server/src/relevo_server/metrics").glob("*.py")
    )
    named = {
        re.sub(r"_(bucket|count|sum)$", "", name)
        for name in re.findall(r"\brelevo_[a-z_]+\b", page)
    }
    assert len(named) > 10
    assert not [name for name in named if f'"{name}"' not in written]


def test_container_starts_without_a_bootstrap_key(compose: dict[str, Any]) -> None:
    """It is to be taken out again, so nothing may demand it."""
    for name in ("api", "worker"):
        assert compose["services"][name]["environment"]["RELEVO_BOOTSTRAP_KEY"].endswith(":-}")


def test_image_is_built_without_secrets_and_without_history() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {".git", ".venv", "**/.env", "**/*.db", "**/relevo.toml"} <= set(ignored)
    copied = re.findall(r"^COPY (\w+) ", DOCKERFILE, re.MULTILINE)
    assert not set(copied) & set(ignored)
