"""Every kind of content comes out of an engine as it went in, and so does news about people."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Literal

import pytest
from pydantic import JsonValue

from relevo.contents import Content, NativeContent
from relevo.engines.records import Arrival, MessageQuery
from relevo.events import (
    DeliveryStatus,
    ErrorDetail,
    EventType,
    InboundMessage,
    PersonUpdate,
    StatusUpdate,
)
from relevo.messages import Address, Message
from relevo.testing.content_samples import SAMPLES, WRITTEN
from relevo.testing.engine_rules.scene import SHOP, EngineSetup, Scene

_ANA = Address("test", "ana")
_BSUID = Address("acme.user", "U.1")


class _Flow(NativeContent, frozen=True, extra="forbid"):
    type: Literal["acme.flow"] = "acme.flow"
    label: str
    steps: tuple[str, ...] = ()


_SENT: tuple[Content, ...] = (*SAMPLES.values(), _Flow(label="Book ☕", steps=("one", "two")))


@pytest.mark.anyio
class ContentRules(EngineSetup):
    """What people and applications say survives, of every kind."""

    async def test_content_reaches_its_attempt_and_its_reader_whole(self, scene: Scene) -> None:
        """A provider's own class may come back plain; its fields do not change."""
        for content in _SENT:
            told = content.model_dump(mode="json")
            person = Address("test", content.type)
            record = await scene.accept_message(Message(account=SHOP, to=person, content=content))
            claim = await scene.claim_one()
            assert claim.message.content.model_dump(mode="json") == told
            await scene.hand_over(claim)
            kept = (await scene.now(record)).content
            assert kept.model_dump(mode="json") == told
            assert isinstance(content, type(kept))
            assert (await scene.told(record))[0].data["content"] == told

    async def test_extra_is_given_back_in_the_record_and_in_every_event(self, scene: Scene) -> None:
        """Whoever gave a reference of their own finds it in the news; nobody else is told of it."""
        extra: dict[str, JsonValue] = {"reference": "order-77", "deep": {"a": [1, None, "é"]}}
        given = deepcopy(extra)
        message = Message(account=SHOP, to=_ANA, text="hola", extra=given)
        record = await scene.accept_message(message)
        message.extra["reference"] = given["reference"] = "changed since"
        claim = await scene.claim_one()
        provider_id = await scene.hand_over(claim)
        await scene.hear_status(provider_id, DeliveryStatus.DELIVERED)
        assert (await scene.now(record)).extra == extra
        told = await scene.told(record)
        assert told[-1].type is EventType.STATUS
        assert [event.data["extra"] for event in told] == [extra] * len(told)
        plain = await scene.accept("bob")
        assert "extra" not in (await scene.told(plain))[0].data
        assert (await scene.now(plain)).extra == {}

    async def test_content_of_a_person_is_kept_and_told_whole(self, scene: Scene) -> None:
        """Also what only people can send."""
        await scene.hear(*(InboundMessage(_ANA, content) for content in WRITTEN))
        kept = (await scene.engine.messages(MessageQuery())).items
        assert [record.content for record in reversed(kept)] == list(WRITTEN)
        told = [event.data["content"] for event in await scene.log()]
        assert told == [content.model_dump(mode="json") for content in WRITTEN]

    async def test_circumstances_of_an_inbound_message_are_told(self, scene: Scene) -> None:
        """History and echoes say that they are; what is usual is not said."""
        error = ErrorDetail(code="provider_error", message="Too large.", provider_code="131052")
        await scene.hear(
            InboundMessage(_ANA, "hi"),
            InboundMessage(
                _ANA,
                "hi",
                aliases=(_BSUID,),
                live=False,
                from_us=True,
                forwarded=True,
                referral={"source": "ad"},
                errors=(error,),
                author=_BSUID,
            ),
        )
        usual, rare = (event.data for event in await scene.log())
        assert usual["live"] is True
        assert not {"aliases", "from_us", "forwarded", "referral", "errors", "author"} & set(usual)
        assert (rare["live"], rare["from_us"], rare["forwarded"]) == (False, True, True)
        assert rare["aliases"] == ["acme.user:U.1"]
        assert rare["author"] == "acme.user:U.1"
        assert rare["referral"] == {"source": "ad"}
        assert rare["errors"][0]["provider_code"] == "131052"

    async def test_message_of_a_person_is_kept_as_it_arrived(self, scene: Scene) -> None:
        """Whoever lists messages tells history and echoes from what a person just wrote."""
        long_ago = datetime(2020, 5, 17, 8, 30, tzinfo=UTC)
        await scene.hear(
            InboundMessage(_ANA, "hi"),
            InboundMessage(_ANA, "before", live=False, occurred_at=long_ago),
            InboundMessage(_ANA, "from the phone", live=False, from_us=True, forwarded=True),
            InboundMessage(_ANA, "to the group", author=_BSUID, referral={"source": ["ad", 1]}),
        )
        await scene.accept("ana")
        kept = (await scene.engine.messages(MessageQuery())).items
        assert [record.arrival for record in reversed(kept)] == [
            Arrival(),
            Arrival(live=False, occurred_at=long_ago),
            Arrival(live=False, from_us=True, forwarded=True),
            Arrival(author=_BSUID, referral={"source": ["ad", 1]}),
            None,
        ]

    async def test_news_about_a_person_is_told_with_the_account(self, scene: Scene) -> None:
        """It names the person, what changed and the provider's own object."""
        update = PersonUpdate(
            _ANA,
            "preference",
            aliases=(_BSUID,),
            category="marketing_messages",
            allowed=False,
            raw={"value": "stop"},
        )
        await scene.hear(update)
        (event,) = await scene.log()
        assert event.type is EventType.ACCOUNT
        assert event.data == {
            "account": SHOP,
            "provider": event.data["provider"],
            "kind": "preference",
            "to": "ana",
            "to_scheme": "test",
            "aliases": ["acme.user:U.1"],
            "category": "marketing_messages",
            "allowed": False,
            "raw": {"value": "stop"},
        }

    async def test_status_with_aliases_is_shelved_and_joined(self, scene: Scene) -> None:
        """One that comes before the provider's answer waits whole."""
        await scene.hear(StatusUpdate("v-1", None, {"a": 1}, recipient_aliases=(_BSUID,)))
        record = await scene.accept("ana")
        await scene.hand_over(await scene.claim_one(), "v-1")
        told = [event for event in await scene.told(record) if event.type is EventType.STATUS]
        assert [event.data["raw"] for event in told] == [{"a": 1}]
