"""`relevo sandbox`: what it prints, what it is told to do wrong, and that it goes nowhere."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from relevo.cli.app import run
from relevo_meta_whatsapp import MetaWhatsAppConfig

RELEVO = Path(sys.executable).with_name("relevo")
IN_TIME_S = 30
Capture = pytest.CaptureFixture[str]


@contextmanager
def sandbox(*options: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """Run it until the block ends; give the process, its address and what it wrote."""
    with subprocess.Popen(
        [RELEVO, "sandbox", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_COLOR": "1"},
    ) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C" in line:
                    break
            (url,) = re.findall(r"answers on (http://127\.0\.0\.1:\d+)", lines[0])
            yield process, url, lines
        finally:
            if process.poll() is None:
                process.kill()


def post(url: str, account: dict[str, Any]) -> httpx.Response:
    return httpx.post(
        f"{url}/v25.0/{account['phone_number_id']}/messages",
        headers={"Authorization": f"Bearer {account['access_token']}"},
        json={
            "messaging_product": "whatsapp",
            "to": "15550100001",
            "type": "text",
            "text": {"body": "hola"},
        },
        trust_env=False,
        timeout=IN_TIME_S,
    )


def account_in(lines: Sequence[str], name: str = "sandbox") -> dict[str, Any]:
    return dict(tomllib.loads("".join(lines))["accounts"][name])


def test_pipe_gets_a_relevo_toml_and_every_line_says_sandbox() -> None:
    with sandbox() as (process, url, lines):
        account = account_in(lines)
        assert account.pop("provider") == "meta_whatsapp"
        assert MetaWhatsAppConfig.model_validate(account).base_url == url
        assert post(url, account).status_code == 200
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=IN_TIME_S)
    assert process.returncode == 0
    assert [line for line in [*lines, *out.splitlines()] if "sandbox" not in line] == []
    assert [line for line in err.splitlines() if "sandbox" not in line] == []
    assert "took message" in err
    assert "15550100001" not in err
    assert "hola" not in err


def test_settings_it_prints_start_without_a_warning(tmp_path: Path) -> None:
    """Its made-up secrets open nothing, so they may stand in the settings themselves."""
    with sandbox() as (_, _, lines):
        pass
    (tmp_path / "relevo.toml").write_text("".join(lines))
    program = (
        "import asyncio, logging, relevo; logging.basicConfig()\n"
        "async def main():\n"
        "    async with relevo.open(relevo.load_settings('relevo.toml')): pass\n"
        "asyncio.run(main())"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=IN_TIME_S,
    )
    assert (told.returncode, told.stderr) == (0, "")


def test_settings_outlive_a_restart_and_the_address_names_the_account() -> None:
    webhook = "http://127.0.0.1:1/api/v1/messaging/webhooks/shop.1"
    with sandbox("--webhook", webhook) as (_, first_url, first):
        pass
    with sandbox("--webhook", webhook) as (_, second_url, second):
        pass
    accounts = [account_in(lines, "shop.1") for lines in (first, second)]
    assert [account.pop("base_url") for account in accounts] == [first_url, second_url]
    assert accounts[0] == accounts[1]


@pytest.mark.parametrize(
    ("options", "answers"),
    [
        (["--fail", "2"], [503, 503, 200]),
        (["--status", "500"], [500, 200]),
        (["--fail", "1", "--status", "429", "--code", "130429", "--retry-after", "7"], [429, 200]),
        (["--cut", "before"], [None, 200]),
        (["--cut", "after", "--fail", "2"], [None, None, 200]),
    ],
)
def test_sends_go_wrong_as_told_and_then_right(
    options: list[str], answers: list[int | None]
) -> None:
    with sandbox(*options) as (_, url, lines):
        account = account_in(lines)
        for expected in answers:
            if expected is None:
                with pytest.raises(httpx.RemoteProtocolError):
                    post(url, account)
                continue
            answer = post(url, account)
            assert answer.status_code == expected
            if expected == 429:
                assert answer.headers["retry-after"] == "7"
                assert answer.json()["error"]["code"] == 130429
        taken = httpx.get(f"{url}/sandbox/messages", trust_env=False).json()["total"]
    assert taken == answers.count(200) + (answers.count(None) if "after" in options else 0)


def test_the_rest_of_its_behaviour_is_as_told() -> None:
    options = ["--latency", "0.25", "--duplicate", "--reorder", "--seed", "7"]
    with sandbox(*options) as (_, url, _):
        told = httpx.get(f"{url}/sandbox/behaviour", trust_env=False).json()["behaviour"]
    chosen = {key: told[key] for key in ("answer_delay_s", "duplicate", "reorder", "seed")}
    assert chosen == {"answer_delay_s": 0.25, "duplicate": 1, "reorder": 1, "seed": 7}
    assert told["faults"] == []


@pytest.mark.parametrize(
    ("options", "windows", "limits"),
    [
        ([], "open", False),
        (["--windows", "real"], "real", False),
        (["--limits"], "open", True),
        (["--faithful"], "real", True),
        (["--faithful", "--windows", "open"], "open", True),
    ],
)
def test_it_is_as_strict_as_told(options: list[str], windows: str, limits: bool) -> None:  # noqa: FBT001 - pytest's way
    with sandbox(*options) as (_, url, _):
        told = httpx.get(f"{url}/sandbox/behaviour", trust_env=False).json()["behaviour"]
    assert (told["windows"], told["limits"]) == (windows, limits)


def test_scenario_is_played_from_the_start(tmp_path: Path) -> None:
    file = tmp_path / "story.toml"
    file.write_text("[[steps]]\nat = 0\nfaults = [{ status = 418 }]")
    with sandbox("--scenario", str(file)) as (_, url, lines):
        ends = time.monotonic() + IN_TIME_S
        while time.monotonic() < ends:
            if httpx.get(f"{url}/sandbox/behaviour").json()["behaviour"]["faults"]:
                break
        assert post(url, account_in(lines)).status_code == 418


def test_terminal_shows_the_same_and_ctrl_c_ends_it() -> None:
    terminal, inside = pty.openpty()
    with subprocess.Popen(
        [RELEVO, "sandbox"], stdin=inside, stdout=inside, stderr=inside, start_new_session=True
    ) as process:
        os.close(inside)
        shown = ""
        while "Ctrl-C" not in shown:
            shown += os.read(terminal, 65_536).decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(IN_TIME_S) == 0
    os.close(terminal)
    assert account_in([line for line in shown.splitlines(keepends=True) if "INFO" not in line])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--webhook", "https://example.org/webhooks/x"], "to this machine only"),
        (["--cut", "after", "--status", "500"], "a cut connection has no answer"),
        (["--cut", "sideways"], "--cut"),
        (["--fail", "0", "--status", "500"], "--fail 0"),
        (["--fail", "-1"], "--fail"),
        (["--status", "99"], "--status"),
        (["--latency", "-1"], "--latency"),
        (["--port", "99999"], "--port"),
    ],
)
def test_what_it_cannot_do_is_one_sentence(options: list[str], words: str, capsys: Capture) -> None:
    assert run(["sandbox", *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1


def test_command_is_there_without_the_extra_and_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules.update(litestar=None, uvicorn=None); "
        "sys.argv = ['relevo', 'sandbox']; from relevo.cli import main; main()"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert "pip install 'relevo-meta-whatsapp[sandbox]'" in told.stderr


def test_account_is_written_as_json_would_write_its_texts() -> None:
    from relevo_meta_whatsapp.sandbox.command import account_toml  # noqa: PLC0415 - its only use

    account = {"provider": "meta_whatsapp", "word": 'a "quoted" \\ word'}
    written = account_toml("two words", account)
    assert tomllib.loads(written) == {"accounts": {"two words": account}}
    assert json.dumps("two words") in written
