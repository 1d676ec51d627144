"""`relevo sandbox`: the stand-in alone, until Ctrl-C. Every line it writes says what it is."""

from __future__ import annotations

import json
import logging
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

import anyio
from pydantic import JsonValue, SecretStr, ValidationError

from relevo import ConfigurationError
from relevo_meta_whatsapp.sandbox import FAITHFUL, Behaviour, MetaSandbox, SandboxNumber

WEBHOOK_URL = "http://127.0.0.1:7062/api/v1/messaging/webhooks/sandbox"
_ACCOUNT = "sandbox"
_WEBHOOKS = "webhooks"
_MARK = "  # sandbox"
_PORTS = range(65_536)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_OPTIONS: Mapping[int | str, str] = MappingProxyType(
    {
        "answer_delay_s": "--latency",
        "times": "--fail",
        "status": "--status",
        "retry_after_s": "--retry-after",
    }
)
"""The option that stands for a part of the behaviour."""


def sandbox(  # noqa: PLR0913 - each is an option
    *,
    port: int = 0,
    webhook: str = WEBHOOK_URL,
    fail: int | None = None,
    status: int | None = None,
    code: int | None = None,
    retry_after: int | None = None,
    cut: Literal["before", "after"] | None = None,
    latency: float = 0,
    duplicate: bool = False,
    reorder: bool = False,
    seed: int = 0,
    windows: Literal["open", "real"] | None = None,
    limits: bool = False,
    faithful: bool = False,
    scenario: Path | None = None,
) -> None:
    """Run a stand-in for Meta's Graph API alone. Reaches nobody.

    Prints the account to put into relevo.toml, as TOML, and stays until Ctrl-C.

    Args:
        port: Where it listens; 0 takes a free one.
        webhook: Where its webhooks go, on this machine; its last part names the account.
        fail: So many of the next sends go wrong; 1 if a way to go wrong is given.
        status: They are answered with this HTTP status (503 if nothing else is said).
        code: They are answered with Meta's error of this code.
        retry_after: Their answer asks to wait so many seconds.
        cut: Their connection is cut, before or after the message was taken.
        latency: Seconds between taking a message and answering.
        duplicate: Tell all news twice.
        reorder: Tell the news about a message in any order.
        seed: What chance is drawn from, so that a run can be repeated.
        windows: Whether free-form sends need a person's message within 24 hours (real) or not.
        limits: Keep Meta's limits per second, per person and per hour.
        faithful: As strict as Meta in all of that; --windows goes over it.
        scenario: A file (TOML or JSON) that says what happens when.
    """
    fault = _fault(fail, {"status": status, "code": code, "retry_after_s": retry_after}, cut)
    behaviour = _behaviour(
        {
            "seed": seed,
            "answer_delay_s": latency,
            "duplicate": float(duplicate),
            "reorder": float(reorder),
            "faults": fault,
            **(FAITHFUL if faithful else {}),
            **({} if windows is None else {"windows": windows}),
            **({"limits": True} if limits else {}),
        }
    )
    if port not in _PORTS:
        msg = f"--port {port} is no port: they go from 0 (any free one) to {_PORTS[-1]}."
        raise ConfigurationError(msg)
    with _logging_to_stderr():
        stand_in = MetaSandbox(port=port, number=_number(), behaviour=behaviour, scenario=scenario)
        anyio.run(_run, stand_in, webhook)


def account_toml(name: str, account: Mapping[str, JsonValue]) -> str:
    """Write an account as TOML; each line says that it is a sandbox's."""
    key = name if _BARE_KEY.fullmatch(name) else json.dumps(name)
    lines = [f"[accounts.{key}]"]
    # JSON's strings are TOML's.
    lines += [f"{key} = {json.dumps(value)}" for key, value in account.items()]
    return "".join(f"{line}{_MARK}\n" for line in lines)


def _fault(
    fail: int | None, answer: Mapping[str, int | None], cut: str | None
) -> list[dict[str, object]]:
    way: dict[str, object] = {key: value for key, value in answer.items() if value is not None}
    if cut is not None:
        way |= {"cut": True, "taken": cut == "after"}
    times = fail if fail is not None else int(bool(way))
    if not times:
        if way:
            msg = "--fail 0 lets nothing go wrong: leave it out, or leave out how it goes wrong."
            raise ConfigurationError(msg)
        return []
    return [{"times": times, **(way if cut else {"status": 503, **way})}]


def _behaviour(asked: Mapping[str, object]) -> Behaviour:
    try:
        return Behaviour.model_validate(asked)
    except ValidationError as error:
        faults = [
            f"{_OPTIONS.get(fault['loc'][-1], '--cut')}: {fault['msg']}."
            for fault in error.errors(include_url=False, include_input=False)
        ]
        msg = f"The sandbox cannot behave like that. {' '.join(faults)}"
        raise ConfigurationError(msg) from None


def _number() -> SandboxNumber:
    """Give the number the same secrets each time, so that settings outlive a restart."""
    return SandboxNumber(
        access_token=SecretStr("sandbox-access-token"),
        app_secret=SecretStr("sandbox-app-secret"),
        verify_token=SecretStr("sandbox-verify-token"),
    )


async def _run(stand_in: MetaSandbox, webhook: str) -> None:
    # Signals first: whoever reads the announcement may end it at once.
    with _stopping() as stopped:
        async with stand_in.start(webhook) as running:
            _announce(running.url, webhook, running.account)
            await stopped()
            _say("# sandbox: stopping")


def _announce(url: str, webhook: str, account: Mapping[str, JsonValue]) -> None:
    _say(f"# sandbox: a stand-in for Meta's Graph API answers on {url}")
    _say(f"# sandbox: nothing leaves this machine; webhooks go to {webhook}")
    _say("# sandbox: put this into relevo.toml, and run: relevo serve")
    sys.stdout.write(account_toml(_account_name(webhook), account))
    _say(f"# sandbox: answer as the customer from {url}; Ctrl-C ends it")


def _account_name(webhook: str) -> str:
    *_, before, last = ["", *urlsplit(webhook).path.rstrip("/").split("/")]
    return last if before == _WEBHOOKS and last else _ACCOUNT


@contextmanager
def _stopping() -> Iterator[Callable[[], Awaitable[object]]]:
    """Give what waits for Ctrl-C or SIGTERM."""
    if sys.platform == "win32":
        yield anyio.sleep_forever
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        yield lambda: anext(signals)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextmanager
def _logging_to_stderr() -> Iterator[None]:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("sandbox %(asctime)s %(levelname)s: %(message)s"))
    logger = logging.getLogger("relevo_meta_whatsapp.sandbox")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
