"""A provider that claims everything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Literal

import httpx
from pydantic import JsonValue
from tests.core.provider_conformance.good import Good, Suite

from relevo import (
    Address,
    Capability,
    FetchedMedia,
    Message,
    NativeContent,
    Receipt,
    Template,
)
from relevo.capabilities import CONTENT_CAPABILITY, VERB_CAPABILITY


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
        del max_age_s  # it keeps none
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
