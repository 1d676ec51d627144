"""Rules about webhooks: only the vendor is believed, and one bad item harms no other."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from pydantic import JsonValue

from relevo.capabilities import Capability
from relevo.errors import ForeignItem, NotSupported, WebhookError, WebhookMalformed, WebhookRejected
from relevo.events import InboundMessage, ProviderEvent, StatusUpdate
from relevo.providers import AnyProvider, verify_webhook
from relevo.testing.provider_rules.fixture_pairs import (
    FixturePair,
    UnreadableFixtures,
    read_pairs,
    without_raw,
    write_events,
)
from relevo.testing.provider_rules.junk import (
    CANARY,
    JUNK_BODIES,
    JUNK_VALUES,
    damaged,
    spoilt_lists,
)
from relevo.testing.provider_rules.setup import ProviderSetup, overrides
from relevo.webhooks import WebhookItem, WebhookRequest

_FORGERIES: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "cut": lambda value: value[:-1],
    "longer": lambda value: value + "0",
    "turned": lambda value: value[::-1] + "x",
    "scheme_only": lambda value: value.partition("=")[0] + "=",
    "not_ascii": lambda value: "ñÿ" + value,
    "only_not_ascii": lambda _: "\xff\xf1",
    "very_long": lambda _: "a" * 100_000,
}


class WebhookRules(ProviderSetup):
    """Check how a provider verifies, splits and parses what its vendor posts."""

    def test_webhooks_exist_exactly_if_claimed(self) -> None:
        """`inbound` and `statuses` come by webhook; without them there is nothing to verify."""
        claimed = {Capability.INBOUND, Capability.STATUSES} & self.provider.capabilities
        assert bool(claimed) == self.has_webhooks
        assert overrides(self.provider, "parse_item") == self.has_webhooks

    def test_missing_webhooks_are_refused(self) -> None:
        """A provider without webhooks says so in a sentence."""
        provider, _ = self.make_provider()
        verbs: dict[str, Callable[[], object]] = {
            "verify_webhook": lambda: provider.verify_webhook(_bare(b"{}")),
            "webhook_challenge": lambda: provider.webhook_challenge(_bare(b"")),
            "parse_item": lambda: provider.parse_item(WebhookItem("1", {})),
        }
        for verb, call in verbs.items():
            if not overrides(self.provider, verb):
                with pytest.raises(NotSupported):
                    call()

    def test_signed_webhook_is_verified(self) -> None:
        """What `webhook(body)` signs passes, by returning nothing, as it has to for core."""
        for body in (b"{}", '["ñ"]'.encode()):
            verify_webhook(self._verifier(), self.webhook(body))

    def test_unsigned_webhook_is_rejected(self) -> None:
        """Nobody else can post for the vendor."""
        with pytest.raises(WebhookRejected):
            self._verifier().verify_webhook(_bare(b"{}"))

    @pytest.mark.parametrize("forgery", _FORGERIES)
    def test_forged_webhook_is_rejected(self, forgery: str) -> None:
        """A wrong signature is refused as such, whatever characters it is made of."""
        forge = _FORGERIES[forgery]
        verifier = self._verifier()
        signed = self.webhook(b"{}")
        forged = replace(
            signed,
            headers={name: forge(value) for name, value in signed.headers.items()},
            query={name: forge(value) for name, value in signed.query.items()},
        )
        with pytest.raises(WebhookRejected) as caught:
            verifier.verify_webhook(forged)
        assert not any(secret in str(caught.value) for secret in self.secrets())

    def test_changed_body_is_rejected(self) -> None:
        """A signature over the raw bytes holds for these bytes only."""
        verifier = self._verifier()
        if not self.signature_covers_body:
            pytest.skip(f"{self.provider.name} proves itself by a token, not over the body")
        with pytest.raises(WebhookRejected):
            verifier.verify_webhook(replace(self.webhook(b'{"a": 1}'), body=b'{"a": 2}'))

    @pytest.mark.parametrize("value", ["", "wrong", "ñ\xff"])
    def test_wrong_handshake_is_rejected(self, value: str) -> None:
        """A handshake without the right token is refused, never an exception of another kind."""
        if not overrides(self.provider, "webhook_challenge"):
            pytest.skip(f"{self.provider.name} has no webhook handshake")
        provider, _ = self.make_provider()
        names: tuple[str, ...] = (
            "hub.mode",
            "hub.verify_token",
            "hub.challenge",
            "token",
            "challenge",
        )
        queries: list[dict[str, str]] = [{}, {name: value for name in names}]  # noqa: C420 - typed
        for query in queries:
            with pytest.raises(WebhookRejected):
                provider.webhook_challenge(WebhookRequest("GET", "/", query=query))

    def test_fixtures_mean_what_they_say(self) -> None:
        """Each webhook of the folder gives exactly the events beside it."""
        provider = self._verifier()
        try:
            pairs = self._read()
        except UnreadableFixtures as fault:
            pytest.fail(str(fault), pytrace=False)
        for pair in pairs:
            events = all_events(provider, self.webhook(pair.body))
            assert without_raw(events) == list(pair.events), (
                f"Fixture {pair.name!r} came out as:\n{write_events(events)}"
            )
            assert all(event.raw is not None for event in events), "Keep the vendor's object: raw."

    def test_fixtures_show_what_is_claimed(self) -> None:
        """What is claimed stands in a fixture, and nothing else does."""
        self._verifier()
        events = [event for pair in self._pairs() for event in pair.events]
        statuses = [event for event in events if isinstance(event, StatusUpdate)]
        shown = {
            Capability.INBOUND: any(isinstance(event, InboundMessage) for event in events),
            Capability.STATUSES: bool(statuses),
            Capability.ECHO: any(event.message_id is not None for event in statuses),
        }
        for capability, is_shown in shown.items():
            assert is_shown == (capability in self.provider.capabilities), (
                f"{capability} is {'shown' if is_shown else 'not shown'} by the fixtures, "
                "which is not what `capabilities` says."
            )
        assert any(event.status is None for event in statuses) == bool(statuses), (
            "Add a fixture with a status word you do not know; it gives status null."
        )

    @pytest.mark.parametrize("body", JUNK_BODIES, ids=lambda body: repr(body[:24]))
    def test_junk_body_is_malformed_at_most(self, body: bytes) -> None:
        """Whatever comes, the receiver gets items or a `WebhookError`, told without its words."""
        provider = self._verifier()
        said = ""
        try:
            all_events(provider, self.webhook(body))
        except WebhookMalformed as error:
            said = str(error)
        assert CANARY not in said

    @pytest.mark.parametrize("junk", JUNK_VALUES, ids=repr)
    def test_junk_item_is_malformed_at_most(self, junk: JsonValue) -> None:
        """Any value in any place of an item parses, or is a `WebhookError`."""
        provider = self._verifier()
        items = [
            item
            for pair in self._pairs()
            for item in provider.split_webhook(self.webhook(pair.body))
        ]
        for item in items:
            for spoilt in damaged(item.raw, junk):
                said = ""
                events: tuple[ProviderEvent, ...] = ()
                try:
                    events = tuple(provider.parse_item(replace(item, raw=spoilt)))
                except ForeignItem:
                    continue  # says whose it is
                except WebhookError as error:
                    said = str(error)
                assert CANARY not in said
                assert all(isinstance(event, ProviderEvent) for event in events)

    @pytest.mark.parametrize("junk", JUNK_VALUES, ids=repr)
    def test_junk_beside_good_items_harms_none(self, junk: JsonValue) -> None:
        """With one element of a list turned to junk, the items of the others still come."""
        provider = self._verifier()
        several = 0
        for pair in self._pairs():
            body = json.loads(pair.body)
            whole = provider.split_webhook(self.webhook(pair.body))
            several += len(whole) > 1
            for spoilt, removed in spoilt_lists(body, junk):
                others = provider.split_webhook(self._post(removed))
                if len(others) == len(whole):
                    continue  # this list holds no items
                came = provider.split_webhook(self._post(spoilt))
                lost = [item.key for item in others if item not in came]
                assert not lost, f"Fixture {pair.name!r}: junk beside them lost items {lost}."
        if overrides(self.provider, "split_webhook"):
            assert several, "Add a fixture whose webhook carries two items or more."

    def _verifier(self) -> AnyProvider:
        if not self.has_webhooks:
            pytest.skip(f"{self.provider.name} has no webhooks")
        return self.make_provider()[0]

    def _pairs(self) -> list[FixturePair]:
        """Give the fixtures; where they cannot be read one rule says so, and this one waits."""
        self._verifier()
        try:
            return self._read()
        except UnreadableFixtures:
            pytest.skip("the fixtures cannot be read: test_fixtures_mean_what_they_say says why")

    def _read(self) -> list[FixturePair]:
        if self.fixtures is None:
            msg = "Set `fixtures` to a folder of webhook pairs."
            raise UnreadableFixtures(msg)
        return read_pairs(self.fixtures, self._proposal)

    def _proposal(self, body: bytes) -> str:
        """Write what a webhook means to the provider now, as the file beside it would hold it."""
        try:
            return write_events(all_events(self._verifier(), self.webhook(body)))
        except WebhookError as error:
            return f"(nothing can be proposed: it does not parse. {error})"
        except Exception as error:  # noqa: BLE001 - a provider may raise anything; other rules judge that
            return f"(nothing can be proposed: it raised {type(error).__name__}: {error})"

    def _post(self, body: JsonValue) -> WebhookRequest:
        return self.webhook(json.dumps(body).encode())


def _bare(body: bytes) -> WebhookRequest:
    return WebhookRequest("POST", "/", body, {"content-type": "application/json"})


def all_events(provider: AnyProvider, request: WebhookRequest) -> list[ProviderEvent]:
    """Split a webhook and parse all of it."""
    return [
        event for item in provider.split_webhook(request) for event in provider.parse_item(item)
    ]
