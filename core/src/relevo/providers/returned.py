"""What a provider's verbs returned, looked at before it is used.

A provider may be written without types. What it returns by mistake is told by the name of its
type, since a value may hold an address or a secret, and harms nobody else.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable

from relevo.errors import ConfigurationError, WebhookRejected
from relevo.events import ProviderEvent
from relevo.messages import Address, Message
from relevo.providers.contract import AnyProvider
from relevo.webhooks import WebhookItem, WebhookRequest

logger = logging.getLogger("relevo.providers")


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
        ConfigurationError: It returned anything: its plugin has to be mended.
        Rejected: The vendor would surely refuse it.
        UnsupportedContent: The vendor has no words for it.
    """
    check: Callable[[Message], object] = provider.check_message
    if (given := check(message)) is not None:
        msg = (
            f"{_who(provider)}: check_message returned {kind_of(given)}; raise Rejected to refuse, "
            "return nothing to let it pass. The plugin has to be mended."
        )
        raise ConfigurationError(msg)


def lane_key(provider: AnyProvider, address: Address) -> str:
    """Give the lane of a person.

    Raises:
        ConfigurationError: The provider gave no text: its plugin has to be mended.
        InvalidAddress: It cannot mean anything by the address.
    """
    key: object = provider.lane_key(address)
    if isinstance(key, str) and key:
        return key
    seen = kind_of(key) if key != "" else "an empty text"
    msg = (
        f"{_who(provider)}: lane_key returned {seen}; it has to return a text that "
        "names the person. The plugin has to be mended."
    )
    raise ConfigurationError(msg)


def split_webhook(provider: AnyProvider, request: WebhookRequest) -> list[WebhookItem]:
    """Give a webhook's items, all of them: a generator has no say any more afterwards.

    Raises:
        WronglyReturned: They are no items.
        Exception: Whatever the provider raises.
    """
    given: object = provider.split_webhook(request)
    items: list[WebhookItem] = []
    for one in _each(provider, "split_webhook", given, "WebhookItem"):
        if not isinstance(one, WebhookItem):
            raise _among(provider, "split_webhook", one, "WebhookItem")
        items.append(one)
    return items


def parse_item(provider: AnyProvider, item: WebhookItem) -> list[ProviderEvent]:
    """Give an item's events, all of them.

    Raises:
        WronglyReturned: They are no events.
        Exception: Whatever the provider raises.
    """
    given: object = provider.parse_item(item)
    events: list[ProviderEvent] = []
    for one in _each(provider, "parse_item", given, "events"):
        if not isinstance(one, ProviderEvent):
            raise _among(provider, "parse_item", one, "events")
        events.append(one)
    return events


def kind_of(given: object) -> str:
    """Name the type of what was returned; a coroutine is closed, since nobody awaits it."""
    if inspect.iscoroutine(given):
        given.close()
    return type(given).__name__


def _each(provider: AnyProvider, verb: str, given: object, wanted: str) -> Iterable[object]:
    if isinstance(given, Iterable) and not isinstance(given, str | bytes):
        return given
    msg = f"{_who(provider)}: {verb} returned {kind_of(given)}, not a list of {wanted}."
    raise WronglyReturned(msg)


def _among(provider: AnyProvider, verb: str, one: object, wanted: str) -> WronglyReturned:
    msg = f"{_who(provider)}: {verb} returned {kind_of(one)} among its {wanted}."
    return WronglyReturned(msg)


def _who(provider: AnyProvider) -> str:
    return f"Account {provider.account!r}: provider {provider.name!r}"
