"""An account's terms: what the provider states, what the settings say over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, SecretStr

import relevo
from relevo import AccountTerms, Capability, Limits, PairPace
from relevo.accounts import Account, AccountSettings, open_accounts
from relevo.accounts.fingerprint import fingerprint_of
from relevo.config import load_settings
from relevo.http import open_transport
from relevo.messages import UnknownPolicy

pytestmark = pytest.mark.anyio

STATED = Limits(rate=80, burst=8, pair_pace=PairPace(45, 6))
TEXT = frozenset({Capability.TEXT})
ECHO = frozenset({Capability.TEXT, Capability.STATUSES, Capability.ECHO})


class VaneConfig(BaseModel):
    token: SecretStr = SecretStr("")
    rates: int = 0


class Vane(relevo.Provider[VaneConfig]):
    name = "vane"
    config_type = VaneConfig
    capabilities = TEXT
    stated: ClassVar[Limits] = STATED

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        raise NotImplementedError

    def limits(self) -> Limits:
        return self.stated


class Echoing(Vane):
    """Its news repeat our id."""

    capabilities = ECHO


class Deaf(Echoing):
    """It would, but nothing can check its webhooks."""

    @property
    def webhooks_configured(self) -> bool:
        return False


class Asked(Vane):
    """It can be asked, so it needs no webhooks."""

    async def lookup(
        self, message: relevo.Message, provider_message_id: str | None
    ) -> relevo.Receipt | relevo.Lookup:
        raise NotImplementedError


class Unlimited(Vane):
    stated = Limits()


class Broken(Vane):
    def limits(self) -> Limits:
        msg = "canary"
        raise LookupError(msg)


class GreedyConfig(VaneConfig):
    rate: int = 1


class Greedy(Vane):
    config_type = GreedyConfig


async def opened(provider: type[Vane], table: Mapping[str, Any]) -> Account:
    settings = {"shop": AccountSettings.model_validate({"provider": provider.name, **table})}
    async with (
        open_transport() as transport,
        open_accounts(settings, find_provider=lambda *_: provider, transport=transport) as accounts,
    ):
        return accounts["shop"]


async def terms_of(provider: type[Vane], **table: Any) -> AccountTerms:
    return (await opened(provider, table)).terms


async def refusal_of(provider: type[Vane], **table: Any) -> str:
    with pytest.raises(relevo.ConfigurationError) as refusal:
        await opened(provider, table)
    assert refusal.value.__context__ is None
    return str(refusal.value)


async def test_terms_are_the_providers_where_nothing_is_set() -> None:
    assert await terms_of(Vane) == AccountTerms(STATED, UnknownPolicy.HOLD, 60, 600)
    assert await terms_of(Unlimited) == AccountTerms()


@pytest.mark.parametrize(
    ("provider", "table", "limits"),
    [
        (Vane, {"rate": 5}, Limits(rate=5, pair_pace=STATED.pair_pace)),
        (Vane, {"rate": "0.5", "burst": "3"}, Limits(0.5, 3, STATED.pair_pace)),
        (Vane, {"burst": 3}, Limits(80, 3, STATED.pair_pace)),
        (Vane, {"pair_pace": False}, Limits(80, 8)),
        (Vane, {"pair_pace": "False"}, Limits(80, 8)),
        (Vane, {"pair_pace": {"burst": 3}}, Limits(80, 8, PairPace(3, 6))),
        (Vane, {"pair_pace": {"burst": 3, "every_s": 1.5}}, Limits(80, 8, PairPace(3, 1.5))),
        (Vane, {"pair_pace": {}}, STATED),
        (Unlimited, {"pair_pace": {"every_s": 2}}, Limits(pair_pace=PairPace(45, 2))),
        (Unlimited, {"rate": 1}, Limits(rate=1)),
    ],
)
async def test_settings_go_over_what_the_provider_states(
    provider: type[Vane], table: dict[str, Any], limits: Limits
) -> None:
    assert (await terms_of(provider, **table)).limits == limits


@pytest.mark.parametrize(
    ("provider", "policy"),
    [
        (Vane, UnknownPolicy.HOLD),
        (Echoing, UnknownPolicy.RECONCILE),
        (Deaf, UnknownPolicy.HOLD),
        (Asked, UnknownPolicy.RECONCILE),
    ],
)
async def test_doubts_are_reconciled_only_where_something_can_settle_them(
    provider: type[Vane], policy: UnknownPolicy
) -> None:
    assert (await terms_of(provider)).on_unknown is policy


async def test_policy_and_waits_are_as_set() -> None:
    terms = await terms_of(
        Echoing, on_unknown="resend", reconcile_after_s=5, unknown_lane_wait_s="0"
    )
    assert (terms.on_unknown, terms.reconcile_after_s, terms.unknown_lane_wait_s) == (
        UnknownPolicy.RESEND, 5, 0,
    )  # fmt: skip
    assert (await terms_of(Asked, on_unknown="reconcile")).on_unknown is UnknownPolicy.RECONCILE


@pytest.mark.parametrize(
    ("provider", "words"),
    [
        (Vane, "on_unknown: cannot be 'reconcile': provider 'vane' neither repeats our message id"),
        (Deaf, "on_unknown: cannot be 'reconcile': its webhooks cannot be verified"),
    ],
)
async def test_reconcile_without_any_evidence_is_refused_with_the_reason(
    provider: type[Vane], words: str
) -> None:
    said = await refusal_of(provider, on_unknown="reconcile")
    assert said.startswith(f"Account 'shop': {words}")
    assert "Write 'hold'" in said


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"rate": 0}, "rate: has to be at least 0.001."),
        ({"rate": "fast"}, "rate: has to be a number."),
        ({"rate": True}, "rate: has to be a number."),
        ({"rate": float("inf")}, "rate: has to be a finite number."),
        ({"rate": 1e9}, "rate: has to be at most 100000."),
        ({"burst": 0}, "burst: has to be at least 1."),
        ({"burst": 1.5}, "burst: has to be a whole number."),
        ({"burst": True}, "burst: has to be a number."),
        ({"pair_pace": True}, "pair_pace: has to be a table such as { burst = 45, every_s = 6 }"),
        ({"pair_pace": 7}, "pair_pace: has to be a table such as"),
        ({"pair_pace": {"evry_s": 6}}, "pair_pace.evry_s: is no known key."),
        ({"pair_pace": {"every_s": 0}}, "pair_pace.every_s: has to be more than 0."),
        ({"pair_pace": {"every_s": 61}}, "pair_pace.every_s: has to be at most 60."),
        ({"on_unknown": "guess"}, "on_unknown: has to be 'reconcile', 'hold' or 'resend'."),
        ({"reconcile_after_s": -1}, "reconcile_after_s: has to be at least 0."),
        ({"unknown_lane_wait_s": "nan"}, "unknown_lane_wait_s: has to be a finite number."),
        ({"on_unknwn": "hold"}, "on_unknwn: is no key of this provider. Did you mean 'on_unknown'"),
        ({"tokn": "canary"}, "tokn: is no key of this provider. Did you mean 'token'?"),
    ],
)
async def test_wrong_term_names_account_and_key(table: dict[str, Any], words: str) -> None:
    said = await refusal_of(Vane, **table)
    assert said.startswith(f"Account 'shop': {words}")
    assert "canary" not in said


async def test_wrong_terms_and_wrong_provider_keys_are_told_at_once() -> None:
    said = await refusal_of(Vane, rate=0, rates="many")
    assert "rates: has to be a whole number." in said
    assert "rate: has to be at least 0.001." in said


async def test_burst_without_a_rate_is_refused() -> None:
    said = await refusal_of(Unlimited, burst=3)
    assert said == "Account 'shop': burst: means nothing without a rate. Set rate too."


async def test_provider_with_a_key_of_ours_is_refused() -> None:
    said = await refusal_of(Greedy, rate=3)
    assert said.startswith("Account 'shop': rate: is a key that every account has")


async def test_limits_that_break_are_reported_without_their_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = await refusal_of(Broken)
    assert said.startswith("Account 'shop': provider 'vane' could not be built: it raised Lookup")
    assert "canary" not in said
    assert "in limits" in caplog.text
    assert "canary" not in caplog.text


async def test_terms_may_be_references_and_variables(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACE", "false")
    assert (await terms_of(Vane, pair_pace="env:PACE")).limits.pair_pace is None
    (tmp_path / "relevo.toml").write_text(
        '[accounts.shop]\nprovider = "vane"\npair_pace = false\nrate = 3\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELEVO_ACCOUNTS__SHOP__RATE", "7.5")
    monkeypatch.setenv("RELEVO_ACCOUNTS__SHOP__PAIR_PACE__BURST", "4")
    monkeypatch.setenv("RELEVO_ACCOUNTS__SHOP__ON_UNKNOWN", "resend")
    terms = await terms_of(Vane, **load_settings().accounts["shop"].values)
    assert terms.limits == Limits(7.5, None, PairPace(4, 6))
    assert terms.on_unknown is UnknownPolicy.RESEND


async def test_fingerprint_tells_changes_and_only_changes() -> None:
    async def fingerprint(**table: Any) -> str:
        return (await opened(Vane, table)).fingerprint

    first = await fingerprint(token="canary-one", rates=3)
    assert await fingerprint(rates=3, token="canary-one") == first
    others = {
        await fingerprint(token="canary-two", rates=3),
        await fingerprint(token="canary-one", rates=4),
        await fingerprint(token="canary-one", rates=3, rate=5),
    }
    assert first not in others
    assert len(others) == 3
    account = await opened(Vane, {"token": "canary-one", "rates": 3})
    assert first not in repr(account)
    assert "canary" not in first


def test_fingerprint_takes_whatever_settings_can_hold() -> None:
    one = fingerprint_of("shop", "vane", {"token": SecretStr("a"), "until": {1, 2}})
    assert one != fingerprint_of("shop", "vane", {"token": SecretStr("b"), "until": {1, 2}})
    assert one == fingerprint_of("shop", "vane", {"until": {2, 1}, "token": SecretStr("a")})
    assert one != fingerprint_of("desk", "vane", {"token": SecretStr("a"), "until": {1, 2}})
    assert len(one) == 32


def test_fingerprint_does_not_show_half_a_character() -> None:
    assert fingerprint_of("shop", "vane", {"token": "\udcff"})
