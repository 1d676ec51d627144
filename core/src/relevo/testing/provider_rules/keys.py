"""Rules about the keys of webhook items: once per piece of news, and silent about people."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress

import pytest
from pydantic import JsonValue

from relevo.capabilities import Capability
from relevo.errors import WebhookError
from relevo.events import DeliveryStatus, ProviderEvent, StatusUpdate
from relevo.providers import AnyProvider
from relevo.testing.provider_rules.fixture_pairs import without_raw
from relevo.testing.provider_rules.junk import (
    CANARY,
    JUNK_BODIES,
    TELLTALE_VALUES,
    damaged,
    spoilt_lists,
)
from relevo.testing.provider_rules.webhooks import WebhookRules
from relevo.webhooks import WebhookItem, WebhookRequest

States = frozenset[DeliveryStatus | None]


class KeyRules(WebhookRules):
    """Check what a provider takes for the same news: an item is applied once per key."""

    def test_same_webhook_gives_the_same_keys(self) -> None:
        """Items are applied once per key, so the key must not change from post to post."""
        for pair in self._pairs():
            first, again = (self._verifier().split_webhook(self.webhook(pair.body)) for _ in "12")
            assert [item.key for item in first] == [item.key for item in again]
            assert len({item.key for item in first}) == len(first), (
                f"Fixture {pair.name!r}: different items have the same key."
            )

    def test_same_news_has_the_same_key_in_every_batch(self) -> None:
        """A vendor that posts again may group anew: neither place nor batch belongs in a key."""
        provider = self._verifier()
        for pair in self._pairs():
            whole = provider.split_webhook(self.webhook(pair.body))
            meant = {item.key: _meaning(provider, item) for item in whole}
            for _, removed in spoilt_lists(json.loads(pair.body), None):
                fewer = provider.split_webhook(self._post(removed))
                if len(fewer) >= len(whole):
                    continue  # what was removed was no item
                for item in fewer:
                    assert meant.get(item.key) == _meaning(provider, item), (
                        f"Fixture {pair.name!r}: an item has another key when a neighbour is "
                        "missing. Make the key of the item alone."
                    )

    def test_states_of_one_message_have_keys_of_their_own(self) -> None:
        """With one key for two states of a message, the second would pass for a repetition."""
        provider = self._verifier()
        if Capability.STATUSES not in self.provider.capabilities:
            pytest.skip(f"{self.provider.name} does not claim statuses")
        told: dict[str, dict[str, set[States]]] = defaultdict(lambda: defaultdict(set))
        for pair in self._pairs():
            for item in provider.split_webhook(self.webhook(pair.body)):
                for message, states in _states(provider.parse_item(item)).items():
                    told[message][item.key].add(states)
        assert any(len(_all_states(keys)) > 1 for keys in told.values()), (
            "Add a fixture, or two, with one provider_message_id in two states."
        )
        for keys in told.values():
            assert all(len(states) == 1 for states in keys.values()), (
                "Two states of one message have the same key: the state belongs in the key."
            )

    @pytest.mark.parametrize("junk", TELLTALE_VALUES, ids=repr)
    def test_keys_repeat_nothing_that_was_posted(self, junk: JsonValue) -> None:
        """A key is kept, logged and told in events: it may hold a vendor's ids, but no words."""
        provider = self._verifier()
        fixtures = [json.loads(pair.body) for pair in self._pairs()]
        posted = [self.webhook(body) for body in JUNK_BODIES]
        posted += [
            self._post(spoilt)
            for body in fixtures
            for spoilt in damaged(body, junk, spare_ids=True)
        ]
        for item in _items(provider, posted):
            assert CANARY not in item.key, (
                "A key repeats what was posted, be it junk. Hash it: "
                "sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()."
            )


def _items(provider: AnyProvider, posted: list[WebhookRequest]) -> Iterator[WebhookItem]:
    for request in posted:
        with suppress(WebhookError):
            yield from provider.split_webhook(request)


def _meaning(provider: AnyProvider, item: WebhookItem) -> list[ProviderEvent] | None:
    try:
        return without_raw(provider.parse_item(item))
    except WebhookError:
        return None


def _states(events: Iterable[ProviderEvent]) -> dict[str, States]:
    """Give what an item tells of each message."""
    states: dict[str, set[DeliveryStatus | None]] = defaultdict(set)
    for event in events:
        if isinstance(event, StatusUpdate):
            states[event.provider_message_id].add(event.status)
    return {message: frozenset(told) for message, told in states.items()}


def _all_states(keys: dict[str, set[States]]) -> States:
    return frozenset().union(*(states for told in keys.values() for states in told))
