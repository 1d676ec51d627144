"""Ask the Graph API for one account, and note what its answers tell beside."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
from pydantic import JsonValue

from relevo import OutcomeUnknown, Unavailable
from relevo_meta_whatsapp.api import Answer, raise_error, readable, told_wait_s
from relevo_meta_whatsapp.config import MetaWhatsAppConfig
from relevo_meta_whatsapp.payloads import Payload, encode

logger = logging.getLogger("relevo_meta_whatsapp")

_VERSION_HEADER = "facebook-api-version"
_JSON = {"Content-Type": "application/json"}


class Graph:
    """Speak to one business number's part of the Graph API."""

    def __init__(self, account: str, config: MetaWhatsAppConfig, http: httpx.AsyncClient) -> None:
        self.account = account
        self.http = http
        self._asked_version = config.api_version
        self._number = config.phone_number_id
        self.other_version: str | None = None
        """The version that answers, where it is not the one that is asked: that one is dead."""

    def node(self, node_id: str) -> str:
        """Name the path of an object."""
        return f"/{self._asked_version}/{node_id}"

    def edge(self, name: str) -> str:
        """Name the path of something the number has."""
        return f"/{self._asked_version}/{self._number}/{name}"

    @property
    def number(self) -> str:
        """The path of the number itself."""
        return self.node(self._number)

    async def post(self, path: str, body: bytes) -> Answer:
        """Post JSON once. Transport errors pass as they are."""
        async with self.http.stream("POST", path, content=body, headers=_JSON) as response:
            return await self.read(response)

    async def read(self, response: httpx.Response) -> Answer:
        """Read an answer, or as much as there is: the status line has told enough."""
        self._note_version(response.headers.get(_VERSION_HEADER))
        try:
            body = await response.aread()
        except (OutcomeUnknown, httpx.DecodingError):
            body = b""
        return Answer(response.status_code, body, told_wait_s(response.headers))

    async def do(
        self, method: str, path: str, payload: Payload, *, names_nobody: bool = False
    ) -> JsonValue:
        """Ask for what may be asked twice; give the answer's JSON.

        Args:
            method: The verb of HTTP.
            path: Whom to ask.
            payload: The JSON.
            names_nobody: It holds no recipient and no message: a refusal is shown whole.

        Raises:
            SendError: It was not done, or (`Unavailable`) nobody knows.
        """
        answer = await self.ask(method, path, payload)
        async with self.repeatable():
            return self.expect(answer, names_nobody=names_nobody)

    async def ask(self, method: str, path: str, payload: Payload) -> Answer:
        """Ask for what may be asked twice; give the answer, whatever it is.

        Raises:
            Unavailable: There was none.
        """
        body = encode(self.account, payload)
        async with (
            self.repeatable(),
            self.http.stream(method, path, content=body, headers=_JSON) as response,
        ):
            return await self.read(response)

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, *, names_nobody: bool = False
    ) -> JsonValue:
        """Ask for an object; give its JSON. What it asks may name nobody, as in `do`.

        Raises:
            SendError: It cannot be had, or (`Unavailable`) no answer told.
        """
        async with self.repeatable():
            async with self.http.stream("GET", path, params=params) as response:
                answer = await self.read(response)
            return self.expect(answer, names_nobody=names_nobody)

    def expect(self, answer: Answer, *, names_nobody: bool = False) -> JsonValue:
        """Give the JSON of a 2xx, or raise what the answer means."""
        if not answer.taken:
            raise_error(self.account, answer, names_nobody=names_nobody)
        return readable(answer.body)

    @asynccontextmanager
    async def repeatable(self) -> AsyncIterator[None]:
        """Tell a doubt about what does no harm twice as what it is: try again."""
        try:
            yield
        except OutcomeUnknown as error:
            msg = (
                f"Account {self.account!r}: the Graph API gave no answer that tells. It is safe "
                "to ask again."
            )
            raise Unavailable(msg, phase=error.phase, http_status=error.http_status) from error

    def _note_version(self, answered: str | None) -> None:
        """Warn once where another version answers, as Meta does silently once one is dead."""
        if not answered or answered in {self._asked_version, self.other_version}:
            return
        self.other_version = answered
        logger.warning(
            "Account %r: api_version %s was asked and %s answered; Meta no longer serves the one "
            "asked, and behaviour may differ. Set api_version to one it serves.",
            self.account,
            self._asked_version,
            answered[:16],
        )
