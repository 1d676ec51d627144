"""Which lanes the people belong to whom a provider names."""

from __future__ import annotations

from collections.abc import Iterable

from relevo.errors import InvalidAddress
from relevo.messages import Address
from relevo.providers.contract import AnyProvider
from relevo.providers.returned import lane_key


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
