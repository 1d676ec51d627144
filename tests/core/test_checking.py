"""What is asked of a provider before a message is kept: capabilities, own contents, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import pytest
from pydantic import BaseModel

import relevo
from relevo import Capability, Message
from relevo.providers import check_sendable

SECRET = "words of Ana"
WHO = "Account 'shop' (provider 'acme')"


class Flow(relevo.NativeContent, frozen=True, extra="forbid"):
    type: Literal["acme.flow"] = "acme.flow"
    label: str
    steps: int = 1


class NoSettings(BaseModel):
    """It has none."""


class Acme(relevo.Provider[NoSettings]):
    name = "acme"
    config_type = NoSettings
    capabilities = frozenset({Capability.TEXT, Capability.NATIVE})
    native_contents: ClassVar[Mapping[str, type[relevo.NativeContent]]] = {"acme.flow": Flow}

    async def send(self, message: Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    def check_message(self, message: Message) -> None:
        content = message.content
        if isinstance(content, relevo.TextContent) and len(content.body) > 20:
            msg = f"Account {self.account!r}: content.body is longer than 20 characters."
            raise relevo.Rejected(msg)


ACME = Acme("shop", NoSettings(), None)


def message(**content: object) -> Message:
    return Message.model_validate({"to": "15550100001", "content": content})


def refusal(asked: Message) -> relevo.RelevoError:
    with pytest.raises(relevo.RelevoError) as caught:
        check_sendable(ACME, asked)
    assert SECRET not in str(caught.value)
    return caught.value


def test_own_content_is_taken_typed_and_plain() -> None:
    typed = Message(to="15550100001", content=Flow(label="Book"))
    check_sendable(ACME, typed)
    check_sendable(ACME, message(type="acme.flow", label="Book"))
    plain = relevo.NativeContent.model_validate({"type": "acme.flow", "label": "Book"})
    assert ACME.native(plain) == Flow(label="Book")
    assert ACME.native(Flow(label="Book")) == Flow(label="Book")


def test_content_of_the_core_is_none_of_the_providers_own() -> None:
    with pytest.raises(relevo.UnsupportedContent) as refused:
        ACME.native(relevo.TextContent(body=SECRET))
    assert refused.value.message.startswith(f"{WHO} cannot carry 'text' as one of its own kinds")
    assert SECRET not in refused.value.message


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (
            message(type="meta_whatsapp.flow", label=SECRET),
            relevo.UnsupportedContent,
            (
                f"{WHO} cannot carry 'meta_whatsapp.flow': it belongs to provider 'meta_whatsapp'. "
                "Choose an account of that provider or another content."
            ),
        ),
        (
            message(type="acme.form", label=SECRET),
            relevo.UnsupportedContent,
            f"{WHO} cannot carry 'acme.form'. Of its own kinds it has: acme.flow.",
        ),
        (
            message(type="acme.flow", steps=SECRET, more=SECRET),
            relevo.InvalidMessage,
            (
                "Account 'shop': content 'acme.flow' is wrong: label: is missing; steps: has to "
                "be a whole number; more: there is no such field here."
            ),
        ),
        (
            message(type="image", id="1", caption=SECRET),
            relevo.UnsupportedContent,
            (
                f"{WHO} cannot carry image. It carries: native, text. "
                "Choose another account or another content."
            ),
        ),
        (
            message(type="text", body=SECRET * 2),
            relevo.Rejected,
            "Account 'shop': content.body is longer than 20 characters.",
        ),
    ],
)
def test_refusal_names_the_field_and_what_to_do(
    asked: Message, error: type[relevo.RelevoError], said: str
) -> None:
    refused = refusal(asked)
    assert type(refused) is error
    assert str(refused) == said


def test_contents_of_another_provider_cannot_be_taken_over() -> None:
    """Listing them does not help: the type says whose they are."""

    class Borrower(Acme):
        native_contents: ClassVar[Mapping[str, type[relevo.NativeContent]]] = {"better.flow": Flow}

    asked = message(type="better.flow", label="Book")
    with pytest.raises(relevo.UnsupportedContent, match="belongs to provider 'better'"):
        check_sendable(Borrower("shop", NoSettings(), None), asked)


def test_many_faults_are_not_all_told() -> None:
    asked = message(type="acme.flow", label="a", **{f"more_{number}": 1 for number in range(9)})
    assert str(refusal(asked)).endswith("; and 4 more.")


@pytest.mark.anyio
async def test_what_is_refused_is_not_kept() -> None:
    """The check comes before the engine; nothing is told of the message."""
    accounts = {"shop": {"provider": "console"}}
    async with relevo.open(accounts=accounts) as dispatcher:
        with pytest.raises(relevo.UnsupportedContent):
            await dispatcher.submit(message(type="acme.flow", label=SECRET))
        assert await dispatcher.engine.head() == 0


@pytest.mark.anyio
async def test_verbs_refuse_until_written() -> None:
    """Each names the account and the provider; the other questions have harmless answers."""
    asked = message(type="text", body="a")
    assert ACME.needs_window(asked) is False
    assert ACME.preference_of(asked) is None
    assert ACME.window_s is None
    with pytest.raises(relevo.NotSupported) as caught:
        await ACME.typing("x")
    assert str(caught.value) == "Account 'shop': provider 'acme' has no typing indicator."
