"""The wheels, installed into an empty environment: no `src/` on the path, no workspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Environment:
    """A virtual environment with nothing of the workspace in it."""

    root: Path
    uv: str
    wheels: Path

    def run(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's programs away from the checkout."""
        clean = {key: value for key, value in os.environ.items() if not _of_the_tests(key)}
        return subprocess.run(
            [self.root / "bin" / command[0], *command[1:]],
            cwd=cwd or self.root,
            env=clean,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def plugins(self) -> dict[str, dict[str, str]]:
        told = self.run("relevo", "plugins", "--json")
        return {row["name"]: row for row in map(json.loads, told.stdout.splitlines())}

    def install(self, *packages: str) -> None:
        command = ["pip", "install", "--quiet", "--find-links", str(self.wheels), *packages]
        _call(self.uv, *command, "--python", str(self.root))

    def uninstall(self, package: str) -> None:
        _call(self.uv, "pip", "uninstall", "--quiet", package, "--python", str(self.root))

    def put_plugin(self, name: str, code: str, *, distribution: str, entry_point: str) -> None:
        """Write a distribution with one plugin by hand, as a build tool would."""
        (site,) = (self.root / "lib").glob("python3.*/site-packages")
        (site / f"{name}.py").write_text(code, "utf-8")
        info = site / f"{distribution.replace('-', '_')}-0.0.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.0.1\n", "utf-8"
        )
        (info / "RECORD").write_text("", "utf-8")
        (info / "entry_points.txt").write_text(
            f"[relevo.plugins]\n{entry_point} = {name}\n", "utf-8"
        )


def _of_the_tests(key: str) -> bool:
    return key.startswith(("VIRTUAL_ENV", "PYTHON", "UV_RUN", "META_", "RELEVO_", "PYTEST"))


def _call(*command: str) -> str:
    run = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert run.returncode == 0, f"{command}\n{run.stdout}\n{run.stderr}"
    return run.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory, require: Callable[..., None]) -> Path:
    """Build every wheel, the third party's too."""
    uv = os.environ.get("UV") or shutil.which("uv")
    require("wheels", available=uv is not None, reason="no `uv` found; run the tests by `uv run`")
    assert uv is not None
    dist = tmp_path_factory.mktemp("dist")
    built = subprocess.run(
        [uv, "build", "--all-packages", "--wheel", "--out-dir", dist],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    require("wheels", available=built.returncode == 0, reason=built.stderr[-2000:])
    _call(uv, "build", "--wheel", "--out-dir", str(dist), str(ROOT / "examples" / "acme_sms"))
    return dist


@pytest.fixture
def environment(wheels: Path, tmp_path: Path) -> Environment:
    uv = os.environ.get("UV") or shutil.which("uv") or "uv"
    root = tmp_path / "venv"
    _call(uv, "venv", "--quiet", "--python", sys.executable, str(root))
    environment = Environment(root, uv, wheels)
    environment.install("relevo-server", "relevo-console", "relevo-meta-whatsapp[sandbox]")
    return environment


def test_four_distributions_are_built(wheels: Path) -> None:
    names = {wheel.name.partition("-")[0] for wheel in wheels.glob("*.whl")}
    assert names == {
        "relevo",
        "relevo_console",
        "relevo_meta_whatsapp",
        "relevo_server",
        "relevo_acme_sms",
    }


def test_installed_wheels_list_their_plugins_and_run_the_demo(environment: Environment) -> None:
    where = environment.run("python", "-c", "import relevo; print(relevo.__file__)").stdout
    assert where.startswith(str(environment.root))

    pages = "import pathlib, relevo_server as s; p = pathlib.Path(s.__file__).parent / 'lab'; "
    listed = environment.run("python", "-c", pages + "print(*(f.name for f in p.rglob('*')))")
    assert {"index.html", "en.json", "es.json"} <= set(listed.stdout.split())

    told = environment.plugins()
    assert told["console"]["distribution"] == "relevo-console"
    assert told["meta_whatsapp"]["distribution"] == "relevo-meta-whatsapp"
    assert {row["version"] for row in told.values()} == {"0.1.0"}
    assert {row["state"] for row in told.values()} == {"loaded"}

    demo = environment.run("relevo", "demo", "--once")
    assert demo.returncode == 0, demo.stderr
    events = [json.loads(line) for line in demo.stdout.splitlines()]
    assert events[-1]["data"]["status"] == "read"


def test_without_the_meta_wheel_the_rest_runs_and_its_account_says_what_to_install(
    environment: Environment,
) -> None:
    environment.uninstall("relevo-meta-whatsapp")
    assert "meta_whatsapp" not in environment.plugins()

    config = environment.root / "relevo.toml"
    config.write_text('[accounts.vertice]\nprovider = "meta_whatsapp"\n', "utf-8")
    served = environment.run("relevo", "serve", "--config", str(config), "--port", "0")
    assert served.returncode != 0
    assert "'vertice'" in served.stderr
    assert "pip install relevo-meta-whatsapp" in served.stderr
    assert "Traceback" not in served.stderr

    script = (ROOT / "examples" / "embed_script.py").read_text("utf-8")
    sent = environment.run("python", "-c", script)
    assert sent.returncode == 0, sent.stderr


BROKEN = {
    "no_module": ("import surely_not_installed", "surely_not_installed"),
    "asserts": ("assert False, 'half-baked'", "AssertionError"),
    "exits": ("raise SystemExit(3)", "SystemExit"),
    "misspelt": (
        "import relevo\n@relevo.hookimpl\ndef relevo_provider(): return []",
        "relevo_provider",
    ),
    "hookless": ("x = 1", "hook"),
}


def test_broken_plugins_are_lines_in_the_report_and_harm_nobody(environment: Environment) -> None:
    for name, (code, _) in BROKEN.items():
        environment.put_plugin(f"bad_{name}", code, distribution=f"bad-{name}", entry_point=name)
    for twin in ("one", "two"):
        environment.put_plugin(
            f"twin_{twin}",
            "import relevo\n@relevo.hookimpl\ndef relevo_providers(): return []",
            distribution=f"twin-{twin}",
            entry_point="twin",
        )

    told = environment.plugins()
    for name, (_, words) in BROKEN.items():
        assert told[name]["state"] == "failed", told[name]
        assert words in told[name]["error"], told[name]
    assert told["twin"]["state"] == "failed"
    assert "twin-one" in told["twin"]["error"]
    assert "twin-two" in told["twin"]["error"]
    assert told["console"]["state"] == told["meta_whatsapp"]["state"] == "loaded"

    demo = environment.run("relevo", "demo", "--once")
    assert demo.returncode == 0, demo.stderr


def test_third_partys_package_installs_and_passes_its_own_tests(environment: Environment) -> None:
    environment.install("relevo-acme-sms", "relevo[testing]")
    told = environment.plugins()["acme_sms"]
    assert (told["state"], told["distribution"]) == ("loaded", "relevo-acme-sms")

    suite = shutil.copytree(ROOT / "examples" / "acme_sms" / "tests", environment.root / "suite")
    run = environment.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(suite))
    assert run.returncode == 0, run.stdout + run.stderr
    assert " passed" in run.stdout
