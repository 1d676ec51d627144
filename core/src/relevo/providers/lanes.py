"""Which lanes the people belong to whom a provider names."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from relevo.errors import InvalidAddress
from relevo.events import Receipt
from relevo.messages import Address
from relevo.providers.contract import AnyProvider
from relevo.providers.returned import lane_key
from relevo.redaction import frames_of

logger = logging.getLogger("relevo.providers")


def lane_of(provider: AnyProvider, person: Address) -> str:
    """Tell the lane of a person whom the vendor named."""
    try:
        return lane_key(provider, person)
    except InvalidAddress:
        # Whoever wrote has an address, whatever we think of its form.
        return person.uri()


def lanes_of(provider: AnyProvider, people: Iterable[Address]) -> tuple[str, ...]:
    """Tell the lanes of one person's addresses, each once."""
    return tuple(dict.fromkeys(lane_of(provider, person) for person in people))


def lanes_told(provider: AnyProvider, receipt: Receipt) -> tuple[str, ...]:
    """Tell the lanes of the addresses under which a receipt knows the person, each once.

    None where the provider fails: the message was taken all the same.
    """
    named = (receipt.recipient,) if receipt.recipient is not None else ()
    try:
        return lanes_of(provider, (*named, *receipt.recipient_aliases))
    except Exception as error:  # noqa: BLE001 - a provider may raise anything; it was sent
        seen = f"Account {provider.account!r}: other addresses of a person are not known."
        logger.error("%s %s", seen, frames_of(error))  # noqa: TRY400 - only the place: the words may hold an address
        return ()
