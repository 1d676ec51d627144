"""What the Graph API says about a business number: whether it can send now. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from relevo import AccountHealth, AuthFailed, Rejected, SendError, Unavailable
from relevo_meta_whatsapp.api import Answer, raise_error, readable

FIELDS = "id,health_status"
"""What to ask for; `id` comes anyway."""
BLOCKED = "BLOCKED"


def check_health(account: str, answer: Answer) -> None:
    """Return if the number can send.

    A number of limited reach (`LIMITED`) can. An answer without `health_status`
    still shows that the token is good for the number.

    Raises:
        AuthFailed: Meta refuses the token or the number, or says that it is blocked.
        Unavailable: The answer is none of Meta's, or tells of an outage or a limit.
    """
    if not answer.taken:
        raise _refusal(account, answer)
    raw = readable(answer.body)
    if not isinstance(raw, dict) or "id" not in raw:
        msg = (
            f"Account {account!r}: HTTP {answer.status} without the number's object. Check "
            "base_url and whatever stands between here and Meta."
        )
        raise Unavailable(msg, http_status=answer.status)
    health = raw.get("health_status")
    if isinstance(health, dict) and health.get("can_send_message") == BLOCKED:
        words = " ".join(_blocks(health)) or "It names no reason."
        msg = f"Account {account!r}: WhatsApp says that it cannot send. {words}"
        raise AuthFailed(msg, http_status=answer.status, raw=raw)


def told_health(asked_version: str, other_version: str | None) -> AccountHealth:
    """Tell which version of the API answers, and what to do where it is not the one asked."""
    if other_version is None:
        return AccountHealth({"api_version": asked_version})
    problem = (
        f"api_version {asked_version} was asked and {other_version} answers: Meta no longer serves "
        "the one asked. Set api_version to one it serves."
    )
    return AccountHealth({"api_version": other_version}, (problem,))


def _refusal(account: str, answer: Answer) -> SendError:
    try:
        raise_error(account, answer)
    except SendError as error:
        if error.provider_code is None:
            msg = (
                f"Account {account!r}: HTTP {answer.status} without an error object of Meta's; it "
                "tells nothing about the number."
            )
            return Unavailable(msg, http_status=answer.status, raw=error.raw)
        # What is refused for good concerns the number here, as there is no message.
        kind = AuthFailed if isinstance(error, AuthFailed | Rejected) else Unavailable
        return kind(
            error.message,
            provider_code=error.provider_code,
            http_status=error.http_status,
            raw=error.raw,
        )


def _blocks(health: Mapping[str, JsonValue]) -> Iterator[str]:
    """Say which parts are blocked, by Meta's codes; its words may name people."""
    entities = health.get("entities")
    for entity in entities if isinstance(entities, list) else ():
        if not isinstance(entity, dict) or entity.get("can_send_message") != BLOCKED:
            continue
        errors = entity.get("errors")
        codes = [
            f"{error['error_code']}"
            for error in (errors if isinstance(errors, list) else ())
            if isinstance(error, dict) and isinstance(error.get("error_code"), int)
        ]
        why = f" (code {', '.join(codes)})" if codes else ""
        yield f"Blocked: {_PARTS.get(str(entity.get('entity_type')), 'a part')}{why}."


_PARTS: Mapping[str, str] = {
    "PHONE_NUMBER": "the number",
    "WABA": "the WhatsApp business account",
    "BUSINESS": "the business",
    "APP": "the app",
    "MESSAGE_TEMPLATE": "a template",
}
