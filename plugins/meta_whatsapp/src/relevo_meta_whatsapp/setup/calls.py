"""Ask the Graph API for a setup: no account is open yet, and a person waits for the answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from types import TracebackType
from typing import NamedTuple, Self

import httpx
from pydantic import JsonValue

from relevo import AuthFailed, OutcomeUnknown, SendError, Unavailable
from relevo_meta_whatsapp.api import Answer, raise_error, readable, row_told, told_wait_s
from relevo_meta_whatsapp.config import MetaWhatsAppConfig
from relevo_meta_whatsapp.details import mask
from relevo_meta_whatsapp.errors import PROOF_REFUSED

_PATIENCE_S = 15.0
_MOST_DETAIL = 300


class MetaCalls:
    """Ask with one token. Every refusal is a `SendError` that says what to do."""

    def __init__(self, account: str, config: MetaWhatsAppConfig) -> None:
        self._account = account
        self._config = config
        self._token = config.access_token.get_secret_value()
        self.proving: str | None = None
        """The app secret that every request proves; None where the app does not demand it."""
        self._client = httpx.AsyncClient(
            base_url=f"{config.base_url}/{config.api_version}/",
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=_PATIENCE_S,
            trust_env=False,
            follow_redirects=False,
        )

    @property
    def api_version(self) -> str:
        """The version of the Graph API that is asked."""
        return self._config.api_version

    async def token(self) -> JsonValue:
        """Ask what the token is."""
        return await self.get("debug_token", {"input_token": self._token})

    async def prove(self, number_id: str, secret: str) -> bool:
        """Ask for the number with a proof of the app secret; tell whether Meta takes the proof.

        Raises:
            SendError: It was refused for another reason, or not answered.
        """
        try:
            await self.get(number_id, {"fields": "id", **self._proof(secret)})
        except AuthFailed as error:
            if row_told(error.raw) is PROOF_REFUSED:
                return False
            raise
        return True

    def _proof(self, secret: str | None) -> dict[str, str]:
        if secret is None:
            return {}
        proof = hmac.new(secret.encode(), self._token.encode(), hashlib.sha256)
        return {"appsecret_proof": proof.hexdigest()}

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> JsonValue:
        """Ask for an object."""
        return await self._ask("GET", path, params={**self._proof(self.proving), **(params or {})})

    async def post(self, path: str, payload: Mapping[str, JsonValue]) -> JsonValue:
        """Change something; doing it twice does no harm."""
        return await self._ask("POST", path, params=self._proof(self.proving), json=dict(payload))

    async def _ask(self, method: str, path: str, **request: object) -> JsonValue:
        try:
            answer = await self._client.request(method, path, **request)  # type: ignore[arg-type]  # params or json
        except httpx.TransportError as error:
            msg = (
                f"Account {self._account!r}: no answer from {self._config.base_url} "
                f"({type(error).__name__}). Check the address and the network."
            )
            # Not from the error: it holds the request, and with it the token.
            raise Unavailable(msg) from None
        read = Answer(answer.status_code, answer.content, told_wait_s(answer.headers))
        if not read.taken:
            try:
                raise_error(self._account, read)
            except OutcomeUnknown as error:
                msg = f"Account {self._account!r}: Meta answered HTTP {read.status}. Ask again."
                raise Unavailable(msg, http_status=read.status) from error
        return readable(read.body)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()


class Refusal(NamedTuple):
    """How a handshake failed, and the code of the problem where our server tells one."""

    words: str
    code: str | None = None


async def shake_hands(webhook_url: str, verify_token: str, challenge: str) -> Refusal | None:
    """Ask a webhook's address as Meta would; None if it answers right, else what was seen."""
    params = {
        "hub.mode": "subscribe",
        "hub.verify_token": verify_token,
        "hub.challenge": challenge,
    }
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE_S, trust_env=False) as client:
            answer = await client.get(webhook_url, params=params)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        return Refusal(f"it does not answer ({type(error).__name__})")
    if answer.is_success and answer.text == challenge:
        return None
    if answer.is_success:
        return Refusal("something else answers there: the challenge did not come back")
    seen = f"it refuses the handshake with HTTP {answer.status_code}"
    problem = readable(answer.content)
    told = problem if isinstance(problem, dict) else {}
    code, detail = told.get("code"), told.get("detail")
    # Whoever answers there may repeat what was asked.
    if isinstance(detail, str) and detail and verify_token not in detail:
        seen = f"{seen}: {mask(detail, _MOST_DETAIL)}"
    return Refusal(seen, code if isinstance(code, str) else None)


def rows_in(told: JsonValue) -> list[dict[str, JsonValue]]:
    """Give the rows of a list."""
    rows = told.get("data") if isinstance(told, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def words_of(error: SendError) -> str:
    """Leave out whose account it is: there is only one here."""
    _, _, words = error.message.partition(": ")
    return words or error.message
