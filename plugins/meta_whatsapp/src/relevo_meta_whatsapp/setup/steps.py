"""The steps of a setup: each asks Meta, says what was seen, and gives what later ones need."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from relevo import AuthFailed, SendError, Unavailable
from relevo_meta_whatsapp.api import row_told
from relevo_meta_whatsapp.errors import PROOF_DEMANDED, PROOF_REFUSED
from relevo_meta_whatsapp.managing.facts import (
    NEVER,
    SCOPES,
    find_problems,
    token_facts,
)
from relevo_meta_whatsapp.setup.calls import MetaCalls, rows_in, shake_hands, words_of
from relevo_meta_whatsapp.setup.report import Report
from relevo_meta_whatsapp.setup.table import Secret

_MANAGE = SCOPES[1]
_NEW_TOKEN = (
    "Make a token of a system user in the Business settings, with the permissions "
    f"{' and '.join(SCOPES)}, for the app and the WhatsApp account."
)
_WHERE_SECRETS_ARE = "Take it from the App Dashboard: App settings, Basic."
_START = (
    "Start the server with this account's settings, {variable} among them, and run the setup "
    "again: Meta asks the same before it sends anything there."
)
_WEBHOOK_ADVICE = {
    "handshake_refused": "The server's verify_token has to be the word that {variable} holds here. "
    "Start the server with the same word, and run the setup again.",
    "unknown_account": "The server has no account of this name: the address ends with the "
    "account's name. Mend --webhook-url, or start the server with this account's settings.",
}
"""What to do, by the code of a problem that our server tells."""
_FOUND = tuple[str, str]


async def check_token(
    calls: MetaCalls, given: Sequence[Secret], report: Report
) -> list[_FOUND] | None:
    """Check the token; give the business accounts it is for, None where it does not work."""
    try:
        told = await _ask_token(calls, given)
    except Unavailable as error:
        report.bad("token", words_of(error), "Nothing was checked.")
        return None
    except SendError as error:
        if _blame(error, calls, given, report):
            return None
        report.doubt(
            "token",
            f"Meta does not say what it is ({words_of(error)})",
            "The steps below tell whether it works.",
        )
        return []
    if calls.proving is not None:
        report.good("app", "it demands a proof of its secret with each request")
    facts = token_facts(told)
    if facts.get("token_valid") is not True:
        report.bad("token", "Meta says that it is not valid", _NEW_TOKEN)
        return None
    lacks = [words for words in find_problems(facts, None, datetime.now(UTC)) if "lacks" in words]
    for words in lacks:
        report.bad("token", words, _NEW_TOKEN)
    expires = facts.get("token_expires_at", "not told")
    if expires == NEVER:
        report.good("token", "valid, and it never expires")
    else:
        report.doubt("token", f"valid; it expires at {expires}", _NEW_TOKEN)
    return _targets(told)


def _blame(error: SendError, calls: MetaCalls, given: Sequence[Secret], report: Report) -> bool:
    """Say what a refusal blames; tell whether it blames anything."""
    if row_told(error.raw) in {PROOF_DEMANDED, PROOF_REFUSED}:
        _blame_secrets(given, report)
    elif error.provider_code == _UNKNOWN_PATH:
        report.bad(
            "api version",
            f"Meta does not know version {calls.api_version}",
            "Give another by --api-version, or leave it out.",
        )
    elif error.http_status == _UNAUTHORIZED:
        report.bad("token", words_of(error), _NEW_TOKEN)
    else:
        return False
    return True


async def _ask_token(calls: MetaCalls, given: Sequence[Secret]) -> JsonValue:
    """Ask what the token is; where the app demands a proof, with the first that it takes."""
    try:
        return await calls.token()
    except AuthFailed as error:
        if row_told(error.raw) is not PROOF_DEMANDED:
            raise
        for secret in given:
            calls.proving = secret.value
            try:
                return await calls.token()
            except AuthFailed as refusal:
                if row_told(refusal.raw) is not PROOF_REFUSED:
                    raise
        raise


def _blame_secrets(given: Sequence[Secret], report: Report) -> None:
    """Say that nothing can be asked without the right app secret; the token may be good."""
    if not given:
        report.bad(
            "app secret",
            "the app demands a proof of its secret with each request, and none is given",
            f"{_WHERE_SECRETS_ARE} Nothing else was checked.",
        )
    for secret in given:
        report.bad("app secret", _not_the_secret(secret), _WHERE_SECRETS_ARE)


def _not_the_secret(secret: Secret) -> str:
    return f"{secret.variable} is not the secret of the app that the token is of"


async def check_secrets(
    calls: MetaCalls, number_id: str, given: Sequence[Secret], report: Report
) -> None:
    """Check each app secret by a proof made with it, and that a wrong one would be refused."""
    if not given:
        report.doubt(
            "app secret",
            "none is given: webhooks cannot be verified, so no news and no replies come",
            _WHERE_SECRETS_ARE,
        )
    for secret in given:
        try:
            taken = await calls.prove(number_id, secret.value)
            # Whoever takes any proof has said nothing about this one.
            told = not taken or not await calls.prove(number_id, secrets.token_hex(16))
        except SendError as error:
            report.doubt("app secret", f"{secret.variable}: {words_of(error)}", "Try again.")
            continue
        if not taken:
            report.bad("app secret", _not_the_secret(secret), _WHERE_SECRETS_ARE)
        elif told:
            report.good("app secret", f"Meta takes the proof made with {secret.variable}")
        else:
            report.doubt(
                "app secret",
                f"{secret.variable} was not checked: a wrong proof is taken, too",
                "Compare it with the App Dashboard: App settings, Basic.",
            )


async def subscribe(
    calls: MetaCalls,
    waba_id: str,
    report: Report,
    *,
    override: Mapping[str, JsonValue] | None = None,
) -> None:
    """Let the app hear of the business account, at an address of its own where one is given."""
    path = f"{waba_id}/subscribed_apps"
    try:
        if override is None and rows_in(await calls.get(path)):
            report.good("subscription", "the app hears of the WhatsApp business account")
            return
        await calls.post(path, override or {})
    except SendError as error:
        report.bad(
            "subscription",
            words_of(error),
            f"The token needs {_MANAGE}; or subscribe the app in the App Dashboard.",
        )
        return
    where = f", at {override['override_callback_uri']}" if override else ""
    report.good("subscription", f"the app hears of the WhatsApp business account now{where}")


async def check_webhook(url: str, verify: Secret, report: Report) -> bool:
    """Ask the webhook's address for its handshake, as Meta will."""
    seen = await shake_hands(url, verify.value, secrets.token_hex(8))
    if seen is None:
        report.good("webhook", f"{url} answers the handshake")
        return True
    advice = _WEBHOOK_ADVICE.get(seen.code or "", _START).format(variable=verify.variable)
    report.doubt("webhook", f"{url}: {seen.words}", advice)
    return False


def check_address(facts: Mapping[str, JsonValue], url: str, report: Report) -> None:
    """Compare where Meta sends with where it should."""
    if facts.get("webhook_url") == url:
        report.good("webhook", "Meta sends there")
        return
    report.doubt(
        "webhook",
        f"Meta sends to {facts.get('webhook_url') or 'no address'}",
        f"Enter {url} and the verify token in the App Dashboard (WhatsApp, Configuration), or run "
        "the setup with --override.",
    )


def _targets(told: JsonValue) -> list[_FOUND]:
    """Name the business accounts that a token may manage."""
    data = told.get("data") if isinstance(told, dict) else None
    scopes = data.get("granular_scopes") if isinstance(data, dict) else None
    found: list[_FOUND] = []
    for scope in scopes if isinstance(scopes, list) else ():
        if isinstance(scope, dict) and scope.get("scope") == _MANAGE:
            ids = scope.get("target_ids")
            found += [
                (one, "") for one in (ids if isinstance(ids, list) else ()) if isinstance(one, str)
            ]
    return found


_UNAUTHORIZED = 401
_UNKNOWN_PATH = "2500"
