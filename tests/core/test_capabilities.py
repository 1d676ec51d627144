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
            Message(to="1", content=TEMPLATE), {Capability.TEXT}, account="shop", provider="acme"
        )
    assert "'shop'" in str(caught.value)
    assert "cannot carry template" in str(caught.value)
    assert "It can: text" in str(caught.value)


def test_every_content_that_can_be_sent_has_a_capability() -> None:
    kinds = {"text", "template"}
    assert set(CONTENT_CAPABILITY) == kinds
