"""An account's terms: what its vendor allows, and what its owner wants over it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from relevo.capabilities import Capability
from relevo.errors import ConfigurationError
from relevo.messages import UnknownPolicy
from relevo.providers import AnyProvider
from relevo.terms import AccountTerms, Caution, Limits, PairPace

_TABLE = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
_DAY_S = 86_400
_LONGEST_PACE_S = 60
"""Engines forget a lane at rest by this: no run to one person may pause it for longer."""
_WORDS = {"false": False, "true": True}


def _refuse_bool(value: object) -> object:
    """Take no `true` for 1."""
    if isinstance(value, bool):
        msg = "has to be a number"
        raise ValueError(msg)  # noqa: TRY004 - pydantic tells ValueErrors to the user
    return value


def _read_switch(value: object) -> object:
    """Let `false` switch something off; a variable holds it as text."""
    if isinstance(value, str):
        value = _WORDS.get(value.strip().lower(), value)
    if value is False:
        return None
    if value is True or not isinstance(value, dict | PairPaceSettings):
        msg = "has to be a table such as { burst = 45, every_s = 6 }, or false"
        raise ValueError(msg)
    return value


_NUMBER = BeforeValidator(_refuse_bool)
Count = Annotated[int, Field(ge=1, le=1_000_000), _NUMBER]
Seconds = Annotated[float, Field(ge=0, le=7 * _DAY_S, allow_inf_nan=False), _NUMBER]


class PairPaceSettings(BaseModel):
    """What `pair_pace` can say; what is left out is the vendor's own."""

    model_config = _TABLE

    burst: Count | None = None
    every_s: (
        Annotated[float, Field(gt=0, le=_LONGEST_PACE_S, allow_inf_nan=False), _NUMBER] | None
    ) = None


class TermsSettings(BaseModel):
    """Keys that every account may have beside its provider's own."""

    model_config = _TABLE

    rate: Annotated[float, Field(ge=0.001, le=100_000, allow_inf_nan=False), _NUMBER] | None = None
    """Messages per second, over all machines together."""
    burst: Count | None = None
    """How many may leave at once after a pause."""
    pair_pace: Annotated[PairPaceSettings | None, BeforeValidator(_read_switch)] = None
    """How often one person may be written to; `false`: as often as there is something."""
    on_unknown: UnknownPolicy | None = None
    """What follows when nobody knows whether a message left."""
    reconcile_after_s: Seconds = 60
    """How long silence must last before it can count as "not sent"."""
    unknown_lane_wait_s: Seconds = 600
    """How long later messages to a person wait behind one in doubt."""
    window: Caution = Caution.WARN
    """What follows where free-form content would go to a person whose window is closed."""
    opt_out: Caution = Caution.REFUSE
    """What follows where a person does not want what is sent."""


TERMS_KEYS = frozenset(TermsSettings.model_fields)


def account_terms(provider: AnyProvider, written: TermsSettings) -> AccountTerms:
    """Lay an account's settings over what its provider states.

    Raises:
        ConfigurationError: `burst` without any rate, or `reconcile` where nothing can
            ever settle a doubt.
    """
    return AccountTerms(
        limits=_limits(provider, written),
        on_unknown=_policy(provider, written.on_unknown),
        reconcile_after_s=written.reconcile_after_s,
        unknown_lane_wait_s=written.unknown_lane_wait_s,
        window=written.window,
        window_s=provider.window_s,
        opt_out=written.opt_out,
    )


def why_never_reconciled(provider: AnyProvider) -> str | None:
    """Tell why silence proves nothing on this account; None: a doubt can settle itself."""
    if provider.has_lookup:
        return None
    if Capability.ECHO not in provider.capabilities:
        return (
            f"provider {provider.name!r} neither repeats our message id in its news nor can be "
            "asked about a message"
        )
    if not provider.webhooks_configured:
        return (
            "its webhooks cannot be verified, so no news would ever arrive: the secret that "
            "checks them is missing"
        )
    return None


def _limits(provider: AnyProvider, written: TermsSettings) -> Limits:
    limits = _stated(provider)
    if written.rate is not None:
        # The vendor's burst belongs to the vendor's rate.
        limits = replace(limits, rate=written.rate, burst=None)
    if written.burst is not None:
        if limits.rate is None:
            msg = _said(provider, "burst: means nothing without a rate. Set rate too.")
            raise ConfigurationError(msg)
        limits = replace(limits, burst=written.burst)
    if "pair_pace" in written.model_fields_set:
        limits = replace(limits, pair_pace=_pair_pace(limits.pair_pace, written.pair_pace))
    return limits


def _stated(provider: AnyProvider) -> Limits:
    given: object = provider.limits()
    if isinstance(given, Limits):
        return given
    msg = (
        f"provider {provider.name!r}: limits returned {type(given).__name__}, not Limits. "
        "The plugin has to be mended."
    )
    raise ConfigurationError(_said(provider, msg))


def _pair_pace(stated: PairPace | None, written: PairPaceSettings | None) -> PairPace | None:
    if written is None:
        return None
    changes: dict[str, Any] = written.model_dump(exclude_none=True)
    return replace(stated or PairPace(), **changes)


def _policy(provider: AnyProvider, wanted: UnknownPolicy | None) -> UnknownPolicy:
    reason = why_never_reconciled(provider)
    if wanted is None:
        return UnknownPolicy.HOLD if reason else UnknownPolicy.RECONCILE
    if wanted is UnknownPolicy.RECONCILE and reason:
        msg = _said(
            provider,
            f"on_unknown: cannot be 'reconcile': {reason}. Write 'hold' (a person decides) or "
            "'resend' (it may arrive twice), or leave it out.",
        )
        raise ConfigurationError(msg)
    return wanted


def _said(provider: AnyProvider, words: str) -> str:
    return f"Account {provider.account!r}: {words}"
