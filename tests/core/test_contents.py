"""Contents of every kind: what they take, what they hide, and that a store gives them back."""

from __future__ import annotations

from typing import Any, Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

import relevo
from relevo.contents import AnyKind, Content, InboundContent, kind_of
from relevo.engines.values import read_content, write_content
from relevo.messages import Message
from relevo.testing.content_samples import SAMPLES, WRITTEN

ANY: TypeAdapter[Any] = TypeAdapter(AnyKind)
SENDABLE: TypeAdapter[Any] = TypeAdapter(Content)
INBOUND: TypeAdapter[Any] = TypeAdapter(InboundContent)
EACH = [*SAMPLES.values(), *WRITTEN]


def models(union: object) -> list[type[relevo.NativeContent]]:
    """Give the classes of a tagged union."""
    return [get_args(member)[0] for member in get_args(get_args(union)[0])]


def kinds_of(union: object) -> set[str]:
    return {
        "native" if model is relevo.NativeContent else model.model_fields["type"].default
        for model in models(union)
    }


class Flow(relevo.NativeContent, frozen=True, extra="forbid"):
    type: Literal["acme.flow"] = "acme.flow"
    label: str


words = st.text(min_size=1, max_size=20).filter(str.strip)
maybe = st.none() | words
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
names = st.from_regex(r"\A[a-z][a-z0-9_]{0,8}\Z")
contents = st.one_of(
    st.builds(relevo.TextContent, body=words, preview_url=st.booleans()),
    st.builds(
        lambda vendor, kind, extra: relevo.NativeContent.model_validate(
            {**extra, "type": f"{vendor}.{kind}"}
        ),
        names,
        names,
        st.dictionaries(names, json_values, max_size=3),
    ),
    st.builds(
        lambda kind, source, more: ANY.validate_python({**more, **source, "type": kind}),
        st.sampled_from(["image", "video", "audio", "document", "sticker"]),
        st.one_of(
            st.fixed_dictionaries({"id": words}),
            st.fixed_dictionaries({"media": words}),
            st.just({"link": "https://files.example.com/a?b=c#d"}),
        ),
        st.fixed_dictionaries(
            {},
            optional={
                "mime_type": words,
                "size": st.integers(0, 2**40),
                "sha256": st.just("a1" * 32),
            },
        ),
    ),
    st.builds(
        relevo.LocationContent,
        latitude=st.floats(-90, 90),
        longitude=st.floats(-180, 180),
        name=maybe,
        address=maybe,
    ),
    st.builds(relevo.ReactionContent, target=words, emoji=st.text(max_size=4)),
    st.builds(
        relevo.ButtonsContent,
        body=words,
        buttons=st.lists(st.builds(relevo.Button, id=words, title=words), min_size=1).map(tuple),
        header=st.none() | st.builds(relevo.TextHeader, text=words),
        footer=maybe,
    ),
    st.builds(relevo.ChoiceContent, id=words, title=words, description=maybe),
    st.builds(relevo.EditContent, target=words, content=st.builds(relevo.TextContent, body=words)),
    st.builds(relevo.OtherContent, kind=words, payload=json_values),
)


@given(contents)
def test_content_comes_back_from_a_store_as_it_was(content: Any) -> None:
    assert read_content(write_content(content)) == content


@pytest.mark.parametrize("content", EACH, ids=lambda content: content.type)
def test_content_comes_back_of_its_own_class(content: Any) -> None:
    back = read_content(write_content(content))
    assert back == content
    assert type(back) is type(content)
    assert ANY.validate_python(content.model_dump()) == content


def test_samples_show_every_kind() -> None:
    """So that whatever goes over all samples goes over all kinds."""
    assert {kind_of(content) for content in SAMPLES.values()} == kinds_of(Content)
    assert {kind_of(content) for content in WRITTEN} == kinds_of(InboundContent)
    assert kinds_of(AnyKind) == kinds_of(Content) | kinds_of(InboundContent)


@pytest.mark.parametrize("content", EACH, ids=lambda content: content.type)
def test_content_hides_its_words(content: Any) -> None:
    for shown in (repr(content), str(content), f"{[content]}"):
        assert "***" in shown
        assert "7f3a91" not in shown


