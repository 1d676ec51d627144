"""Rules about what a provider can do besides sending: claimed and works, or honestly refused."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType

import httpx
import pytest

from relevo.capabilities import VERB_CAPABILITY, Capability
from relevo.errors import NotSupported, Rejected, SendError
from relevo.media.mentions import KINDS
from relevo.messages import Address
from relevo.providers import (
    AnyProvider,
    MediaUpload,
    ProviderMedia,
    Template,
    check_media,
    render,
)
from relevo.testing.content_samples import QUOTED
from relevo.testing.provider_rules.setup import ACCOUNT, Answer, ProviderSetup

_BYTES = b"conformance bytes"
_FILE = "conformance-file-91"


async def _chunks() -> AsyncIterator[bytes]:
    yield _BYTES


async def _upload(provider: AnyProvider, person: Address) -> None:
    del person
    upload = MediaUpload("text/plain", len(_BYTES), _chunks(), "document", "a.txt")
    assert isinstance(await provider.upload_media(upload), ProviderMedia)


async def _fetch(provider: AnyProvider, person: Address) -> None:
    del person
    async with provider.fetch_media(_FILE) as media:
        async for _ in media.chunks:
            pass


async def _mark_read(provider: AnyProvider, person: Address) -> None:
    del person
    await provider.mark_read(QUOTED)


async def _mark_read_and_type(provider: AnyProvider, person: Address) -> None:
    del person
    await provider.mark_read(QUOTED, typing=True)


async def _type(provider: AnyProvider, person: Address) -> None:
    del person
    await provider.typing(QUOTED)


async def _block(provider: AnyProvider, person: Address) -> None:
    await provider.block(person)


async def _unblock(provider: AnyProvider, person: Address) -> None:
    await provider.unblock(person)


async def _list_templates(provider: AnyProvider, person: Address) -> None:
    del person
    assert all(isinstance(one, Template) for one in await provider.list_templates())


async def _delete_template(provider: AnyProvider, person: Address) -> None:
    del person
    await provider.delete_template("conformance_template")


async def _create_template(provider: AnyProvider, person: Address) -> None:
    del person
    definition = {"name": "conformance_template", "language": "en_US", "category": "UTILITY"}
    assert isinstance(await provider.create_template(definition), Template)


def _look_at_file(provider: AnyProvider, kind: str, mime_type: str) -> Rejected | None:
    try:
        check_media(provider, kind, mime_type=mime_type, size=1 << 40)
    except Rejected as refused:
        return refused
    return None


_Ask = Callable[[AnyProvider, Address], Awaitable[None]]
_VERBS: Mapping[_Ask, Capability] = MappingProxyType(
    {
        _upload: Capability.UPLOAD_MEDIA,
        _fetch: Capability.FETCH_MEDIA,
        _mark_read: Capability.MARK_READ,
        _mark_read_and_type: Capability.MARK_READ,
        _type: Capability.TYPING,
        _block: Capability.BLOCK,
        _unblock: Capability.BLOCK,
        _list_templates: Capability.TEMPLATES,
        _create_template: Capability.TEMPLATES,
        _delete_template: Capability.TEMPLATES,
    }
)


def _refuse_connection(request: httpx.Request) -> httpx.Response:
    msg = "connection refused"
    raise httpx.ConnectError(msg, request=request)


_TROUBLES: Mapping[str, Answer] = MappingProxyType(
    {
        "refused connection": _refuse_connection,
        "400": lambda _: httpx.Response(HTTPStatus.BAD_REQUEST),
        "401": lambda _: httpx.Response(HTTPStatus.UNAUTHORIZED),
        "500": lambda _: httpx.Response(HTTPStatus.INTERNAL_SERVER_ERROR, text="<html>oh</html>"),
    }
)

every_verb = pytest.mark.parametrize("ask", _VERBS, ids=lambda ask: ask.__name__.strip("_"))


class VerbRules(ProviderSetup):
    """Check the optional verbs in both directions, and what is asked before a message is kept."""

    @pytest.mark.parametrize("claim", sorted(VERB_CAPABILITY))
    def test_verb_is_written_exactly_if_claimed(self, claim: Capability) -> None:
        """A capability that is a verb is claimed by whoever wrote it, and nobody else."""
        provider, _ = self.make_provider()
        written = bool(getattr(provider, VERB_CAPABILITY[claim]))
        assert written is (claim in self.provider.capabilities), claim

    @pytest.mark.anyio
    @every_verb
    async def test_verb_works_exactly_if_claimed(self, ask: _Ask) -> None:
        """A claimed verb asks the vendor; one that is not claimed is refused in a sentence."""
        if _VERBS[ask] not in self.provider.capabilities:
            provider, wire = self.make_provider()
            with pytest.raises(NotSupported) as caught:
                await ask(provider, Address.parse(self.recipient))
            assert ACCOUNT in str(caught.value)
            assert not wire.requests
            return
        provider, wire = self.make_provider(self.obey)
        await ask(provider, Address.parse(self.recipient))
        assert wire.requests or self.client_settings() is None, "It asked nobody."
        for request in wire.requests:
            assert not any(secret in str(request.url) for secret in self.secrets())

    @pytest.mark.anyio
    @every_verb
    async def test_trouble_of_a_verb_is_told(self, ask: _Ask) -> None:
        """What the vendor did not do is an error that names the account and nothing private."""
        if _VERBS[ask] not in self.provider.capabilities or self.client_settings() is None:
            return
        for trouble, answer in _TROUBLES.items():
            provider, _ = self.make_provider(answer)
            with pytest.raises(SendError) as caught:
                await ask(provider, Address.parse(self.recipient))
            for word in self.private_words():
                assert word not in f"{caught.value} {caught.value!r}", trouble
            assert ACCOUNT in caught.value.message, trouble

    def test_files_are_looked_at_without_asking_anybody(self) -> None:
        """A file passes, or is refused in a sentence; the one that is uploaded here passes."""
        provider, wire = self.make_provider()
        for kind in sorted(KINDS & self.provider.capabilities):
            for mime_type in ("application/x-conformance", ""):
                refused = _look_at_file(provider, kind, mime_type)
                assert refused is None or ACCOUNT in refused.message, kind
        if Capability.UPLOAD_MEDIA in self.provider.capabilities:
            check_media(provider, "document", mime_type="text/plain", size=len(_BYTES))
        assert not wire.requests

    def test_questions_before_keeping_have_answers(self) -> None:
        """The window and the opt-outs are asked about every message the provider carries."""
        provider, _ = self.make_provider()
        window_s = self.provider.window_s
        assert window_s is None or (window_s > 0 and math.isfinite(window_s))
        for kind, message in self.sample_messages().items():
            if kind not in self.provider.capabilities:
                continue
            needs_window = provider.needs_window(message)
            assert isinstance(needs_window, bool)
            assert window_s is not None or not needs_window, "Say how long it is: window_s."
            assert isinstance(provider.preference_of(message), str | None)

    def test_rendering_is_json_and_asks_nobody(self) -> None:
        """What a dry run shows can be written as JSON, has no secret in it, and cost no request."""
        provider, wire = self.make_provider()
        for kind, message in self.sample_messages().items():
            if kind not in self.provider.capabilities:
                continue
            payload = render(provider, message)
            if payload is None:
                continue
            written = json.dumps(payload)
            assert not any(secret in written for secret in self.secrets()), kind
            assert isinstance(provider.redact(payload), dict), kind
        assert not wire.requests
