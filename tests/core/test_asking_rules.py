"""The rules about limits, lookup and health have teeth: each way to get them wrong fails one."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, cast

import anyio
import httpx
import pytest
from pydantic import BaseModel, JsonValue, SecretStr

import relevo
from relevo import Limits, Lookup, PairPace
from relevo.testing.provider_rules.asking import AskingRules

TOKEN = "made-up-token"


class GoodConfig(BaseModel):
    token: SecretStr


class Good(relevo.Provider[GoodConfig]):
    """A vendor that can be asked about everything."""

    name: ClassVar[str] = "good"
    config_type: ClassVar[type[BaseModel]] = GoodConfig
    capabilities: ClassVar[frozenset[relevo.Capability]] = frozenset({relevo.Capability.TEXT})

    @classmethod
    def client_settings(cls, config: GoodConfig) -> relevo.ClientSettings | None:
        return relevo.ClientSettings("https://good.example", {"Authorization": config.token})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        raise NotImplementedError

    def limits(self) -> Limits:
        return Limits(rate=10, pair_pace=PairPace(5, 1))

    async def lookup(
        self, message: relevo.Message, provider_message_id: str | None
    ) -> relevo.Receipt | Lookup:
        del provider_message_id
        reply = await self.http.get("/sms", params={"reference": message.echo_id})
        self.raise_for_status(reply)
        try:
            rows = reply.json()
        except ValueError:
            return Lookup.UNDECIDED
        return relevo.Receipt(rows[0]["id"]) if rows else Lookup.NOT_TAKEN

    async def health(self) -> None:
        try:
            reply = await self.http.get("/me")
            self.raise_for_status(reply)
            reply.json()
        except (relevo.OutcomeUnknown, relevo.Throttled, ValueError):
            msg = f"Account {self.account!r}: no answer that tells."
            raise relevo.Unavailable(msg) from None


class Suite(AskingRules):
    __test__ = False
    provider = Good
    config: ClassVar[Mapping[str, JsonValue]] = {"token": TOKEN}

    def accept(self, request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(200, json=[])

    def healthy(self, request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(200, json={})


def broken_rules(provider: type[relevo.Provider[Any]], **changes: object) -> set[str]:
    suite = type("Suite", (Suite,), {"provider": provider, **changes})()
    broken = set()
    for name, rule in inspect.getmembers(suite, inspect.ismethod):
        if not name.startswith("test_"):
            continue
        marks = [mark for mark in getattr(rule, "pytestmark", []) if mark.name == "parametrize"]
        cases = [{mark.args[0]: value} for mark in marks for value in mark.args[1]] or [{}]
        for case in cases:
            try:
                if inspect.iscoroutinefunction(rule):
                    anyio.run(partial(rule, **case))
                else:
                    rule(**case)
            except pytest.skip.Exception:
                continue
            except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever breaks it
                broken.add(name.removeprefix("test_"))
    return broken


class TakesSilenceForProof(Good):
    async def lookup(
        self, message: relevo.Message, provider_message_id: str | None
    ) -> relevo.Receipt | Lookup:
        try:
            return await super().lookup(message, provider_message_id)
        except relevo.SendError:
            return Lookup.NOT_TAKEN


class TakesAPageForNothing(Good):
    async def lookup(
        self, message: relevo.Message, provider_message_id: str | None
    ) -> relevo.Receipt | Lookup:
        said = await super().lookup(message, provider_message_id)
        return Lookup.NOT_TAKEN if said is Lookup.UNDECIDED else said


class AlwaysWell(Good):
    async def health(self) -> None:
        try:
            await super().health()
        except relevo.SendError:
            return


class AsksNobody(Good):
    async def health(self) -> None:
        return


class TokenInTheUrl(Good):
    async def health(self) -> None:
        await self.http.get("/me", params={"token": self.config.token.get_secret_value()})
        await super().health()


class FallsOverAPage(Good):
    async def health(self) -> None:
        (await self.http.get("/me")).json()


class RateOfNothing(Good):
    def limits(self) -> Limits:
        return Limits(rate=0)


class BurstAlone(Good):
    def limits(self) -> Limits:
        return Limits(burst=3)


class OtherEachTime(Good):
    made: ClassVar[list[int]] = []

    def limits(self) -> Limits:
        self.made.append(1)
        return Limits(rate=len(self.made))


class NoLimits(Good):
    def limits(self) -> Limits:
        return cast("Limits", None)


class NoAnswer(Good):
    def may_hold_back(self, message: relevo.Message) -> bool:
        del message
        return cast("bool", None)


class ClaimsWebhooks(Good):
    @property
    def webhooks_configured(self) -> bool:
        return True


class RateConfig(GoodConfig):
    rate: int = 5


class TakesOurKey(Good):
    config_type: ClassVar[type[BaseModel]] = RateConfig


def test_good_provider_breaks_no_rule() -> None:
    assert broken_rules(Good) == set()


@pytest.mark.parametrize(
    ("provider", "rules"),
    [
        (TakesSilenceForProof, {"lookup_that_did_not_work_proves_nothing"}),
        (TakesAPageForNothing, {"lookup_that_did_not_work_proves_nothing"}),
        (AlwaysWell, {"trouble_with_health_is_not_health"}),
        (
            AsksNobody,
            {"trouble_with_health_is_not_health", "healthy_account_passes_without_a_send"},
        ),
        (TokenInTheUrl, {"healthy_account_passes_without_a_send"}),
        (FallsOverAPage, {"trouble_with_health_is_not_health"}),
        (RateOfNothing, {"limits_are_possible_and_do_not_change"}),
        (BurstAlone, {"limits_are_possible_and_do_not_change"}),
        (OtherEachTime, {"limits_are_possible_and_do_not_change"}),
        (NoLimits, {"limits_are_possible_and_do_not_change"}),
        (NoAnswer, {"holding_back_is_told_for_every_message"}),
        (ClaimsWebhooks, {"suites_account_can_check_webhooks"}),
        (TakesOurKey, {"settings_leave_every_accounts_keys_alone"}),
    ],
)
def test_wrong_provider_breaks_its_rule(provider: type[Good], rules: set[str]) -> None:
    assert broken_rules(provider) >= rules


def test_missing_health_answer_is_told() -> None:
    with pytest.raises(NotImplementedError, match=r"write healthy\(request\)"):
        AskingRules().healthy(httpx.Request("GET", "https://good.example"))