def test_only_what_people_write_is_inbound() -> None:
    """And only what can be sent is taken for sending."""
    only_sent = kinds_of(Content) - kinds_of(InboundContent)
    assert only_sent == {"template", "buttons", "list", "link", "location_request"}
    for content in SAMPLES.values():
        if kind_of(content) in only_sent:
            with pytest.raises(ValidationError, match="type has to be text, image"):
                INBOUND.validate_python(content.model_dump())
    for inbound in WRITTEN:
        if kind_of(inbound) not in kinds_of(Content):
            with pytest.raises(ValidationError, match="type has to be text, template"):
                SENDABLE.validate_python(inbound.model_dump())


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"type": "image"}, "exactly one of link, id and media"),
        ({"type": "image", "id": "1", "link": "https://a.example"}, "exactly one of"),
        ({"type": "image", "link": "ftp://secret.example/a"}, "content.image.link"),
        ({"type": "image", "link": "https://a.example/ secret"}, "content.image.link"),
        ({"type": "image", "id": "1", "sha256": "ABCDEF"}, "content.image.sha256"),
        ({"type": "image", "id": "1", "size": -1}, "content.image.size"),
        ({"type": "audio", "id": "1", "caption": "secret"}, "content.audio.caption"),
        ({"type": "location", "latitude": 91, "longitude": 0}, "content.location.latitude"),
        ({"type": "location", "latitude": 0, "longitude": float("nan")}, "longitude"),
        ({"type": "contacts", "contacts": []}, "content.contacts.contacts"),
        ({"type": "reaction", "emoji": "x"}, "content.reaction.target"),
        ({"type": "buttons", "body": "a", "buttons": []}, "content.buttons.buttons"),
        (
            {
                "type": "buttons",
                "body": "a",
                "buttons": [{"id": "1", "title": "x"}],
                "header": {"type": "audio", "id": "secret"},
            },
            "content.buttons.header",
        ),
        ({"type": "list", "body": "a", "button": "b", "sections": []}, "content.list.sections"),
        ({"type": "link", "body": "a", "label": "b", "url": "javascript:secret"}, "link.url"),
        ({"type": "location_request", "body": ""}, "content.location_request.body"),
        ({"type": "Acme.flow"}, "content.native.type"),
        ({"type": "acme.flow.secret"}, "content.native.type"),
        ({"type": "pigeon"}, "type has to be text, template, image"),
        ({"body": "secret"}, "type has to be text, template, image"),
    ],
)
def test_wrong_content_names_the_field_and_no_value(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Message.model_validate({"to": "15550100001", "content": told})
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_missing_values_are_left_out_of_the_json() -> None:
    """Most fields of most contents are empty; nobody wants to read that."""
    assert relevo.ImageContent(id="1").model_dump(mode="json") == {"type": "image", "id": "1"}
    other = relevo.OtherContent(kind="poll", payload={"a": None})
    assert other.model_dump(mode="json")["payload"] == {"a": None}


def test_plugins_content_serialises_whole_in_a_message() -> None:
    """Without a warning, which would be an error here."""
    message = Message(to="15550100001", content=Flow(label="Book"))
    told = {"type": "acme.flow", "label": "Book"}
    assert message.model_dump(mode="json")["content"] == told
    assert Message.model_validate_json(message.model_dump_json()).content.model_dump() == told
    back = read_content(write_content(message.content))
    assert type(back) is relevo.NativeContent
    assert back.model_extra == {"label": "Book"}
    assert Flow.model_validate(back.model_dump()) == message.content


def test_native_content_takes_json_only() -> None:
    with pytest.raises(ValidationError, match="have to be JSON") as caught:
        relevo.NativeContent.model_validate({"type": "acme.flow", "when": {"secret": object()}})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (relevo.TextContent(body="¿Está listo?\nSí"), "¿Está listo? Sí"),
        (SAMPLES[relevo.Capability.TEMPLATE], "[template hello_world]"),
        (relevo.ImageContent(id="1", caption="Front door"), "[image] Front door"),
        (relevo.AudioContent(id="1"), "[audio]"),
        (relevo.AudioContent(id="1", voice=True), "[voice]"),
        (
            relevo.DocumentContent(id="1", filename="a.pdf", caption="Bill"),
            "[document] a.pdf: Bill",
        ),
        (relevo.LocationContent(latitude=41.4, longitude=-2), "[location] 41.4, -2.0"),
        (relevo.LocationContent(latitude=0, longitude=0, name="Bar"), "[location] Bar"),
        (relevo.ReactionContent(target="x", emoji="👍"), "[reaction] 👍"),
        (relevo.ReactionContent(target="x", emoji=""), "[reaction taken back]"),
        (SAMPLES[relevo.Capability.BUTTONS], "conformance words 7f3a91 [Yes | No]"),
        (SAMPLES[relevo.Capability.LIST], "conformance words 7f3a91 [Sizes]"),
        (
            relevo.LinkContent(body="Bill", label="Open", url="https://a.example/b"),
            "Bill [Open: https://a.example/b]",
        ),
        (relevo.LocationRequestContent(body="Where?"), "[location request] Where?"),
        (SAMPLES[relevo.Capability.CONTACTS], "[contacts] conformance words 7f3a91"),
        (relevo.ChoiceContent(id="keep", title="Keep"), "[choice] Keep"),
        (relevo.ChoiceContent(id="keep", title=""), "[choice] keep"),
        (
            relevo.EditContent(target="x", content=relevo.TextContent(body="new words")),
            "[edited] new words",
        ),
        (relevo.RevokeContent(target="x"), "[taken back]"),
        (relevo.OtherContent(kind="poll"), "[poll]"),
        (Flow(label="Book"), "[acme.flow]"),
    ],
)
def test_content_is_said_in_one_line(content: Any, line: str) -> None:
    assert relevo.content_line(content) == line
    assert relevo.content_line(content.model_dump(mode="json")) == line


@given(
    st.sampled_from(sorted(kinds_of(AnyKind))),
    st.dictionaries(st.sampled_from(["body", "contacts", "buttons", "content"]), json_values),
)
def test_line_of_a_newer_servers_json_never_fails(kind: str, told: dict[str, Any]) -> None:
    """A command may talk to a server that knows more than it does."""
    assert relevo.content_line({**told, "type": kind})
    assert relevo.content_line(told)
