"""Make effects of a raw webhook, item by item; nothing here touches a store."""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from relevo.accounts import Account
from relevo.engines.json_text import plain_text, whole_json
from relevo.engines.records import (
    Effect,
    ItemFault,
    ParsedItem,
    WebhookRecord,
)
from relevo.errors import (
    ForeignItem,
    RelevoError,
    UnknownAccount,
    WebhookMalformed,
)
from relevo.events import InboundMessage, PersonUpdate, ProviderEvent, StatusUpdate
from relevo.messages import Address
from relevo.nesting import MOST_LEVELS, is_too_deep
from relevo.providers import (
    AnyProvider,
    WronglyReturned,
    lane_of,
    lanes_of,
    parse_item,
    split_webhook,
)
from relevo.redaction import frames_of
from relevo.siblings import Siblings
from relevo.webhooks import WebhookItem


def interpret_for(
    account: Account | None, accounts: Mapping[str, Account], webhook: WebhookRecord
) -> list[ParsedItem]:
    """Interpret a webhook of an account; what is foreign to it may be a sibling's.

    One whose account left the settings meanwhile is kept whole.
    """
    if account is None:
        return [_as_one_item(webhook, unconfigured(webhook.account))]
    siblings = Siblings(account, accounts, webhook)
    results = interpret(account.provider, webhook)
    return [_of_sibling(siblings, one) if _is_foreign(one) else one for one in results]


def _is_foreign(parsed: ParsedItem) -> bool:
    return parsed.fault is not None and parsed.fault.code == ForeignItem.code


def _of_sibling(siblings: Siblings, parsed: ParsedItem) -> ParsedItem:
    owner = siblings.owner_of(parsed.item)
    if owner is None:
        return parsed
    return replace(_parse(owner.provider, parsed.item), account=owner.name)


def interpret(provider: AnyProvider, webhook: WebhookRecord) -> list[ParsedItem]:
    """Split a webhook and parse each item apart: one bad item harms no other."""
    try:
        items = split_webhook(provider, webhook.request)
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; it is kept
        return [_as_one_item(webhook, error)]
    return [_parse(provider, item) for item in items]


def _parse(provider: AnyProvider, item: WebhookItem) -> ParsedItem:
    if is_too_deep(item.raw):
        # Kept without it: whoever reads the item would break on it. The webhook has it whole.
        return ParsedItem(replace(item, raw=None), fault=_fault(_too_deep()))
    if (whole := whole_json(item.raw)) is not item.raw:
        item = replace(item, raw=whole)
    try:
        effects = tuple(_effect(provider, event) for event in parse_item(provider, item))
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; it is kept
        return ParsedItem(item, fault=_fault(error))
    return ParsedItem(item, effects)


def _effect(provider: AnyProvider, event: ProviderEvent) -> Effect:
    # A provider may read JSON out of words, as people's apps put it there.
    if is_too_deep(vars(event), most=MOST_LEVELS + 1):
        raise _too_deep()
    event = _storable(event)
    match event:
        case InboundMessage(sender=person):
            within_s = provider.fetch_life_s if provider.has_fetch_media else None
            aliases = lanes_of(provider, event.aliases)
            return Effect(event, lane_of(provider, person), within_s, aliases)
        case PersonUpdate(person=person):
            aliases = lanes_of(provider, event.aliases)
            return Effect(event, lane_of(provider, person), aliases=aliases)
        case StatusUpdate(recipient=Address() as person):
            aliases = lanes_of(provider, event.recipient_aliases)
            return Effect(event, lane_of(provider, person), aliases=aliases)
        case _:
            return Effect(event)


def _too_deep() -> WebhookMalformed:
    msg = f"It nests deeper than {MOST_LEVELS} lists and objects in one another."
    return WebhookMalformed(msg)


def _storable(event: ProviderEvent) -> ProviderEvent:
    """Mend half characters and NULs in words, which no store can keep as they are."""
    mended: dict[str, Any] = {
        name: whole for name, value in vars(event).items() if (whole := _mended(value)) is not value
    }
    return replace(event, **mended) if mended else event


def _mended(value: object) -> object:
    """Mend words, addresses and raw objects; the same object where nothing is to mend.

    Contents are mended where they are written.
    """
    match value:
        case str():
            return value if (words := plain_text(value)) == value else words
        case Address():
            words = plain_text(value.value)
            return value if words == value.value else replace(value, value=words)
        case tuple():
            parts = tuple(map(_mended, value))
            return value if all(map(operator.is_, parts, value)) else parts
        case dict() | list():
            return whole_json(value)
        case _:
            return value


def _as_one_item(webhook: WebhookRecord, error: Exception) -> ParsedItem:
    """Keep a webhook whole that cannot be split."""
    item = WebhookItem(
        hashlib.sha256(webhook.body).hexdigest(), webhook.body.decode("utf-8", "replace")
    )
    return ParsedItem(item, fault=_fault(error))


def _fault(error: Exception) -> ItemFault:
    if isinstance(error, RelevoError):
        return ItemFault(error.code, error.message, frames_of(error))
    if isinstance(error, WronglyReturned):
        return ItemFault("parser_failed", str(error), frames_of(error))
    name = type(error).__name__
    return ItemFault("parser_failed", f"The provider's parser raised {name}.", frames_of(error))


def unconfigured(account: str) -> UnknownAccount:
    """Say that webhooks of this account have nobody here."""
    return UnknownAccount(f"No account {account!r} is configured here.")
