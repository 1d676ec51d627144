"""Posts signed webhooks to every subscribed app until they are taken, for a week at most."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple, NoReturn

import aiohttp
import anyio
from anyio.abc import TaskGroup

from relevo_meta_whatsapp.sandbox.state import SandboxState
from relevo_meta_whatsapp.sandbox.state.apps import SubscribedApp
from relevo_meta_whatsapp.sandbox.webhooks.news import News, envelope, serialise
from relevo_meta_whatsapp.signature import sign

logger = logging.getLogger("relevo_meta_whatsapp.sandbox")

_AT_ONCE = 32
"""Webhooks under way at a time: Meta posts concurrently, too."""
_SHARE_OF_AGE = 1 / 8
"""Of the time that news are old: how long the next gap may be, once that is over the cap."""
UNREACHED = (aiohttp.ClientError, TimeoutError, OSError)
_HANDSHAKE_DIGITS = 10**9


class _Letter(NamedTuple):
    news: News
    born: float
    epoch: int
    tries: int = 0


class Postman:
    """Post webhooks; a refused one comes again, regrouped, after a growing gap, to all apps."""

    def __init__(self, state: SandboxState, client: aiohttp.ClientSession) -> None:
        self._state = state
        self._client = client
        self._hands = anyio.Semaphore(_AT_ONCE)
        self._put, self._take = anyio.create_memory_object_stream[_Letter](math.inf)

    async def run(self, tasks: TaskGroup) -> NoReturn:
        """Post what comes until cancelled, with helpers in this task group."""
        with self._put, self._take:
            while True:
                batch = await self._next_batch()
                await self._hands.acquire()
                tasks.start_soon(self._post, batch)

    def tell(self, news: News, times: int = 1) -> None:
        """Put news on their way, so many times."""
        behaviour, chance = self._state.behaviour, self._state.chance
        if behaviour.drop and chance.random() < behaviour.drop:
            return
        copies = times + (chance.random() < behaviour.duplicate)
        for _ in range(copies):
            self._send(_Letter(news, self._state.clock.now(), self._state.epoch))

    async def shake_hands(self) -> bool:
        """Do Meta's handshake with the app's address; tell whether it was answered rightly."""
        app = self._state.apps[0]
        return await self.ask(app.url, app.verify_token.get_secret_value()) is None

    async def ask(self, url: str, verify_token: str) -> str | None:
        """Do Meta's handshake with an address; tell what was wrong with the answer."""
        challenge = str(self._state.chance.randrange(_HANDSHAKE_DIGITS))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": verify_token,
        }
        try:
            async with self._client.get(url, params=query, allow_redirects=False) as answer:
                body = await answer.read()
        except UNREACHED as error:
            logger.warning("Sandbox: the handshake failed (%s).", type(error).__name__)
            return "The URL couldn't be reached."
        logger.info("Sandbox: the handshake was answered with HTTP %d.", answer.status)
        if answer.status != HTTPStatus.OK:
            return f"HTTP Status Code = {answer.status}"
        return None if body == challenge.encode() else "The challenge was not echoed."

    def _send(self, letter: _Letter) -> None:
        self._state.clock.begin()
        self._put.send_nowait(letter)

    async def _next_batch(self) -> list[_Letter]:
        batch = [await self._take.receive()]
        behaviour = self._state.behaviour
        if behaviour.batch > 1:
            with anyio.move_on_after(behaviour.batch_wait_s):
                while len(batch) < behaviour.batch:
                    batch.append(await self._take.receive())
        return batch

    async def _post(self, batch: list[_Letter]) -> None:
        try:
            taken = await self._deliver(batch)
        finally:
            self._hands.release()
            # From here on the batch waits for a later moment, if for any.
            self._state.clock.end(len(batch))
        for place, is_taken in taken.items():
            news = batch[place].news
            if is_taken and news.about is not None:
                news.about.heard.append((news.place, str(news.element["status"])))
        if refused := [batch[place] for place, is_taken in taken.items() if not is_taken]:
            await self._try_later(refused)

    async def _try_later(self, letters: list[_Letter]) -> None:
        state, behaviour = self._state, self._state.behaviour
        tries = max(letter.tries for letter in letters)
        # A float has no room for what many tries would double to.
        age_s = state.clock.now() - max(letter.born for letter in letters)
        longest_s = max(behaviour.retry_cap_s, age_s * _SHARE_OF_AGE)
        gap_s = min(behaviour.retry_base_s * 2.0 ** min(tries, 64), longest_s)
        await state.clock.sleep(gap_s)
        for letter in letters:
            if letter.epoch != state.epoch:
                continue
            if state.clock.now() - letter.born > behaviour.retry_for_s:
                state.lost += 1
                logger.warning("Sandbox: nobody took a piece of news in time; it is lost.")
            else:
                self._send(letter._replace(tries=tries + 1))

    async def _deliver(self, batch: list[_Letter]) -> dict[int, bool]:
        """Post a batch to every app that wants it.

        Returns:
            Whether all who wanted each letter took it, by its place; nothing where nobody did.
        """
        taken: dict[int, bool] = {}

        async def post(app: SubscribedApp, url: str, places: list[int]) -> None:
            is_taken = await self._is_taken(app, url, [batch[place].news for place in places])
            for place in places:
                taken[place] = taken.get(place, True) and is_taken

        async with anyio.create_task_group() as tasks:
            for app in self._state.apps:
                for url, places in self._routes(app, batch).items():
                    tasks.start_soon(post, app, url, places)
        return taken

    def _routes(self, app: SubscribedApp, batch: list[_Letter]) -> dict[str, list[int]]:
        routes: dict[str, list[int]] = {}
        for place, letter in enumerate(batch):
            news = letter.news
            number_id = None if news.number is None else news.number.phone_number_id
            url = app.destination(news.subject, number_id, news.waba_id)
            if url is not None:
                routes.setdefault(url, []).append(place)
        return routes

    async def _is_taken(self, app: SubscribedApp, url: str, news: Sequence[News]) -> bool:
        body = serialise(envelope(news))
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": sign(body, app.secret.get_secret_value().encode()),
            "User-Agent": "facebookexternalua (relevo sandbox)",
        }
        try:
            async with self._client.post(
                url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                await answer.read()
        except UNREACHED as error:
            logger.warning("Sandbox: a webhook was not taken (%s).", type(error).__name__)
            return False
        if answer.status != HTTPStatus.OK:
            logger.warning("Sandbox: a webhook was answered with HTTP %d.", answer.status)
            return False
        return True
