from __future__ import annotations

import pytest

import relevo
from relevo import Capability, Message, TemplateContent, UnsupportedContent
from relevo.capabilities import CONTENT_CAPABILITY, check_capabilities, required_capabilities
from relevo.testing.content_samples import SAMPLES

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
    """The samples are of every kind, by their capability."""
    for capability, content in SAMPLES.items():
        assert required_capabilities(Message(to="1", content=content)) == {capability}
    assert set(CONTENT_CAPABILITY.values()) == set(SAMPLES)


def test_file_above_a_body_is_needed_too() -> None:
    content = relevo.ButtonsContent(
        body="a",
        buttons=(relevo.Button(id="1", title="b"),),
        header=relevo.ImageContent(media="019a"),
    )
    required = required_capabilities(Message(to="1", content=content))
    assert required == {Capability.BUTTONS, Capability.IMAGE, Capability.UPLOAD_MEDIA}


def test_file_of_ours_needs_an_upload() -> None:
    """Who cannot take files is told what to give instead."""
    message = Message(to="1", content=relevo.ImageContent(media="019a"))
    check_capabilities(
        message, {Capability.IMAGE, Capability.UPLOAD_MEDIA}, account="shop", provider="acme"
    )
    with pytest.raises(UnsupportedContent) as caught:
        check_capabilities(message, {Capability.IMAGE}, account="shop", provider="acme")
    assert str(caught.value) == (
        "Account 'shop' (provider 'acme') cannot be given files of ours (upload_media). Give a "
        "link or the provider's own id instead of media, or choose another account."
    )
