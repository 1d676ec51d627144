"""Ask a running server, and turn what it refuses into one sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

import relevo
from relevo.cli.server_address import API_PATH, find_server, reason_of, unreachable

MESSAGES_PATH = f"{API_PATH}/messages"
EVENTS_PATH = f"{API_PATH}/events"
_ANSWER_S = 30.0
_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)


@asynccontextmanager
async def open_client(url: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of the server at this address, or where the settings have it listen.

    Raises:
        ConfigurationError: It is no address of a server, or the settings cannot be read.
    """
    async with httpx.AsyncClient(
        base_url=find_server(url), trust_env=False, timeout=_ANSWER_S
    ) as client:
        yield client


async def ask(client: httpx.AsyncClient, method: str, path: str, **request: Any) -> dict[str, Any]:
    """Give the JSON object the server answers with.

    Raises:
        ServerUnreachable: No server answers.
        RelevoError: It refuses, or broke off.
    """
    try:
        answer = await client.request(method, path, **request)
    except httpx.TransportError as error:
        raise troubled(client, error) from error
    if not answer.is_success:
        raise refusal(answer)
    said = _object(answer)
    if said is None:
        raise _no_relevo(answer)
    return said


def refusal(answer: httpx.Response) -> relevo.RelevoError:
    """Say a problem document in one sentence, with the message it concerns."""
    problem = None if answer.is_success else _object(answer)
    if problem is None or not isinstance(problem.get("detail"), str):
        return _no_relevo(answer)
    sentence = str(problem["detail"])
    message_id = problem.get("message_id")
    if message_id and message_id not in sentence:
        sentence = f"{sentence} (message {message_id})"
    return relevo.RelevoError(sentence)


def troubled(client: httpx.AsyncClient, error: httpx.TransportError) -> relevo.RelevoError:
    """Say that a request got no answer."""
    url = str(client.base_url).rstrip("/")
    if isinstance(error, _NEVER_CONNECTED):
        return unreachable(url, error)
    msg = f"The server at {url} broke off before it answered ({reason_of(error)})."
    return relevo.RelevoError(msg)


def _object(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        said = answer.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _no_relevo(answer: httpx.Response) -> relevo.RelevoError:
    msg = (
        f"{answer.request.url} answered HTTP {answer.status_code}, but not as Relevo does. "
        "Check the address (--url or RELEVO_URL)."
    )
    return relevo.RelevoError(msg)
