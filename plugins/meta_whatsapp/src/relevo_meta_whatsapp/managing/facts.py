"""What Meta's answers say of an account: facts, and what a person should mend. Pure.

Facts keep Meta's words, so that one of tomorrow shows too. Source: Meta's pages as of 2026-09.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from pydantic import JsonValue

JsonObject = Mapping[str, JsonValue]
Facts = dict[str, JsonValue]

NUMBER_FIELDS = (
    "id,health_status,display_phone_number,verified_name,status,name_status,quality_rating,"
    "throughput,whatsapp_business_manager_messaging_limit,webhook_configuration"
)
"""What to ask a number for."""
SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
"""What a token needs: to send, and to manage."""
NEVER = "never"
_SOON = timedelta(days=7)
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "display_phone_number": "display_phone_number",
        "verified_name": "verified_name",
        "status": "status",
        "name_status": "name_status",
        "quality_rating": "quality_rating",
        "whatsapp_business_manager_messaging_limit": "messaging_limit",
    }
)
"""Fields of a number whose value is a word, and what we call the fact."""
_ADDRESSES = ("phone_number", "whatsapp_business_account", "application")
"""Where a number's messages go: the first that is set."""
_ADVICE: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("can_send_message", "LIMITED"): "it can send with limits only: WhatsApp Manager says why",
        ("quality_rating", "RED"): "its quality is low: people block or report it, and Meta may "
        "restrict it. Send less of what nobody asked for",
        ("quality_rating", "YELLOW"): "its quality is medium: people block or report it",
        ("status", "PENDING"): "the number's registration is not complete: register it",
        ("status", "DISCONNECTED"): "the number is not connected to the Cloud API: register it",
        ("status", "FLAGGED"): "the number is flagged for low quality",
        ("status", "RESTRICTED"): "the number is restricted: it reached its limit with low quality",
        ("status", "RATE_LIMITED"): "the number reached its limit for now",
        ("status", "BANNED"): "the number is banned: see WhatsApp Manager",
        ("name_status", "DECLINED"): "its display name was declined: choose another",
        ("name_status", "EXPIRED"): "its display name's certificate expired: register it again",
    }
)
"""What a fact asks a person to do."""


def number_facts(number: JsonObject) -> Facts:
    """Read what a business number says of itself."""
    facts: Facts = {
        ours: value
        for theirs, ours in _WORDS.items()
        if isinstance(value := number.get(theirs), str)
    }
    throughput = number.get("throughput")
    if isinstance(throughput, dict) and isinstance(level := throughput.get("level"), str):
        facts["throughput"] = level
    health = number.get("health_status")
    if isinstance(health, dict) and isinstance(told := health.get("can_send_message"), str):
        facts["can_send_message"] = told
    addresses = number.get("webhook_configuration")
    if isinstance(addresses, dict):
        found = (addresses.get(name) for name in _ADDRESSES)
        facts["webhook_url"] = next((one for one in found if isinstance(one, str) and one), None)
    return facts


def token_facts(answer: JsonValue) -> Facts:
    """Read what `debug_token` says; nothing where it says nothing."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or not isinstance(valid := data.get("is_valid"), bool):
        return {}
    facts: Facts = {"token_valid": valid}
    expires = data.get("expires_at")
    if isinstance(expires, int) and not isinstance(expires, bool):
        facts["token_expires_at"] = _moment(expires)
    if isinstance(scopes := data.get("scopes"), list):
        facts["token_scopes"] = [one for one in scopes if isinstance(one, str)]
    return facts


def subscription_facts(answer: JsonValue) -> Facts:
    """Read whether any app hears of the business account."""
    rows = answer.get("data") if isinstance(answer, dict) else None
    return {"webhook_subscribed": bool(rows)} if isinstance(rows, list) else {}


def find_problems(facts: JsonObject, expected_url: str | None, now: datetime) -> Iterator[str]:
    """Say what a person should mend."""
    for name, value in facts.items():
        if advice := _ADVICE.get((name, value) if isinstance(value, str) else ("", "")):
            yield f"WhatsApp says {name} {value}: {advice}."
    yield from _token_problems(facts, now)
    if facts.get("webhook_subscribed") is False:
        yield (
            "No app is subscribed to the WhatsApp business account: no delivery news and no "
            "replies come. Subscribe it: relevo meta setup does."
        )
    if expected_url and "webhook_url" in facts and facts["webhook_url"] != expected_url:
        yield (
            f"Webhooks go to {facts['webhook_url'] or 'no address'}, and webhook_url says "
            f"{expected_url}. Enter the right one in the App Dashboard, or correct webhook_url."
        )


def _token_problems(facts: JsonObject, now: datetime) -> Iterator[str]:
    if facts.get("token_valid") is False:
        yield "The access token is not valid: make a new one."
    expires = facts.get("token_expires_at")
    if isinstance(expires, str) and expires != NEVER:
        left = datetime.fromisoformat(expires) - now
        if left < _SOON:
            yield f"The access token expires at {expires}: make a new one, best of a system user."
    scopes = facts.get("token_scopes")
    if isinstance(scopes, list):
        for scope in SCOPES:
            if scope not in scopes:
                yield f"The access token lacks the permission {scope}: make one that has it."


def _moment(seconds: int) -> str:
    if seconds <= 0:
        return NEVER
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return NEVER
