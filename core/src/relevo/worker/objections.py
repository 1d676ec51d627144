"""What speaks against an attempt just before it begins."""

from __future__ import annotations

import logging

from relevo.checks import check, checks_of, may_refuse
from relevo.engines.port import Clock, Outbox
from relevo.engines.records import Claim
from relevo.errors import EngineError, ProviderFailed, Rejected, SendError, Unavailable
from relevo.providers import AnyProvider
from relevo.redaction import frames_of
from relevo.terms import AccountTerms

logger = logging.getLogger("relevo.worker")


async def objection(
    engine: Outbox, provider: AnyProvider, terms: AccountTerms, claim: Claim, clock: Clock
) -> SendError | None:
    """Say why the person must not get it, by what is known now: much may have changed."""
    try:
        checks = checks_of(provider, terms, claim.message)
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; nothing was sent
        seen = f"Account {claim.account!r}: provider {provider.name!r} failed"
        logger.error("%s before the attempt. %s", seen, frames_of(error))  # noqa: TRY400 - only the place: the words may hold an address
        return ProviderFailed(
            f"{seen} with {type(error).__name__} before anything was sent. {ProviderFailed.advice}"
        )
    if checks is None or not may_refuse(checks):
        return None
    try:
        person = await engine.person(claim.account, claim.lane_key)
        check(checks, person, claim.message, clock())
    except EngineError as error:
        return Unavailable(f"Account {claim.account!r}: {error.message}")
    except Rejected as error:
        return error
    return None
