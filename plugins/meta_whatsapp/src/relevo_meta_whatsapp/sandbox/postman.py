"""Tells the sandbox's news by signed webhooks, on its own clock, until they are taken."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus
from typing import NamedTuple, NoReturn

import aiohttp
import anyio
from anyio.abc import TaskGroup

from relevo_meta_whatsapp.sandbox.news import News, envelope, serialise, status_news
from relevo_meta_whatsapp.sandbox.state import SandboxState, TakenMessage
from relevo_meta_whatsapp.signature import sign

logger = logging.getLogger("relevo_meta_whatsapp.sandbox")

_AT_ONCE = 32
"""Webhooks under way at a time: Meta posts concurrently, too."""
_UNKNOWN_USER = 131026
_UNREACHED = (aiohttp.ClientError, TimeoutError, OSError)
_HANDSHAKE_DIGITS = 10**9


class _Letter(NamedTuple):
    news: News
    tries: int = 0


class Postman:
    """Post webhooks to one URL; a refused one comes again, regrouped, after a growing gap."""

    def __init__(
        self, state: SandboxState, webhook_url: str, client: aiohttp.ClientSession
    ) -> None:
        self._state = state
        self._url = webhook_url
        self._client = client
        self._hands = anyio.Semaphore(_AT_ONCE)
        self._put, self._take = anyio.create_memory_object_stream[_Letter](math.inf)
        self._tasks: TaskGroup | None = None

    async def run(self, tasks: TaskGroup) -> NoReturn:
        """Post what comes until cancelled, with helpers in this task group."""
        self._tasks = tasks
        with self._put, self._take:
            while True:
                batch = await self._next_batch()
                await self._hands.acquire()
                tasks.start_soon(self._post, batch)

    def tell(self, news: News) -> None:
        """Put news on their way."""
        copies = 2 if self._state.chance.random() < self._state.behaviour.duplicate else 1
        for _ in range(copies):
            self._put.send_nowait(_Letter(news))

    def tell_story(self, message: TakenMessage) -> None:
        """Tell what becomes of a message, status by status."""
        if self._tasks is None:
            msg = "the postman does not run"
            raise RuntimeError(msg)
        self._tasks.start_soon(self._tell_story, message)

    async def shake_hands(self) -> bool:
        """Do Meta's handshake with the webhook URL; tell whether it was answered rightly."""
        challenge = str(self._state.chance.randrange(_HANDSHAKE_DIGITS))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": self._state.number.verify_token.get_secret_value(),
        }
        try:
            async with self._client.get(self._url, params=query, allow_redirects=False) as answer:
                body = await answer.read()
        except _UNREACHED as error:
            logger.warning("Sandbox: the handshake failed (%s).", type(error).__name__)
            return False
        logger.info("Sandbox: the handshake was answered with HTTP %d.", answer.status)
        return answer.status == HTTPStatus.OK and body == challenge.encode()

    async def _tell_story(self, message: TakenMessage) -> None:
        behaviour, chance = self._state.behaviour, self._state.chance
        story, fail_code = list(behaviour.story), behaviour.fail_code
        if self._state.is_unknown(message.recipient):
            story, fail_code = ["failed"], _UNKNOWN_USER
        if chance.random() < behaviour.reorder:
            chance.shuffle(story)
        for word in story:
            await anyio.sleep(behaviour.status_after_s)
            self.tell(status_news(message, word, fail_code))

    async def _next_batch(self) -> list[_Letter]:
        behaviour = self._state.behaviour
        batch = [await self._take.receive()]
        if behaviour.batch > 1:
            with anyio.move_on_after(behaviour.batch_wait_s):
                while len(batch) < behaviour.batch:
                    batch.append(await self._take.receive())
        return batch

    async def _post(self, batch: list[_Letter]) -> None:
        try:
            taken = await self._is_taken(batch)
        finally:
            self._hands.release()
        if taken:
            for letter in batch:
                if letter.news.about is not None:
                    letter.news.about.told.append(str(letter.news.element["status"]))
            return
        tries = max(letter.tries for letter in batch)
        behaviour = self._state.behaviour
        # A float has no room for what many tries would double to.
        gap_s = min(behaviour.retry_base_s * 2.0 ** min(tries, 64), behaviour.retry_cap_s)
        await anyio.sleep(gap_s)
        for letter in batch:
            self._put.send_nowait(_Letter(letter.news, tries + 1))

    async def _is_taken(self, batch: list[_Letter]) -> bool:
        number = self._state.number
        body = serialise(envelope(number, [letter.news for letter in batch]))
        secret = number.app_secret.get_secret_value().encode()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": sign(body, secret),
            "User-Agent": "facebookexternalua (relevo sandbox)",
        }
        try:
            async with self._client.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()
        except _UNREACHED as error:
            logger.warning("Sandbox: a webhook was not taken (%s).", type(error).__name__)
            return False
        if answer.status != HTTPStatus.OK:
            logger.warning("Sandbox: a webhook was answered with HTTP %d.", answer.status)
            return False
        return True
