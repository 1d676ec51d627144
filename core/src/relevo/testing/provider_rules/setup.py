"""What a provider's own test gives, and how its instances are made of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import httpx
import pytest
from pydantic import BaseModel, JsonValue, SecretBytes, SecretStr

from relevo.accounts.config import check_config
from relevo.capabilities import Capability
from relevo.contents import NativeContent
from relevo.http import ClientSettings, account_client
from relevo.messages import Address, Message
from relevo.providers import AnyProvider, Provider
from relevo.testing.content_samples import SAMPLES, WORDS
from relevo.webhooks import WebhookRequest

ACCOUNT = "conformance"
HAS_TRIO = find_spec("trio") is not None

Answer = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


@dataclass
class Wire:
    """Stand where the vendor would: keep each request, answer as told."""

    answer: Answer
    requests: list[httpx.Request] = field(default_factory=list)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Take one request."""
        await request.aread()
        self.requests.append(request)
        given = self.answer(request)
        reply = given if isinstance(given, httpx.Response) else await given
        # As it comes over a wire: the head is there, the body is still to be read.
        return httpx.Response(
            reply.status_code, headers=reply.headers, stream=httpx.ByteStream(reply.content)
        )

    @property
    def written(self) -> str:
        """All that was asked, as text."""
        return "\n".join(
            f"{request.method} {request.url}\n{request.content.decode('utf-8', 'replace')}"
            for request in self.requests
        )


class ProviderSetup:
    """Hold what the subclass says about its provider."""

    provider: ClassVar[type[AnyProvider]]
    """The class under test."""
    config: ClassVar[Mapping[str, JsonValue]] = MappingProxyType({})
    """An account's settings, with made-up secrets of at least eight characters."""
    fixtures: ClassVar[Path | None] = None
    """A folder of pairs: `NAME.json`, a webhook's body, and `NAME.expected.json`, what it means."""
    recipient: ClassVar[str] = "541130946950"
    """Whom the sample messages go to."""
    natives: ClassVar[Sequence[NativeContent]] = ()
    """One sample of each class in `native_contents`."""
    signature_covers_body: ClassVar[bool] = True
    """False where a webhook proves itself by a token alone."""

    def accept(self, request: httpx.Request) -> httpx.Response:
        """Answer like the vendor when it takes a message. Only for providers that use HTTP."""
        del request
        msg = f"{type(self).__name__}: write accept(request); it gives the vendor's answer."
        raise NotImplementedError(msg)

    def healthy(self, request: httpx.Request) -> httpx.Response:
        """Answer like the vendor when the account is well. Only for providers with `health`."""
        del request
        msg = f"{type(self).__name__}: write healthy(request); it gives the vendor's answer."
        raise NotImplementedError(msg)

    def obey(self, request: httpx.Request) -> httpx.Response:
        """Answer like the vendor when it does what a verb besides `send` asks."""
        del request
        msg = f"{type(self).__name__}: write obey(request); it gives the vendor's answer."
        raise NotImplementedError(msg)

    def webhook(self, body: bytes) -> WebhookRequest:
        """Post a body as the vendor would, signed. Only for providers with webhooks."""
        del body
        msg = f"{type(self).__name__}: write webhook(body); it gives the signed request."
        raise NotImplementedError(msg)

    @pytest.fixture(
        name="anyio_backend",
        params=[
            "asyncio",
            pytest.param(
                "trio", marks=pytest.mark.skipif(not HAS_TRIO, reason="trio is not installed")
            ),
        ],
    )
    def event_loop(self, request: pytest.FixtureRequest) -> str:
        """Run each async rule on both event loops: a provider has to work on both."""
        return str(request.param)

    def checked_config(self) -> BaseModel:
        """Check the settings the way an account's are checked."""
        return check_config(self.provider.config_type, self.config, where="The suite's account")

    def client_settings(self) -> ClientSettings | None:
        """Tell where the provider sends; None where it uses no HTTP."""
        return self.provider.client_settings(self.checked_config())

    def make_provider(self, answer: Answer | None = None) -> tuple[AnyProvider, Wire]:
        """Make an instance whose vendor is a `Wire`."""
        wire = Wire(answer or self.accept)
        client: httpx.AsyncClient | None = None
        if (settings := self.client_settings()) is not None:
            client = account_client(ACCOUNT, settings, httpx.MockTransport(wire))
        return self.provider(ACCOUNT, self.checked_config(), client), wire

    def sample_messages(self) -> dict[Capability, Message]:
        """Give one message of each kind of content, claimed or not."""
        own = {Capability.NATIVE: self.natives[0]} if self.natives else {}
        return {
            kind: Message(account=ACCOUNT, to=self.recipient, content=content)
            for kind, content in {**SAMPLES, **own}.items()
        }

    def claimed_message(self) -> Message:
        """Give a message of a kind the provider claims."""
        samples = self.sample_messages()
        claimed = [samples[kind] for kind in samples if kind in self.provider.capabilities]
        assert claimed, f"{self.provider.name} claims no kind of content; it could send nothing."
        return claimed[0]

    def require_http(self) -> None:
        """Leave rules out that only concern HTTP."""
        if self.client_settings() is None:
            pytest.skip(f"{self.provider.name} uses no HTTP (client_settings gives None)")

    def secrets(self) -> list[str]:
        """List every secret of the settings, however deep."""
        return list(_secrets_in(self.checked_config()))

    def private_words(self) -> list[str]:
        """List what no error, repr or log may repeat: secrets, the person, their words."""
        person = Address.parse(self.recipient).value
        return [*self.secrets(), person, WORDS]

    @property
    def has_webhooks(self) -> bool:
        """Whether the provider overrides `verify_webhook`."""
        return overrides(self.provider, "verify_webhook")


def overrides(provider: type[AnyProvider], verb: str) -> bool:
    """Tell whether a provider wrote this verb itself."""
    return getattr(provider, verb) is not getattr(Provider, verb)


def _secrets_in(value: Any) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case SecretBytes():
            yield value.get_secret_value().decode("utf-8", "replace")
        case BaseModel():
            for name in type(value).model_fields:
                yield from _secrets_in(getattr(value, name))
        case dict():
            for inner in value.values():
                yield from _secrets_in(inner)
        case list() | tuple() | set() | frozenset():
            for inner in value:
                yield from _secrets_in(inner)
        case _:
            return
