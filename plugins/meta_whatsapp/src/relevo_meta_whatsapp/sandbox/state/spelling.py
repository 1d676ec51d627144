"""How WhatsApp itself spells people: the numbers it answers with, and user ids. Pure."""

from __future__ import annotations

import hashlib
from types import MappingProxyType

from relevo_meta_whatsapp.addresses import canonical_digits

_WA_ID_RULES = MappingProxyType({"54": "549", "52": "521"})
_COUNTRIES = MappingProxyType(
    {"1": "US", "34": "ES", "44": "GB", "49": "DE", "52": "MX", "54": "AR", "55": "BR", "91": "IN"}
)
_ELSEWHERE = "ZZ"


def wa_id_of(digits: str) -> str:
    """Resolve a number to WhatsApp's own spelling, which can differ from the one asked for."""
    canonical = canonical_digits(digits)
    for country, spelling in _WA_ID_RULES.items():
        if canonical.startswith(country) and len(canonical) == len(country) + 10:
            return spelling + canonical.removeprefix(country)
    return canonical


def user_id_of(wa_id: str) -> str:
    """Make the user id of a number: opaque, and the same each time."""
    country = next(
        (code for prefix, code in _COUNTRIES.items() if wa_id.startswith(prefix)), _ELSEWHERE
    )
    return f"{country}.{hashlib.sha256(wa_id.encode()).hexdigest()[:20]}"
