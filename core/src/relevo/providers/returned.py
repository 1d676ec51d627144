"""What a provider's verbs returned, looked at before it is used.

A provider may be written without types. What it returns by mistake is told by the name of its
type, since a value may hold an address or a secret, and harms nobody else.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TypeGuard, TypeVar

from pydantic import JsonValue

from relevo.errors import ProviderFault, WebhookRejected
from relevo.events import ProviderEvent
from relevo.messages import Address, Message
from relevo.providers.contract import AnyProvider
from relevo.redaction import frames_of
from relevo.webhooks import WebhookItem, WebhookRequest

logger = logging.getLogger("relevo.providers")

T = TypeVar("T")

LONGEST_LANE_KEY = 512
"""Every store can find rows by so many characters, whatever they are."""
NOT_REDACTED = "could not be redacted"
"""Kept for diagnosis instead of an answer that a provider failed to redact."""


class WronglyReturned(TypeError):
    """Say that splitting or parsing gave something else than its signature says."""


def verify_webhook(provider: AnyProvider, request: WebhookRequest) -> None:
    """Verify a webhook; only a provider that returns nothing accepts it.

    Raises:
        WebhookRejected: The provider refuses it, or returned anything.
        NotSupported: The provider has no webhooks.
    """
    verify: Callable[[WebhookRequest], object] = provider.verify_webhook
    if (given := verify(request)) is not None:
        msg = (
            f"{_who(provider)}: verify_webhook returned {kind_of(given)}; "
            "raise WebhookRejected to refuse, return nothing to accept."
        )
        logger.error("%s The webhook was refused.", msg)
        raise WebhookRejected(msg)


def check_message(provider: AnyProvider, message: Message) -> None:
    """Let a provider look at a message before it is kept; only nothing returned lets it pass.

    Raises:
        ProviderFault: It returned anything.
        Rejected: The vendor would surely refuse it.
        UnsupportedContent: The vendor has no words for it.
    """
    check: Callable[[Message], object] = provider.check_message
    if (given := check(message)) is not None:
        msg = (
            f"{_who(provider)}: check_message returned {kind_of(given)}; raise Rejected to refuse, "
            "return nothing to let it pass. The plugin has to be mended."
        )
        raise ProviderFault(msg)


def check_media(provider: AnyProvider, kind: str, *, mime_type: str, size: int) -> None:
    """Let a provider look at a file of ours; only nothing returned lets it pass.

    Raises:
        ProviderFault: It returned anything.
        Rejected: The vendor would surely refuse it as this kind of content.
    """
    check: Callable[..., object] = provider.check_media
    if (given := check(kind, mime_type=mime_type, size=size)) is not None:
        msg = (
            f"{_who(provider)}: check_media returned {kind_of(given)}; raise Rejected to refuse, "
            "return nothing to let it pass. The plugin has to be mended."
        )
        raise ProviderFault(msg)


def render(provider: AnyProvider, message: Message) -> dict[str, JsonValue] | None:
    """Give what the vendor would be sent; None: the provider does not tell.

    Raises:
        ProviderFault: It gave no JSON object: its plugin has to be mended.
        Rejected: The vendor would surely refuse it.
        UnsupportedContent: The vendor has no words for it.
    """
    given: object = provider.render(message)
    if given is None:
        return None
    if isinstance(given, Mapping):
        return dict(given)
    msg = (
        f"{_who(provider)}: render returned {kind_of(given)}; it has to return the JSON object "
        "that the vendor would be sent, or nothing. The plugin has to be mended."
    )
    raise ProviderFault(msg)


def lane_key(provider: AnyProvider, address: Address) -> str:
    """Give the lane of a person.

    Raises:
        ProviderFault: The provider gave no text that can name a lane.
        InvalidAddress: It cannot mean anything by the address.
    """
    key: object = provider.lane_key(address)
    if isinstance(key, str) and 0 < len(key) <= LONGEST_LANE_KEY:
        return key
    seen = "an empty text" if key == "" else kind_of(key)
    if isinstance(key, str) and key:
        seen = f"a text of {len(key)} characters"
    msg = (
        f"{_who(provider)}: lane_key returned {seen}; it has to return a text of 1 to "
        f"{LONGEST_LANE_KEY} characters that names the person. The plugin has to be mended."
    )
    raise ProviderFault(msg)


def redacted(provider: AnyProvider, raw: JsonValue) -> JsonValue:
    """Give a vendor object for diagnosis, without people and secrets.

    Where the provider fails to redact it, a note stands in its place: what was sent was
    sent, and the raw object is nobody's to see.
    """
    try:
        given = provider.redact(raw)
        json.dumps(given)
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; the outcome stands
        seen = f"{_who(provider)}: redact failed, so a note is kept instead of the answer."
        logger.error("%s %s", seen, frames_of(error))  # noqa: TRY400 - only the place: the words may be a person's
        return NOT_REDACTED
    return given


def split_webhook(provider: AnyProvider, request: WebhookRequest) -> list[WebhookItem]:
    """Give a webhook's items, all of them: a generator has no say any more afterwards.

    Raises:
        WronglyReturned: They are no items.
        Exception: Whatever the provider raises.
    """
    given: object = provider.split_webhook(request)
    return _all_of(given, _is_item, f"{_who(provider)}: split_webhook", "WebhookItem")


def parse_item(provider: AnyProvider, item: WebhookItem) -> list[ProviderEvent]:
    """Give an item's events, all of them.

    Raises:
        WronglyReturned: They are no events.
        Exception: Whatever the provider raises.
    """
    given: object = provider.parse_item(item)
    return _all_of(given, _is_event, f"{_who(provider)}: parse_item", "events")


def kind_of(given: object) -> str:
    """Name the type of what was returned; a coroutine is closed, since nobody awaits it."""
    if inspect.iscoroutine(given):
        given.close()
    return type(given).__name__


def _is_item(one: object) -> TypeGuard[WebhookItem]:
    return isinstance(one, WebhookItem)


def _is_event(one: object) -> TypeGuard[ProviderEvent]:
    return isinstance(one, ProviderEvent)


def _all_of(
    given: object, is_right: Callable[[object], TypeGuard[T]], verb: str, wanted: str
) -> list[T]:
    """Give what was returned as a list of one kind of object, or say what it was instead."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        msg = f"{verb} returned {kind_of(given)}, not a list of {wanted}."
        raise WronglyReturned(msg)
    found: list[T] = []
    for one in given:
        if not is_right(one):
            msg = f"{verb} returned {kind_of(one)} among its {wanted}."
            raise WronglyReturned(msg)
        found.append(one)
    return found


def _who(provider: AnyProvider) -> str:
    return f"Account {provider.account!r}: provider {provider.name!r}"
