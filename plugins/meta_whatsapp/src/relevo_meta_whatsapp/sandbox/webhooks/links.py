"""Fetches the links of media as Meta does: later, and not again within ten minutes."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import aiohttp
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.addresses import is_local
from relevo_meta_whatsapp.sandbox.graph.fate import media_in
from relevo_meta_whatsapp.sandbox.state import SandboxState
from relevo_meta_whatsapp.sandbox.state.media import fault_of
from relevo_meta_whatsapp.sandbox.webhooks.postman import UNREACHED

KEPT_S = 600.0
_MOST = 101 * 1024 * 1024
_TIMEOUT = aiohttp.ClientTimeout(total=10)


class LinkFetcher:
    """Fetch links on this machine; those that lead elsewhere are taken to be fine.

    Nothing leaves this machine, so `broken_links` says which of the others fail.
    """

    def __init__(self, state: SandboxState, client: aiohttp.ClientSession) -> None:
        self._state = state
        self._client = client

    async def can_fetch(self, payload: Mapping[str, JsonValue]) -> bool:
        """Tell whether all links of a payload lead to media that can be sent."""
        found = [
            (kind, str(media["link"])) for kind, media in media_in(dict(payload)) if "link" in media
        ]
        return all([await self._is_good(kind, link) for kind, link in found])

    async def _is_good(self, kind: str, link: str) -> bool:
        if link in self._state.behaviour.broken_links:
            return False
        if not is_local(link):
            return True
        now = self._state.clock.now()
        fetched_at, is_good = self._state.fetched.get(link, (-KEPT_S, False))
        if now - fetched_at < KEPT_S:
            return is_good
        is_good = await self._fetch(kind, link)
        self._state.fetched[link] = (now, is_good)
        return is_good

    async def _fetch(self, kind: str, link: str) -> bool:
        try:
            async with self._client.get(link, timeout=_TIMEOUT, allow_redirects=False) as answer:
                content = await answer.content.read(_MOST)
        except UNREACHED:
            return False
        return answer.status == HTTPStatus.OK and not fault_of(kind, answer.content_type, content)
