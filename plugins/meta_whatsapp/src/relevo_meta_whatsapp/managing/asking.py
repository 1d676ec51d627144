"""Ask Meta how an account is."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
from pydantic import JsonValue

from relevo import AccountHealth, SendError
from relevo_meta_whatsapp.api import Answer, find_row, readable
from relevo_meta_whatsapp.config import MetaWhatsAppConfig
from relevo_meta_whatsapp.errors import row_of
from relevo_meta_whatsapp.graph import Graph
from relevo_meta_whatsapp.health import FIELDS, check_health, told_health
from relevo_meta_whatsapp.managing.facts import (
    NUMBER_FIELDS,
    Facts,
    find_problems,
    number_facts,
    subscription_facts,
    token_facts,
)

ASIDE_EVERY_S = 600.0
"""How often the token and the subscription are asked about: Meta counts, and they seldom change."""
_UNKNOWN_FIELD = 100


class HealthDesk:
    """Ask how one account is, and remember what need not be asked each time."""

    def __init__(self, graph: Graph, clock: Callable[[], float] = time.monotonic) -> None:
        self._graph = graph
        self._clock = clock
        self._aside: Facts = {}
        self._aside_at: float | None = None

    async def ask(self, config: MetaWhatsAppConfig) -> AccountHealth:
        """Give what Meta says of the account.

        Raises:
            AuthFailed: The token, its rights or the number's state do not let it send.
            Unavailable: No answer that tells.
        """
        graph = self._graph
        answer = await _ask_number(graph, NUMBER_FIELDS)
        if _misses_field(answer):
            # One field that a version does not have takes the whole answer with it.
            answer = await _ask_number(graph, FIELDS)
        check_health(graph.account, answer)
        number = readable(answer.body)
        version = told_health(config.api_version, graph.other_version)
        facts = {
            **version.facts,
            **number_facts(number if isinstance(number, dict) else {}),
            **await self._ask_aside(config),
        }
        if config.webhook_url is not None:
            facts["webhook_url_expected"] = config.webhook_url
        problems = find_problems(facts, config.webhook_url, datetime.now(UTC))
        return AccountHealth(facts, (*version.problems, *problems))

    async def _ask_aside(self, config: MetaWhatsAppConfig) -> Facts:
        """Ask what a token without these rights is refused; that says nothing of the account."""
        now = self._clock()
        if self._aside_at is not None and now - self._aside_at < ASIDE_EVERY_S:
            return self._aside
        facts = token_facts(await _try(ask_token(self._graph, config)))
        if config.waba_id is not None:
            path = f"{self._graph.node(config.waba_id)}/subscribed_apps"
            facts |= subscription_facts(await _try(self._graph.get(path)))
        self._aside, self._aside_at = facts, now
        return facts


async def ask_token(graph: Graph, config: MetaWhatsAppConfig) -> JsonValue:
    """Ask what the token is; it may ask about itself.

    Raises:
        SendError: Meta did not tell.
    """
    path = graph.node("debug_token")
    secret = httpx.URL(
        f"{config.base_url}{path}", params={"input_token": config.access_token.get_secret_value()}
    )
    async with graph.repeatable():
        async with graph.http.stream("GET", path, extensions={"secret_url": secret}) as response:
            answer = await graph.read(response)
        return graph.expect(answer)


async def _try(asking: Awaitable[JsonValue]) -> JsonValue:
    try:
        return await asking
    except SendError:
        return None


async def _ask_number(graph: Graph, fields: str) -> Answer:
    async with (
        graph.repeatable(),
        graph.http.stream("GET", graph.number, params={"fields": fields}) as response,
    ):
        return await graph.read(response)


def _misses_field(answer: Answer) -> bool:
    if answer.taken:
        return False
    raw = readable(answer.body)
    error = raw.get("error") if isinstance(raw, dict) else None
    return (
        isinstance(error, dict)
        and error.get("code") == _UNKNOWN_FIELD
        # Not an id that names nothing, nor a proof of the app secret that is missing or wrong.
        and find_row(error) is row_of(_UNKNOWN_FIELD)
    )
