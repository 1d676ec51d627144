"""A dry run: what would become of a message, and nothing kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, JsonValue

import relevo

pytestmark = pytest.mark.anyio


class PaperConfig(BaseModel):
    """Nothing."""


class Paper(relevo.Provider[PaperConfig]):
    """A vendor that takes files, at most two messages a person."""

    name = "paper"
    config_type = PaperConfig
    capabilities = frozenset(
        {relevo.Capability.TEXT, relevo.Capability.IMAGE, relevo.Capability.UPLOAD_MEDIA}
    )

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        """Take it."""
        return relevo.Receipt(str(message.message_id))

    async def upload_media(self, upload: relevo.MediaUpload) -> relevo.ProviderMedia:
        """Take a file."""
        raise NotImplementedError

    def render(self, message: relevo.Message) -> dict[str, JsonValue]:
        """Write it."""
        content = message.content
        if isinstance(content, relevo.ImageContent):
            return {"type": "image", "id": content.id, "to": message.to.value}
        return {"type": "text", "to": message.to.value, "body": message.text}

    def limits(self) -> relevo.Limits:
        """Two at once to one person."""
        return relevo.Limits(rate=10, pair_pace=relevo.PairPace(burst=1, every_s=30))


SETTINGS = relevo.Settings.model_validate(
    {"engine": "memory", "plugins": {"enabled": []}, "accounts": {"desk": {"provider": "paper"}}}
)


def text(**more: object) -> relevo.Message:
    return relevo.Message(to=relevo.Address.parse("15550100001"), text="hola", **more)  # type: ignore[arg-type]


async def test_a_plan_tells_payload_limits_and_when_and_keeps_nothing() -> None:
    async with relevo.open(SETTINGS, providers=[Paper]) as dispatcher:
        plan = await dispatcher.plan(text())
        assert (await dispatcher.engine.messages(relevo.MessageQuery())).items == []
        assert await dispatcher.engine.head() == 0
    assert (plan.account, plan.provider) == ("desk", "paper")
    assert plan.needs == {relevo.Capability.TEXT}
    # What is private in it is hidden as in any exchange that is kept.
    assert plan.payload == {"type": "text", "to": "***", "body": "***"}
    assert plan.limits.rate == 10
    assert plan.standing is not None
    assert plan.standing.why[0] == "It is due now."
    assert "15550100001" not in repr(plan.payload)


async def test_a_plan_of_a_paused_account_says_so_and_names_no_moment() -> None:
    async with relevo.open(SETTINGS, providers=[Paper]) as dispatcher:
        await dispatcher.pause("desk", "a campaign")
        plan = await dispatcher.plan(text())
    assert plan.standing is not None
    assert "is paused" in plan.standing.why[0]
    assert plan.standing.next_at is None


async def test_a_plan_counts_who_waits_before_it() -> None:
    async with relevo.open(SETTINGS, providers=[Paper]) as dispatcher:
        await dispatcher.pause("desk", "a campaign")
        for _ in range(3):
            await dispatcher.submit(text())
        await dispatcher.engine.resume("desk", why="by_hand")
        later = await dispatcher.plan(text())
    assert later.standing is not None
    assert later.standing.next != "The next free worker sends it."
    assert later.person.conversation is not None
    assert later.person.conversation.messages == 3


async def test_a_plan_knows_the_pace_of_one_person() -> None:
    async with relevo.open(SETTINGS, providers=[Paper]) as dispatcher:
        await dispatcher.send(text())
        plan = await dispatcher.plan(text())
        at_rest = await dispatcher.plan(
            relevo.Message(to=relevo.Address.parse("15550100002"), text="hola")
        )
    assert plan.standing is not None
    assert "as often as the provider allows" in plan.standing.why[0]
    assert plan.standing.next_at is not None
    assert plan.standing.next_at > datetime.now(UTC) + timedelta(seconds=20)
    assert at_rest.standing is not None
    assert at_rest.standing.why[0] == "It is due now."


async def test_a_plan_of_a_scheduled_message_names_its_time() -> None:
    at = datetime.now(UTC) + timedelta(hours=2)
    async with relevo.open(SETTINGS, providers=[Paper]) as dispatcher:
        plan = await dispatcher.plan(text(send_at=at))
    assert plan.standing is not None
    assert plan.standing.status is relevo.DeliveryStatus.SCHEDULED
    assert plan.standing.next_at == at


async def test_a_plan_uploads_no_file() -> None:
    """The payload says where the provider's id of a file of ours will stand."""
    async with relevo.open(SETTINGS, providers=[Paper]) as dispatcher:
        kept = await dispatcher.keep_media(b"png", mime_type="image/png")
        image = relevo.ImageContent(media=str(kept.media_id))
        plan = await dispatcher.plan(
            relevo.Message(to=relevo.Address.parse("15550100001"), content=image)
        )
    assert isinstance(plan.payload, dict)
    assert plan.payload["id"] == "(given by the provider when the file is uploaded)"


async def test_a_provider_that_does_not_tell_is_planned_without_payload() -> None:
    class Silent(Paper):
        render = relevo.Provider.render  # type: ignore[assignment]

    async with relevo.open(SETTINGS, providers=[Silent]) as dispatcher:
        assert (await dispatcher.plan(text())).payload is None


async def test_what_a_provider_renders_wrongly_is_its_fault() -> None:
    class Wrong(Paper):
        def render(self, message: relevo.Message) -> str:  # type: ignore[override]
            return message.text or ""

    async with relevo.open(SETTINGS, providers=[Wrong]) as dispatcher:
        with pytest.raises(relevo.ConfigurationError, match="render returned str") as caught:
            await dispatcher.plan(text())
    assert "hola" not in str(caught.value)
