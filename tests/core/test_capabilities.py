from __future__ import annotations

import pytest

from relevo import Capability, Message, TemplateContent, UnsupportedContent
from relevo.capabilities import CONTENT_CAPABILITY, check_capabilities, required_capabilities

TEMPLATE = TemplateContent(name="hi", language="es")


@pytest.mark.parametrize(
    ("message", "required"),
    [
        (Message(to="1", text="a"), {Capability.TEXT}),
        (Message(to="1", content=TEMPLATE), {Capability.TEMPLATE}),
        (Message(to="1", text="a", reply_to="x"), {Capability.TEXT, Capability.REPLY}),
    ],
)
def test_message_says_what_it_needs(message: Message, required: set[Capability]) -> None:
    assert required_capabilities(message) == required
    check_capabilities(message, required, account="shop", provider="acme")


def test_missing_capability_names_account_what_lacks_and_what_there_is() -> None:
    with pytest.raises(UnsupportedContent) as caught:
        check_capabilities(
            Message(to="1", content=TEMPLATE, reply_to="x"),
            {Capability.TEXT, Capability.STATUSES, Capability.ECHO},
            account="shop",
            provider="acme",
        )
    # What is told besides the kinds of content would only be in the way.
    assert str(caught.value) == (
        "Account 'shop' (provider 'acme') cannot carry template. It carries: text. "
        "Choose another account or another content."
    )


def test_missing_reply_says_what_to_leave_out() -> None:
    with pytest.raises(UnsupportedContent) as caught:
        check_capabilities(
            Message(to="1", text="a", reply_to="x"),
            {Capability.TEXT, Capability.INBOUND},
            account="shop",
            provider="acme",
        )
    assert str(caught.value) == (
        "Account 'shop' (provider 'acme') cannot quote an earlier message (reply). "
        "Choose another account or leave reply_to out."
    )


def test_every_content_that_can_be_sent_has_a_capability() -> None:
    kinds = {"text", "template"}
    assert set(CONTENT_CAPABILITY) == kinds
