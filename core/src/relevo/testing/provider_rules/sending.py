"""Rules about `send`: what is claimed works, and every answer becomes the right error."""

from __future__ import annotations

import json
from http import HTTPStatus

import anyio
import httpx
import pytest

from relevo.capabilities import CONTENT_CAPABILITY, Capability
from relevo.errors import (
    AuthFailed,
    OutcomeUnknown,
    Rejected,
    RelevoError,
    SendError,
    Throttled,
    Unavailable,
    UnsupportedContent,
)
from relevo.events import Receipt
from relevo.messages import Message
from relevo.providers import check_sendable
from relevo.testing.content_samples import QUOTED
from relevo.testing.provider_rules.setup import ACCOUNT, Answer, ProviderSetup

_CONTENTS = sorted(set(CONTENT_CAPABILITY.values()))
_GATEWAY_PAGE = "<html><body>Bad gateway</body></html>"


def _refuse_connection(request: httpx.Request) -> httpx.Response:
    msg = "connection refused"
    raise httpx.ConnectError(msg, request=request)


def _cut_off(request: httpx.Request) -> httpx.Response:
    msg = "connection lost"
    raise httpx.ReadError(msg, request=request)


class SendingRules(ProviderSetup):
    """Check what a provider makes of messages and of its vendor's answers."""

    @pytest.mark.anyio
    @pytest.mark.parametrize("content", _CONTENTS)
    async def test_content_works_exactly_if_claimed(self, content: Capability) -> None:
        """A kind that is claimed is sent; one that is not is refused, by core and by `send`."""
        message = self.sample_messages()[content]
        if content in self.provider.capabilities:
            check_sendable(self.make_provider()[0], message)
            receipt, _ = await self._sent(message)
            assert receipt.provider_message_id, "The vendor's answer carries an id; read it."
            return
        with pytest.raises(UnsupportedContent):
            check_sendable(self.make_provider()[0], message)
        provider, wire = self.make_provider()
        try:
            receipt = await provider.send(message)
        except RelevoError:
            assert not wire.requests, f"{content} is not claimed, yet a request was made."
        else:
            pytest.fail(f"send() took {content}, which `capabilities` does not claim: {receipt!r}")

    @pytest.mark.anyio
    async def test_reply_is_quoted_if_claimed(self) -> None:
        """With `reply` claimed, the quoted message's id reaches the vendor."""
        quoting = self.claimed_message().model_copy(update={"reply_to": QUOTED})
        if Capability.REPLY in self.provider.capabilities:
            _, told = await self._sent(quoting)
            assert QUOTED in told, "reply is claimed, but Message.reply_to was not passed on."
        else:
            with pytest.raises(UnsupportedContent):
                check_sendable(self.make_provider()[0], quoting)

    @pytest.mark.anyio
    async def test_echo_id_is_passed_on_if_claimed(self) -> None:
        """With `echo` claimed, the attempt's echo id reaches the vendor, for every attempt anew."""
        if Capability.ECHO not in self.provider.capabilities:
            pytest.skip(f"{self.provider.name} does not claim echo")
        message = self.claimed_message().for_attempt(3)
        _, told = await self._sent(message)
        assert message.echo_id in told, "echo is claimed, but Message.echo_id was not passed on."

    @pytest.mark.anyio
    async def test_requests_stay_at_the_base_url_without_secrets(self) -> None:
        """Credentials travel in headers, to the origin of `base_url` only."""
        self.require_http()
        provider, wire = self.make_provider()
        await provider.send(self.claimed_message())
        settings = self.client_settings()
        assert settings is not None
        assert wire.requests, "send() made no request."
        for request in wire.requests:
            assert request.url.host == httpx.URL(settings.base_url).host
            assert not any(secret in str(request.url) for secret in self.secrets())

    @pytest.mark.anyio
    @pytest.mark.parametrize("body", ["", _GATEWAY_PAGE, "[]", '{"unexpected": 1}'])
    async def test_unreadable_success_is_accepted_without_id(self, body: str) -> None:
        """A 2xx was taken, whatever its body: anything else would send the message twice."""
        self.require_http()
        provider, _ = self.make_provider(lambda _: httpx.Response(HTTPStatus.OK, text=body))
        receipt = await provider.send(self.claimed_message())
        assert receipt.provider_message_id is None

    @pytest.mark.anyio
    async def test_refused_connection_is_unavailable(self) -> None:
        """Nothing was written, so another attempt is safe."""
        assert isinstance(await self._failure(_refuse_connection), Unavailable)

    @pytest.mark.anyio
    async def test_lost_connection_is_outcome_unknown(self) -> None:
        """The request may have left, so another attempt could double it."""
        assert isinstance(await self._failure(_cut_off), OutcomeUnknown)

    @pytest.mark.anyio
    @pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
    async def test_server_error_without_vendor_error_is_outcome_unknown(self, status: int) -> None:
        """A gateway's page proves nothing about the message."""
        failure = await self._failure(lambda _: httpx.Response(status, html=_GATEWAY_PAGE))
        assert isinstance(failure, OutcomeUnknown)
        assert failure.http_status == status

    @pytest.mark.anyio
    async def test_too_many_requests_is_throttled(self) -> None:
        """The engine waits as long as the vendor asks."""
        answer = httpx.Response(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "7"})
        failure = await self._failure(lambda _: answer)
        assert isinstance(failure, Throttled)
        assert failure.retry_after_s == 7

    @pytest.mark.anyio
    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    async def test_refusal_is_certain(self, status: int) -> None:
        """The vendor did not take it: either for good, or until the credentials are mended."""
        failure = await self._failure(lambda _: httpx.Response(status))
        assert isinstance(failure, Rejected | AuthFailed)

    @pytest.mark.anyio
    @pytest.mark.parametrize("status", [400, 401, 429, 500])
    async def test_errors_repeat_nothing_private(self, status: int) -> None:
        """An error is stored, logged and shown: no secret, no address, no words of people."""
        told = {"error": f"refused: {' '.join(self.private_words())}"}
        failure = await self._failure(lambda _: httpx.Response(status, json=told))
        shown = f"{failure} {failure!r} {failure.message} {failure.provider_code}"
        for word in self.private_words():
            assert word not in shown, f"The error for HTTP {status} repeats something private."
        assert ACCOUNT in failure.message, "The error does not name the account."

    @pytest.mark.anyio
    async def test_cancellation_passes(self) -> None:
        """Whoever cancels a send gets their cancellation, not an error of ours."""
        began = anyio.Event()

        async def hang(_: httpx.Request) -> httpx.Response:
            began.set()
            await anyio.sleep_forever()
            raise AssertionError

        provider, _ = self.make_provider(hang)
        message = self.claimed_message()
        ended = False
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:

                async def send() -> None:
                    nonlocal ended
                    await provider.send(message)
                    ended = True

                tasks.start_soon(send)
                if self.client_settings() is not None:
                    await began.wait()
                tasks.cancel_scope.cancel()
        assert not (ended and began.is_set()), "send() swallowed a cancellation."

    async def _sent(self, message: Message) -> tuple[Receipt, str]:
        """Send; give the receipt and all that the vendor was told."""
        provider, wire = self.make_provider()
        receipt = await provider.send(message)
        assert isinstance(receipt, Receipt)
        return receipt, f"{wire.written}\n{json.dumps(receipt.raw) if not wire.requests else ''}"

    async def _failure(self, answer: Answer) -> SendError:
        self.require_http()
        provider, _ = self.make_provider(answer)
        with pytest.raises(SendError) as caught:
            await provider.send(self.claimed_message())
        return caught.value
