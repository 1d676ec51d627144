"""The shipped suite has teeth: each way to get a provider wrong fails a rule of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import anyio
import pytest
from pydantic import BaseModel, JsonValue, SecretStr
from tests.core.provider_conformance.good import (
    FIFTH,
    MEANING,
    ROWS,
    Good,
    hashed,
    put_pair,
    run_suite,
)

from relevo import (
    Address,
    Capability,
    ClientSettings,
    InboundMessage,
    Message,
    OutcomeUnknown,
    ProviderEvent,
    Receipt,
    StatusUpdate,
    TextContent,
    Unavailable,
    WebhookItem,
    WebhookRejected,
    WebhookRequest,
)


def test_good_provider_breaks_no_rule(tmp_path: Path) -> None:
    assert run_suite(Good, tmp_path) == set()


class SwallowsCancellation(Good):
    async def send(self, message: Message) -> Receipt:
        try:
            return await super().send(message)
        except anyio.get_cancelled_exc_class():
            return Receipt(None)


class TrustsJson(Good):
    async def send(self, message: Message) -> Receipt:
        reply = await self.http.post("/sms", json={"to": message.to.value, "text": message.text})
        self.raise_for_status(reply)
        return Receipt(reply.json()["id"])


class CallsEverythingUnavailable(Good):
    async def send(self, message: Message) -> Receipt:
        try:
            return await super().send(message)
        except OutcomeUnknown as error:
            raise Unavailable(error.message) from error


class RepeatsTheAnswer(Good):
    async def send(self, message: Message) -> Receipt:
        reply = await self.http.post("/sms", json={"to": message.to.value, "text": message.text})
        if reply.status_code == 400:
            msg = f"Account {self.account!r}: {reply.text}"
            raise OutcomeUnknown(msg)
        self.raise_for_status(reply)
        return await super().send(message)


class TokenInTheUrl(Good):
    async def send(self, message: Message) -> Receipt:
        await self.http.get("/login", params={"token": self.config.token.get_secret_value()})
        return await super().send(message)


class ClaimsTemplates(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities | {Capability.TEMPLATE}


class ForgetsToClaimText(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities - {Capability.TEXT} | {
        Capability.TEMPLATE
    }


class ClaimsReply(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities | {Capability.REPLY}


class ClaimsTyping(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities | {Capability.TYPING}


class ClaimsEcho(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities | {Capability.ECHO}


class ForgetsToClaimInbound(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities - {Capability.INBOUND}


class LeavesTheDoorOpen(Good):
    def verify_webhook(self, request: WebhookRequest) -> None:
        del request


class AnswersWhetherItIsTrue(Good):
    def verify_webhook(self, request: WebhookRequest) -> None:
        super().verify_webhook(request)
        return cast("None", "verified")


class BelievesAPrefix(Good):
    def verify_webhook(self, request: WebhookRequest) -> None:
        if not self.config.token.get_secret_value().startswith(request.headers.get("x-token", "?")):
            msg = "wrong"
            raise WebhookRejected(msg)


class FallsOverNonAscii(Good):
    def verify_webhook(self, request: WebhookRequest) -> None:
        request.headers.get("x-token", "").encode("ascii")
        super().verify_webhook(request)


class FallsOverJunkBodies(Good):
    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        return [WebhookItem(json.dumps(row), row) for row in json.loads(request.body)]


class FallsOverJunkItems(Good):
    def parse_item(self, item: WebhookItem) -> Sequence[ProviderEvent]:
        row: Any = item.raw
        if "state" in row and row["id"]:
            return super().parse_item(item)
        return [InboundMessage(Address("tel", row["from"]), TextContent(body=row["text"]), row)]


class OneBadRowLosesAll(Good):
    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        items = super().split_webhook(request)
        for item in items:
            self.parse_item(item)
        return items


class OneKeyForAll(Good):
    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        return [WebhookItem("same", item.raw) for item in super().split_webhook(request)]


class RowStandsInTheKey(Good):
    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        return [WebhookItem(repr(item.raw), item.raw) for item in super().split_webhook(request)]


class OddRowStandsInTheKey(Good):
    """The way it is easily written: an id where there is one, and else whatever came."""

    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        return [
            WebhookItem(hashed(item.raw) if self._is_row(item.raw) else repr(item.raw), item.raw)
            for item in super().split_webhook(request)
        ]

    def _is_row(self, raw: JsonValue) -> bool:
        return isinstance(raw, dict) and isinstance(raw.get("id"), str)


class PlaceIsTheKey(Good):
    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        items = super().split_webhook(request)
        return [WebhookItem(f"row {place}", item.raw) for place, item in enumerate(items)]


class BatchStandsInTheKey(Good):
    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        batch = hashlib.sha256(request.body).hexdigest()
        return [
            WebhookItem(f"{batch}:{item.key}", item.raw) for item in super().split_webhook(request)
        ]


class StateIsNotInTheKey(Good):
    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        return [
            WebhookItem(hashed(item.raw["id"]), item.raw)
            if isinstance(item.raw, dict) and "id" in item.raw
            else item
            for item in super().split_webhook(request)
        ]


class ForgetsRaw(Good):
    def parse_item(self, item: WebhookItem) -> Sequence[ProviderEvent]:
        events = super().parse_item(item)
        return [
            StatusUpdate(event.provider_message_id, event.status)
            if isinstance(event, StatusUpdate)
            else event
            for event in events
        ]


class SpellingsAreDifferentPeople(Good):
    def lane_key(self, address: Address) -> str:
        super().lane_key(address)
        return address.uri()


class AnybodyIsANumber(Good):
    def lane_key(self, address: Address) -> str:
        return "".join(filter(str.isdigit, address.value))


class ShowsItsToken(Good):
    def __repr__(self) -> str:
        return f"ShowsItsToken({self.config.token.get_secret_value()})"


class PlainConfig(BaseModel):
    token: str


class PlainToken(Good):
    config_type: ClassVar[type[BaseModel]] = PlainConfig

    @classmethod
    def client_settings(cls, config: Any) -> ClientSettings | None:
        return ClientSettings("https://good.example", {"Authorization": SecretStr(config.token)})


class OfAnotherCore(Good):
    core_api: ClassVar[int] = 2


WRONG = {
    SwallowsCancellation: {"cancellation_passes"},
    TrustsJson: {"unreadable_success_is_accepted_without_id"},
    CallsEverythingUnavailable: {
        "lost_connection_is_outcome_unknown",
        "server_error_without_vendor_error_is_outcome_unknown",
    },
    RepeatsTheAnswer: {"errors_repeat_nothing_private", "refusal_is_certain"},
    TokenInTheUrl: {"requests_stay_at_the_base_url_without_secrets"},
    ClaimsTemplates: {"content_works_exactly_if_claimed"},
    ForgetsToClaimText: {"content_works_exactly_if_claimed"},
    ClaimsReply: {"reply_is_quoted_if_claimed"},
    ClaimsTyping: {"verb_is_written_exactly_if_claimed", "verb_works_exactly_if_claimed"},
    ClaimsEcho: {"echo_id_is_passed_on_if_claimed", "fixtures_show_what_is_claimed"},
    ForgetsToClaimInbound: {"fixtures_show_what_is_claimed"},
    LeavesTheDoorOpen: {"unsigned_webhook_is_rejected", "forged_webhook_is_rejected"},
    AnswersWhetherItIsTrue: {"signed_webhook_is_verified"},
    BelievesAPrefix: {"forged_webhook_is_rejected"},
    FallsOverNonAscii: {"forged_webhook_is_rejected"},
    FallsOverJunkBodies: {"junk_body_is_malformed_at_most"},
    FallsOverJunkItems: {"junk_item_is_malformed_at_most"},
    OneBadRowLosesAll: {"junk_beside_good_items_harms_none"},
    OneKeyForAll: {"same_webhook_gives_the_same_keys"},
    RowStandsInTheKey: {"keys_repeat_nothing_that_was_posted"},
    OddRowStandsInTheKey: {"keys_repeat_nothing_that_was_posted"},
    PlaceIsTheKey: {"same_news_has_the_same_key_in_every_batch"},
    BatchStandsInTheKey: {"same_news_has_the_same_key_in_every_batch"},
    StateIsNotInTheKey: {"states_of_one_message_have_keys_of_their_own"},
    ForgetsRaw: {"fixtures_mean_what_they_say"},
    SpellingsAreDifferentPeople: {"lane_key_sees_one_person_in_all_spellings"},
    AnybodyIsANumber: {"lane_key_refuses_what_is_no_number"},
    ShowsItsToken: {"secrets_are_absent_from_reprs"},
    PlainToken: {"secrets_are_secret_strings"},
    OfAnotherCore: {"class_is_a_provider_for_this_core"},
}


@pytest.mark.parametrize("provider", WRONG, ids=lambda provider: provider.__name__)
def test_wrong_provider_breaks_its_rule(provider: type[Good], tmp_path: Path) -> None:
    assert run_suite(provider, tmp_path) >= WRONG[provider]


def test_too_coarse_key_is_seen_across_fixtures(tmp_path: Path) -> None:
    """Each fixture alone would pass."""
    put_pair(tmp_path, "day", ROWS[::2], MEANING[::2])
    put_pair(tmp_path, "night", [ROWS[1], {"id": "5", "state": "dlvrd"}], [MEANING[1], FIFTH])
    assert run_suite(Good, tmp_path) == set()
    assert run_suite(StateIsNotInTheKey, tmp_path) == {
        "states_of_one_message_have_keys_of_their_own"
    }
