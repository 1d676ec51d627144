"""Rules about what a provider tells of its vendor: limits, doubts, health."""

from __future__ import annotations

import math
from http import HTTPStatus

import httpx
import pytest

from relevo.accounts.terms import TERMS_KEYS
from relevo.errors import AuthFailed, NotSupported, SendError, Unavailable
from relevo.providers import Lookup
from relevo.terms import Limits
from relevo.testing.content_samples import WORDS
from relevo.testing.provider_rules.setup import ACCOUNT, Answer, ProviderSetup


def _refuse_connection(request: httpx.Request) -> httpx.Response:
    msg = "connection refused"
    raise httpx.ConnectError(msg, request=request)


def _cut_off(request: httpx.Request) -> httpx.Response:
    msg = "connection lost"
    raise httpx.ReadError(msg, request=request)


_PROVES_NOTHING: dict[str, Answer] = {
    "refused connection": _refuse_connection,
    "cut connection": _cut_off,
    "500": lambda _: httpx.Response(HTTPStatus.INTERNAL_SERVER_ERROR, text="<html>oh</html>"),
    "503": lambda _: httpx.Response(HTTPStatus.SERVICE_UNAVAILABLE),
    "429": lambda _: httpx.Response(HTTPStatus.TOO_MANY_REQUESTS),
    "401": lambda _: httpx.Response(HTTPStatus.UNAUTHORIZED),
    "a page of a proxy": lambda _: httpx.Response(HTTPStatus.OK, text="<html>log in</html>"),
}


class AskingRules(ProviderSetup):
    """Check what core asks a provider outside of sends and webhooks."""

    def test_settings_leave_every_accounts_keys_alone(self) -> None:
        """`rate`, `on_unknown` and the like are core's, for every account."""
        taken = TERMS_KEYS & set(self.provider.config_type.model_fields)
        assert not taken, f"Rename {', '.join(sorted(taken))}: Relevo reads it for every account."

    def test_limits_are_possible_and_do_not_change(self) -> None:
        """They are read once; a rate of nothing would stop the account."""
        limits = self.make_provider()[0].limits()
        assert isinstance(limits, Limits)
        assert limits == self.make_provider()[0].limits()
        pace = limits.pair_pace
        every = [limits.rate, limits.burst, *((pace.burst, pace.every_s) if pace else ())]
        for number in every:
            assert number is None or (number > 0 and math.isfinite(number)), limits
        assert limits.burst is None or limits.rate is not None, "A burst needs a rate."

    def test_holding_back_is_told_for_every_message(self) -> None:
        """Core asks before it takes silence for proof."""
        provider, _ = self.make_provider()
        for message in self.sample_messages().values():
            assert isinstance(provider.may_hold_back(message), bool)

    def test_suites_account_can_check_webhooks(self) -> None:
        """The suite's settings verify webhooks, so the account has to say so."""
        provider, _ = self.make_provider()
        assert provider.webhooks_configured is self.has_webhooks

    @pytest.mark.anyio
    async def test_missing_lookup_and_health_are_refused(self) -> None:
        """A provider without them says so in a sentence."""
        provider, _ = self.make_provider()
        if not provider.has_lookup:
            with pytest.raises(NotSupported):
                await provider.lookup(self.claimed_message(), None)
        if not provider.has_health:
            with pytest.raises(NotSupported):
                await provider.health()

    @pytest.mark.anyio
    @pytest.mark.parametrize("answer", _PROVES_NOTHING)
    async def test_lookup_that_did_not_work_proves_nothing(self, answer: str) -> None:
        """Taken for "not sent" it would send the message twice; for "sent", never."""
        provider, _ = self.make_provider(_PROVES_NOTHING[answer])
        if not provider.has_lookup:
            pytest.skip(f"{self.provider.name} has no lookup")
        self.require_http()
        try:
            said = await provider.lookup(self.claimed_message(), None)
        except SendError as error:
            self._check_words(error)
        else:
            assert said is Lookup.UNDECIDED

    @pytest.mark.anyio
    async def test_healthy_account_passes_without_a_send(self) -> None:
        """A paused account is resumed by it, so it must pass, and must not be a message."""
        self._require_health()
        provider, wire = self.make_provider(self.healthy)
        await provider.health()
        assert wire.requests, "health() asked nobody."
        for request in wire.requests:
            # A URL that is given as a secret is shown by nobody.
            if "secret_url" not in request.extensions:
                assert not any(secret in str(request.url) for secret in self.secrets())
            assert WORDS not in request.content.decode("utf-8", "replace")

    @pytest.mark.anyio
    @pytest.mark.parametrize("answer", _PROVES_NOTHING)
    async def test_trouble_with_health_is_not_health(self, answer: str) -> None:
        """It is either a refusal of the account or no answer at all."""
        self._require_health()
        provider, _ = self.make_provider(_PROVES_NOTHING[answer])
        with pytest.raises((AuthFailed, Unavailable)) as caught:
            await provider.health()
        self._check_words(caught.value)

    def _require_health(self) -> None:
        provider, _ = self.make_provider()
        if not provider.has_health:
            pytest.skip(f"{self.provider.name} has no health check")
        self.require_http()

    def _check_words(self, error: SendError) -> None:
        for word in self.private_words():
            assert word not in f"{error} {error!r}", "The error repeats something private."
        assert ACCOUNT in error.message, "The error does not name the account."
