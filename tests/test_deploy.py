"""The deploy files agree with what Relevo is, as far as that can be told without Docker."""

from __future__ import annotations

import re
from pathlib import Path
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
    assert "/health/live" in last


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
