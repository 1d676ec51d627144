"""Whose an item is: news of a number name the number, all others the business account."""

from __future__ import annotations

from typing import NamedTuple

from relevo import ForeignItem
from relevo_meta_whatsapp.addresses import canonical_digits, digits_of
from relevo_meta_whatsapp.receiving.reading import (
    JsonObject,
    find_object,
    find_text,
    optional_object,
)

_SHOWN = 32
_NUMBERS = ("display_phone_number", "phone_number")
_PARTNER_FIELDS = frozenset({"partner_solutions"})
_PARTNER_EVENTS = "PARTNER_"
"""In these `entry.id` may be a business portfolio instead of a business account."""


class Owner(NamedTuple):
    """What an account knows about itself; what it does not know cannot be compared."""

    account: str
    phone_number_id: str
    waba_id: str | None = None
    display_phone_number: str | None = None


class _Sign(NamedTuple):
    """One thing an item says about its owner."""

    name: str
    said: str
    ours: str


def check_owner(owner: Owner, raw: JsonObject) -> None:
    """Refuse what is surely another's.

    Raises:
        ForeignItem: It names another number or business account.
        WebhookMalformed: Its metadata is no object.
    """
    for sign in _signs(owner, raw):
        if sign.said != sign.ours:
            msg = (
                f"Account {owner.account!r} has {sign.name} {sign.ours}; this item is for "
                f"{sign.said[:_SHOWN]!r}. Configure an account for it, or stop its webhooks."
            )
            raise ForeignItem(msg)


def is_owner(owner: Owner, raw: JsonObject) -> bool:
    """Tell whether an item names the account, and nothing it says is against it.

    Raises:
        WebhookMalformed: Its metadata is no object.
    """
    signs = _signs(owner, raw)
    return bool(signs) and all(sign.said == sign.ours for sign in signs)


def _signs(owner: Owner, raw: JsonObject) -> list[_Sign]:
    value = find_object(raw, "value")
    number = _number_id(raw, value)
    if number is not None:
        # The number alone decides: a business account can be shared or change hands.
        return [_Sign("phone_number_id", number, owner.phone_number_id)]
    signs: list[_Sign] = []
    if owner.waba_id is not None:
        said = _business_accounts(raw, value)
        if said:
            ours = owner.waba_id if owner.waba_id in said else said[0]
            signs.append(_Sign("waba_id", ours, owner.waba_id))
    shown = next((text for key in _NUMBERS if (text := find_text(value, key))), None)
    if shown is not None and owner.display_phone_number is not None:
        ours = _spell(owner.display_phone_number)
        signs.append(_Sign("display_phone_number", _spell(shown), ours))
    return signs


def _number_id(raw: JsonObject, value: JsonObject) -> str | None:
    holder = raw if "metadata" in raw else value
    number = optional_object(holder, "metadata", "value").get("phone_number_id")
    if isinstance(number, bool) or not isinstance(number, str | int) or number == "":
        return None
    return str(number)


def _business_accounts(raw: JsonObject, value: JsonObject) -> list[str]:
    """Give the business accounts that an item names, the one it is about first."""
    named = find_text(find_object(value, "waba_info"), "waba_id")
    event = find_text(value, "event") or ""
    partner = raw.get("field") in _PARTNER_FIELDS or event.startswith(_PARTNER_EVENTS)
    posted_for = find_text(raw, "id")
    if named is not None:
        return [named, *([posted_for] if posted_for else [])]
    return [] if partner or posted_for is None else [posted_for]


def _spell(number: str) -> str:
    return canonical_digits(digits_of(number))
