"""The shipped suite has teeth: each way to get a provider wrong fails a rule of its own."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections import ChainMap
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Literal

import anyio
import httpx
import pytest
from pydantic import BaseModel, JsonValue, SecretStr

from relevo import (
    Address,
    Capability,
    ClientSettings,
    DeliveryStatus,
    FetchedMedia,
    InboundMessage,
    Message,
    NativeContent,
    OutcomeUnknown,
    Provider,
    ProviderEvent,
    Receipt,
    SendError,
    StatusUpdate,
    Template,
    TextContent,
    Unavailable,
    UnsupportedContent,
    WebhookItem,
    WebhookMalformed,
    WebhookRejected,
    WebhookRequest,
)
from relevo.capabilities import CONTENT_CAPABILITY, VERB_CAPABILITY
from relevo.testing import ProviderConformance

TOKEN = "made-up-token"
ROWS: list[dict[str, str]] = [
    {"id": "1", "state": "dlvrd"},
    {"id": "1", "state": "new word"},
    {"id": "9", "from": "541130946950", "text": "hola"},
]
MEANING: list[dict[str, object]] = [
    {"type": "StatusUpdate", "provider_message_id": "1", "status": "delivered"},
    {"type": "StatusUpdate", "provider_message_id": "1", "status": None},
    {
        "type": "InboundMessage",
        "sender": {"scheme": "tel", "value": "541130946950"},
        "content": "hola",
    },
]
FIFTH = {"type": "StatusUpdate", "provider_message_id": "5", "status": "delivered"}


def hashed(*parts: JsonValue) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class GoodConfig(BaseModel):
    token: SecretStr


class Good(Provider[GoodConfig]):
    name: ClassVar[str] = "good"
    config_type: ClassVar[type[BaseModel]] = GoodConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.TEXT, Capability.INBOUND, Capability.STATUSES}
    )

    @classmethod
    def client_settings(cls, config: GoodConfig) -> ClientSettings | None:
        return ClientSettings("https://good.example", {"Authorization": config.token})

    async def send(self, message: Message) -> Receipt:
        reply = await self.http.post("/sms", json={"to": message.to.value, "text": message.text})
        self.raise_for_status(reply)
        try:
            return Receipt(reply.json()["id"])
        except (ValueError, KeyError, TypeError):
            return Receipt(None)

    def verify_webhook(self, request: WebhookRequest) -> None:
        if request.headers.get("x-token") != self.config.token.get_secret_value():
            msg = "Header X-Token is missing or wrong."
            raise WebhookRejected(msg)

    def split_webhook(self, request: WebhookRequest) -> Sequence[WebhookItem]:
        try:
            rows = json.loads(request.body)
        except (ValueError, RecursionError):
            rows = None
        if not isinstance(rows, list):
            msg = "A list was expected."
            raise WebhookMalformed(msg)
        return [WebhookItem(hashed(row), row) for row in rows]

    def parse_item(self, item: WebhookItem) -> Sequence[ProviderEvent]:
        match item.raw:
            case {"id": str(key), "state": str(state)} if key:
                known = {"dlvrd": DeliveryStatus.DELIVERED}
                return [StatusUpdate(key, known.get(state), item.raw)]
            case {"id": str(), "from": str(sender), "text": str(text)} if sender and text.strip():
                return [InboundMessage(Address("tel", sender), TextContent(body=text), item.raw)]
        msg = "The row is not as documented."
        raise WebhookMalformed(msg)


class Suite(ProviderConformance):
    __test__ = False
    provider = Good
    config: ClassVar[Mapping[str, JsonValue]] = {"token": TOKEN}
    signature_covers_body = False

    def accept(self, request: httpx.Request) -> httpx.Response:
        del request
        return httpx.Response(200, json={"id": "1"})

    def webhook(self, body: bytes) -> WebhookRequest:
        return WebhookRequest("POST", "/", body, {"x-token": TOKEN})


def run_suite(provider: type[Provider[Any]], folder: Path, **changes: object) -> set[str]:
    """Run every rule on asyncio, with each of its parameters; give the names of the broken ones."""
    if not any(folder.glob("day*.json")):
        put_pair(folder, "day", ROWS, MEANING)
    suite = type("Suite", (Suite,), {"provider": provider, "fixtures": folder, **changes})()
    broken = set()
    for name, rule in inspect.getmembers(suite, inspect.ismethod):
        if name.startswith("test_"):
            for arguments in _parameters(rule):
                try:
                    _call(partial(rule, **arguments))
                except pytest.skip.Exception:
                    continue
                except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever breaks it
                    broken.add(name.removeprefix("test_"))
    return broken


def put_pair(folder: Path, name: str, rows: Sequence[object], meaning: Sequence[object]) -> None:
    (folder / f"{name}.json").write_text(json.dumps(rows), "utf-8")
    (folder / f"{name}.expected.json").write_text(json.dumps(meaning), "utf-8")


def _parameters(rule: Callable[..., object]) -> list[dict[str, object]]:
    marks = [mark for mark in getattr(rule, "pytestmark", []) if mark.name == "parametrize"]
    named = [[{mark.args[0]: value} for value in mark.args[1]] for mark in marks]
    return [dict(ChainMap(*one)) for one in product(*named)]


def _call(rule: Callable[[], object]) -> None:
    if inspect.iscoroutinefunction(rule.func if isinstance(rule, partial) else rule):
        anyio.run(rule)  # type: ignore[arg-type]
    else:
        rule()


def test_good_provider_breaks_no_rule(tmp_path: Path) -> None:
    assert run_suite(Good, tmp_path) == set()


class Poll(NativeContent, frozen=True, extra="forbid"):
    type: Literal["good.poll"] = "good.poll"
    question: str
    answers: tuple[str, ...] = ()


POLL = Poll(question="When?", answers=("now", "then"))


class Whole(Good):
    """Everything that can be claimed besides replies and echoes."""

    capabilities: ClassVar[frozenset[Capability]] = (
        Good.capabilities
        | frozenset(CONTENT_CAPABILITY.values())
        | frozenset(VERB_CAPABILITY) - {Capability.UPLOAD_MEDIA}
    )
    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = {"good.poll": Poll}

    async def send(self, message: Message) -> Receipt:
        content = message.content
        if isinstance(content, NativeContent):
            content = self.native(content)
        told = {"to": message.to.value, "content": content.model_dump(mode="json")}
        reply = await self.http.post("/send", json=told)
        self.raise_for_status(reply)
        try:
            return Receipt(reply.json()["id"])
        except (ValueError, KeyError, TypeError):
            return Receipt(None)

    @asynccontextmanager
    async def fetch_media(self, media_id: str) -> AsyncIterator[FetchedMedia]:
        async with self.http.stream("GET", f"/media/{media_id}") as reply:
            self.raise_for_status(reply)
            yield FetchedMedia(None, None, None, reply.aiter_bytes())

    async def mark_read(self, provider_message_id: str, *, typing: bool = False) -> None:
        await self._do("/read", id=provider_message_id, typing=typing)

    async def typing(self, provider_message_id: str) -> None:
        await self._do("/typing", id=provider_message_id)

    async def block(self, address: Address) -> None:
        await self._do("/block", user=address.value)

    async def unblock(self, address: Address) -> None:
        await self._do("/unblock", user=address.value)

    async def list_templates(
        self, *, name: str | None = None, language: str | None = None, max_age_s: float = 0
    ) -> Sequence[Template]:
        await self._do("/templates", name=name, language=language)
        return [Template("hello", "en", "APPROVED")]

    async def create_template(self, definition: Mapping[str, JsonValue]) -> Template:
        await self._do("/templates/new", **definition)
        return Template("hello", "en", "PENDING")

    async def delete_template(self, name: str) -> None:
        await self._do("/templates/gone", name=name)

    async def _do(self, path: str, **asked: JsonValue) -> None:
        self.raise_for_status(await self.http.post(path, json=asked))


def obey(suite: Suite, request: httpx.Request) -> httpx.Response:
    return suite.accept(request)


WHOLE: Mapping[str, Any] = {"natives": (POLL,), "obey": obey}


def test_provider_of_everything_breaks_no_rule(tmp_path: Path) -> None:
    assert run_suite(Whole, tmp_path, **WHOLE) == set()


class ClaimsTyping(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities | {Capability.TYPING}


class ForgetsToClaimBlock(Whole):
    capabilities: ClassVar[frozenset[Capability]] = Whole.capabilities - {Capability.BLOCK}


class CannotUnblock(Whole):
    unblock = Good.unblock


class HidesTrouble(Whole):
    async def typing(self, provider_message_id: str) -> None:
        with suppress(SendError):
            await super().typing(provider_message_id)


class SendsNothingOfMedia(Whole):
    async def send(self, message: Message) -> Receipt:
        if message.content.type == "image":
            raise UnsupportedContent(message.content.type)
        return await super().send(message)


class ReadsOnlyItsOwnClass(Whole):
    async def send(self, message: Message) -> Receipt:
        if isinstance(message.content, Poll) or message.content.type != "good.poll":
            return await super().send(message)
        raise UnsupportedContent(message.content.type)


class ForgetsItsContents(Whole):
    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = {}


class LoosePoll(NativeContent, frozen=True):
    type: str = "good.poll"


class TakesAnyField(Whole):
    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = {"good.poll": LoosePoll}


class NamesAnothersContents(Whole):
    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = {"better.poll": Poll}


class NeedsAWindowOfNoLength(Whole):
    def needs_window(self, message: Message) -> bool:
        return message.content.type != "template"


BROKEN_WHOLE: dict[type[Whole], set[str]] = {
    ForgetsToClaimBlock: {"verb_is_written_exactly_if_claimed", "verb_works_exactly_if_claimed"},
    CannotUnblock: {"verb_is_written_exactly_if_claimed", "verb_works_exactly_if_claimed"},
    HidesTrouble: {"trouble_of_a_verb_is_told"},
    SendsNothingOfMedia: {"content_works_exactly_if_claimed"},
    ReadsOnlyItsOwnClass: {"own_content_is_sent_the_same_when_it_comes_from_a_store"},
    ForgetsItsContents: {"own_contents_are_claimed_exactly_if_there_are_any"},
    TakesAnyField: {"own_contents_are_named_after_the_provider", "wrong_field_is_named"},
    NamesAnothersContents: {"own_contents_are_named_after_the_provider"},
    NeedsAWindowOfNoLength: {"questions_before_keeping_have_answers"},
}


@pytest.mark.parametrize("provider", BROKEN_WHOLE, ids=lambda provider: provider.__name__)
def test_provider_of_nearly_everything_breaks_its_rule(
    provider: type[Whole], tmp_path: Path
) -> None:
    assert run_suite(provider, tmp_path, **WHOLE) >= BROKEN_WHOLE[provider]


def test_own_content_without_a_sample_is_told(tmp_path: Path) -> None:
    broken = run_suite(Whole, tmp_path, **{**WHOLE, "natives": ()})
    assert "every_own_content_has_a_sample" in broken


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


class ClaimsEcho(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities | {Capability.ECHO}


class ForgetsToClaimInbound(Good):
    capabilities: ClassVar[frozenset[Capability]] = Good.capabilities - {Capability.INBOUND}


class LeavesTheDoorOpen(Good):
    def verify_webhook(self, request: WebhookRequest) -> None:
        del request


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


def test_missing_parts_of_the_test_are_told(tmp_path: Path) -> None:
    """Whoever forgets the signed webhook, the answer or the fixtures is told by name."""
    with pytest.raises(NotImplementedError, match=r"write webhook\(body\)"):
        ProviderConformance().webhook(b"")
    with pytest.raises(NotImplementedError, match=r"write accept\(request\)"):
        ProviderConformance().accept(httpx.Request("GET", "https://good.example"))
    assert "fixtures_mean_what_they_say" in run_suite(Good, tmp_path, fixtures=None)


def test_two_states_of_one_message_have_to_stand_in_fixtures(tmp_path: Path) -> None:
    rows = [{"id": "1", "state": "dlvrd"}, {"id": "2", "state": "new word"}, ROWS[2]]
    meaning = [MEANING[0], MEANING[1] | {"provider_message_id": "2"}, MEANING[2]]
    put_pair(tmp_path, "day", rows, meaning)
    assert run_suite(Good, tmp_path) == {"states_of_one_message_have_keys_of_their_own"}


def test_too_coarse_key_is_seen_across_fixtures(tmp_path: Path) -> None:
    """Each fixture alone would pass."""
    put_pair(tmp_path, "day", ROWS[::2], MEANING[::2])
    put_pair(tmp_path, "night", [ROWS[1], {"id": "5", "state": "dlvrd"}], [MEANING[1], FIFTH])
    assert run_suite(Good, tmp_path) == set()
    assert run_suite(StateIsNotInTheKey, tmp_path) == {
        "states_of_one_message_have_keys_of_their_own"
    }


def test_missing_meaning_is_proposed(tmp_path: Path) -> None:
    """The failure holds the file that is to be written, if it is right."""
    (tmp_path / "night.json").write_text(json.dumps(ROWS), "utf-8")
    suite = type("Suite", (Suite,), {"fixtures": tmp_path})()
    with pytest.raises(pytest.fail.Exception) as caught:
        suite.test_fixtures_mean_what_they_say()
    said, _, proposed = str(caught.value).partition(":\n")
    assert "night.json has no night.expected.json beside it" in said
    assert json.loads(proposed)[:2] == MEANING[:2]
    (tmp_path / "night.json").write_text("7", "utf-8")
    with pytest.raises(pytest.fail.Exception, match=r"does not parse. A list was expected"):
        suite.test_fixtures_mean_what_they_say()


def test_meaning_without_a_webhook_is_told(tmp_path: Path) -> None:
    (tmp_path / "night.expected.json").write_text("[]", "utf-8")
    suite = type("Suite", (Suite,), {"fixtures": tmp_path})()
    with pytest.raises(AssertionError, match=r"night.expected.json.*no webhook beside"):
        suite.test_fixtures_mean_what_they_say()
