"""Tells stories on the sandbox's clock: of messages, and of templates under review."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from anyio.abc import TaskGroup
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.state import SandboxState, TakenMessage
from relevo_meta_whatsapp.sandbox.state.templates import Template
from relevo_meta_whatsapp.sandbox.webhooks.links import LinkFetcher
from relevo_meta_whatsapp.sandbox.webhooks.news import News, status_news
from relevo_meta_whatsapp.sandbox.webhooks.postman import Postman

UPGRADE_S = 60.0
"""How long everything is refused while a number's throughput is being upgraded."""
_HIGH = 1000
_UNFETCHED = 131053
_PAUSED = 132015
_PAUSES = ("FIRST_PAUSE", "SECOND_PAUSE")


class Teller:
    """Let things happen in time, and tell of them."""

    def __init__(self, state: SandboxState, postman: Postman, links: LinkFetcher) -> None:
        self._state = state
        self._postman = postman
        self._links = links
        self._tasks: TaskGroup | None = None

    def begin(self, tasks: TaskGroup) -> None:
        """Tell in this task group from now on."""
        self._tasks = tasks

    def start(self, act: Callable[..., Coroutine[Any, Any, None]], *given: object) -> None:
        """Let something happen in time.

        Raises:
            RuntimeError: The sandbox is not up.
        """
        if self._tasks is None:
            msg = "the teller has not begun"
            raise RuntimeError(msg)
        self._tasks.start_soon(act, *given)

    def tell_story(self, message: TakenMessage) -> None:
        """Tell what becomes of a message, status by status."""
        if message.held_by is not None:
            self._state.held.setdefault(message.held_by, []).append(message)
            return
        self._state.clock.begin()
        self.start(self._tell_story, message)

    async def _tell_story(self, message: TakenMessage) -> None:
        behaviour, clock, epoch = self._state.behaviour, self._state.clock, self._state.epoch
        try:
            story, fail_code = await self._story_of(message)
        finally:
            clock.end()
        number = self._state.numbers[message.number_id]
        person = number.people.recipient(message.recipient) if behaviour.user_ids else None
        user_id = person.user_id if person else None
        for place, word in enumerate(story):
            await clock.sleep(behaviour.status_after_s)
            if epoch != self._state.epoch:
                return
            news = status_news(message, word, fail_code, number.number, clock.now(), user_id)
            self._postman.tell(news._replace(place=place))

    async def _story_of(self, message: TakenMessage) -> tuple[list[str], int]:
        behaviour, chance = self._state.behaviour, self._state.chance
        story: list[str] = list(behaviour.story)
        code = message.fails_with
        if code is None and not await self._links.can_fetch(message.payload):
            code = message.fails_with = _UNFETCHED
            message.fails_because = "The link cannot be fetched, or what it gives cannot be sent."
        if code is not None:
            return ["failed"], code
        if message.kind == "reaction":
            # Of a reaction nothing is told but that it left.
            story = [word for word in story if word in {"sent", "failed"}]
        if chance.random() < behaviour.reorder:
            chance.shuffle(story)
        return story, behaviour.fail_code

    def release(self, template: Template, *, send: bool) -> None:
        """End the assessment of a template: what it held is sent, or fails with 132015."""
        template.is_held = False
        for message in self._state.held.pop(template.template_id, []):
            message.held_by = None
            if not send:
                message.fails_with = _PAUSED
                message.fails_because = "The template was paused while its quality was assessed."
            self.tell_story(message)

    def tell_review(self, waba_id: str, template: Template) -> None:
        """Decide on a template that waits for it, after a while."""
        if self._state.behaviour.template_review != "PENDING":
            self.start(self._review, waba_id, template)

    async def _review(self, waba_id: str, template: Template) -> None:
        epoch = self._state.epoch
        await self._state.clock.sleep(self._state.behaviour.review_after_s)
        verdict = self._state.behaviour.template_review
        if epoch == self._state.epoch and template.status == "PENDING" and verdict != "PENDING":
            reason = "INVALID_FORMAT" if verdict == "REJECTED" else "NONE"
            self.change_template(waba_id, template, verdict, reason=reason)

    def change_template(
        self,
        waba_id: str,
        template: Template,
        status: str,
        *,
        event: str | None = None,
        reason: str = "NONE",
    ) -> None:
        """Give a template a status and tell of it."""
        template.status, template.reason = status, reason
        more: dict[str, JsonValue] = {}
        if status == "PAUSED":
            title = _PAUSES[min(template.pauses, 1)]
            template.pauses += 1
            more["other_info"] = {"title": title, "description": "Sandbox: low quality."}
        if status == "DISABLED":
            more["disable_info"] = {"disable_date": int(self._state.clock.now())}
        if status == "REJECTED":
            advice = "Sandbox: it was told to be rejected."
            more["rejection_info"] = {"reason": advice, "recommendation": advice}
        self.tell_template(waba_id, template, event or status, more)

    def tell_template(
        self,
        waba_id: str,
        template: Template,
        event: str,
        more: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Tell that something happened to a template."""
        value: dict[str, JsonValue] = {
            "event": event,
            "message_template_id": int(template.template_id),
            "message_template_name": template.name,
            "message_template_language": template.language,
            "reason": template.reason,
            "message_template_category": template.category,
            **(more or {}),
        }
        self.tell_account(waba_id, "message_template_status_update", value)

    def tell_account(self, waba_id: str, subject: str, value: Mapping[str, JsonValue]) -> None:
        """Tell news of an account, which name no number's id."""
        now = int(self._state.clock.now())
        self._postman.tell(News(value, waba_id, None, None, subject, time=now))

    def upgrade(self, number_id: str) -> None:
        """Upgrade a number to 1000 messages per second: a minute of 131057, then the news."""
        number = self._state.numbers[number_id]
        number.maintained_until = self._state.clock.now() + UPGRADE_S
        self.start(self._finish_upgrade, number_id)

    async def _finish_upgrade(self, number_id: str) -> None:
        epoch = self._state.epoch
        await self._state.clock.sleep(UPGRADE_S)
        if epoch != self._state.epoch:
            return
        number = self._state.numbers[number_id]
        number.throughput.per_second = _HIGH
        number.facts["throughput"] = {"level": "HIGH"}
        number.facts["whatsapp_business_manager_messaging_limit"] = "TIER_UNLIMITED"
        value: dict[str, JsonValue] = {
            "display_phone_number": number.number.display_number,
            "event": "THROUGHPUT_UPGRADE",
            "max_daily_conversations_per_business": "TIER_UNLIMITED",
        }
        self.tell_account(number.number.waba_id, "phone_number_quality_update", value)
