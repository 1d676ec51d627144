"""Whether a server answers, and whether webhooks would find their way to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from relevo.cli.doctor.account_lines import AccountLook
from relevo.cli.doctor.lines import Line, Verdict
from relevo.cli.server_address import API_PATH, reason_of
from relevo.errors import ConfigurationError
from relevo.server_address import KEY_VARIABLE, find_key

_SERVER = "server"
_WEBHOOKS = "webhooks"
_HEALTH = "health"
_KEY = "key"
_NO_KEY = f"Give a key with read by {KEY_VARIABLE}, and more can be told."
_OTHER_KEY = f"Give one with read that this server knows by {KEY_VARIABLE}."
_REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_START = "Start it: relevo serve. If it runs elsewhere, name it by --url or RELEVO_URL."


@dataclass(frozen=True, slots=True)
class ServerLook:
    """What answers at an address."""

    url: str
    answers: bool = False
    lines: list[Line] = field(default_factory=list)


def look_at_key() -> tuple[dict[str, str], list[Line]]:
    """Give the headers that show the key of the environment, and a line where it can be none."""
    try:
        key = find_key()
    except ConfigurationError as error:
        return {}, [Line(Verdict.BAD, _SERVER, _KEY, str(error))]
    if key is None:
        return {}, []
    return {"Authorization": f"Bearer {key.get_secret_value()}"}, []


async def look_at_server(client: httpx.AsyncClient, url: str) -> ServerLook:
    """Ask the server how it is."""
    try:
        answer = await client.get(f"{url}{API_PATH}/health/ready")
    except httpx.HTTPError as error:
        seen = f"none answers ({reason_of(error)})"
        return ServerLook(url, lines=[Line(Verdict.DOUBTFUL, _SERVER, url, seen, _START)])
    said = _json(answer)
    if answer.status_code == HTTPStatus.OK and said.get("status") == "ready":
        return ServerLook(url, answers=True, lines=_ready_lines(url, said))
    if "detail" in said:
        line = Line(Verdict.BAD, _SERVER, url, str(said["detail"]))
        return ServerLook(url, answers=True, lines=[line])
    seen = f"something else answers there (HTTP {answer.status_code})"
    return ServerLook(url, lines=[Line(Verdict.BAD, _SERVER, url, seen, _START)])


async def look_at_webhooks(
    client: httpx.AsyncClient, server: ServerLook, accounts: Iterable[AccountLook]
) -> list[Line]:
    """Tell of each account what can be known from here: its secrets, its route on the server."""
    return [
        await _webhook_line(client, server, account)
        for account in accounts
        if account.takes_webhooks
    ]


async def look_at_health(client: httpx.AsyncClient, server: ServerLook) -> list[Line]:
    """Tell of each account that the server knows what its vendor said of it last."""
    if not server.answers:
        return []
    try:
        answer = await client.get(f"{server.url}{API_PATH}/accounts")
    except httpx.HTTPError as error:
        seen = f"the accounts were not told ({reason_of(error)})"
        return [Line(Verdict.DOUBTFUL, _HEALTH, server.url, seen)]
    said = _json(answer)
    if answer.status_code in _REFUSALS:
        # Health is open to all: only here a key that the server does not take is seen.
        shown = "Authorization" in client.headers
        verdict = Verdict.BAD if shown else Verdict.DOUBTFUL
        seen = str(said.get("detail") or f"refused (HTTP {answer.status_code})")
        return [Line(verdict, _SERVER, _KEY, seen, _OTHER_KEY if shown else _NO_KEY)]
    rows = said.get("items")
    return [
        line
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and isinstance(row.get("health"), dict)
        for line in _health_lines(str(row.get("name")), row["health"])
    ]


def _health_lines(account: str, health: dict[str, Any]) -> list[Line]:
    verdict = Verdict.DOUBTFUL if health.get("can_send") else Verdict.BAD
    when = f"asked at {health.get('asked_at')}"
    problems = [str(words) for words in health.get("problems") or ()]
    if not problems:
        return [Line(Verdict.GOOD, _HEALTH, account, f"its vendor finds nothing to mend; {when}")]
    advice = f"When it is mended: relevo accounts show {account} --ask"
    return [Line(verdict, _HEALTH, account, words, advice) for words in problems]


def _ready_lines(url: str, said: dict[str, Any]) -> list[Line]:
    engine = said.get("engine")
    if not isinstance(engine, dict):
        return [Line(Verdict.GOOD, _SERVER, url, "ready; it tells more to a key with read")]
    waiting = f"{engine.get('queued')} queued, {engine.get('sending')} sending"
    lines = [Line(Verdict.GOOD, _SERVER, url, f"ready: {waiting}")]
    if engine.get("unknown"):
        seen = f"{engine['unknown']} in doubt: whether they were sent is not known"
        lines.append(
            Line(Verdict.DOUBTFUL, _SERVER, url, seen, "See: relevo messages --status unknown")
        )
    warnings = said.get("warnings") or []
    return [*lines, *(Line(Verdict.DOUBTFUL, _SERVER, url, str(words)) for words in warnings)]


async def _webhook_line(
    client: httpx.AsyncClient, server: ServerLook, account: AccountLook
) -> Line:
    path = f"{API_PATH}/webhooks/{account.name}"
    if account.missing:
        seen = "without secrets every webhook is refused: no delivery news, no replies"
        return Line(Verdict.DOUBTFUL, _WEBHOOKS, account.name, seen, " ".join(account.missing))
    if not server.answers:
        seen = f"secrets are configured; no server answers that could take them at {path}"
        return Line(Verdict.DOUBTFUL, _WEBHOOKS, account.name, seen, _START)
    try:
        # An empty handshake: refusing it is right, not knowing the account is not.
        answer = await client.get(f"{server.url}{path}")
    except httpx.HTTPError as error:
        seen = f"{path} did not answer ({reason_of(error)})"
        return Line(Verdict.BAD, _WEBHOOKS, account.name, seen)
    if answer.status_code == HTTPStatus.NOT_FOUND and _json(answer).get("code") == (
        "unknown_account"
    ):
        seen = "the server that answers does not know this account"
        advice = "It runs with other settings: restart it with these."
        return Line(Verdict.BAD, _WEBHOOKS, account.name, seen, advice)
    seen = f"secrets are configured, and {server.url} answers at {path}"
    if account.webhook_url is not None:
        # Whoever wrote it down gave it to the provider; health compares the two.
        return Line(Verdict.GOOD, _WEBHOOKS, account.name, seen)
    advice = (
        f"Give the provider https://YOUR-HOST{path}. Whether that leads here from outside "
        "cannot be seen from this machine."
    )
    return Line(Verdict.GOOD, _WEBHOOKS, account.name, seen, advice)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
