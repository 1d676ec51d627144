"""What stands on the stream: one line for each field whatever people wrote, and CloudEvents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ag_ui.core import CustomEvent
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.config.compression import CompressionConfig

import relevo
from relevo.testing.engine_rules.people import teach
from relevo.testing.engine_rules.scene import AWAY, Scene
from relevo_server import RelevoPlugin
from relevo_server.following import StreamFormat
from relevo_server.following.recent import event_frame

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.builds(
    relevo.Event,
    id=st.just("0123456789ab.7"),
    source=st.sampled_from(["/relevo", "/relevo/accounts/shop"]),
    type=st.sampled_from(relevo.EventType),
    time=st.datetimes(timezones=st.just(relevo.events.utc_now().tzinfo)),
    subject=st.none() | st.uuids().map(str),
    position=st.just(7),
    data=st.dictionaries(TEXT, JSON, max_size=4),
)
NASTY = relevo.Event(
    id="0123456789ab.7",
    source="/relevo",
    type=relevo.EventType.INBOUND,
    time=relevo.events.utc_now(),
    position=7,
    data={"a\r\nid: 9": "\0 \ud800 \udc00 \u2028 \u2029 \x85 \x0b \x1c data: \r \n\n"},
)


def fields(frame: bytes) -> list[tuple[str, str]]:
    """Read a frame as a careless client does: lines end wherever Python ends them."""
    text = frame.decode()
    assert text.endswith("\n\n")
    lines = text.removesuffix("\n\n").splitlines()
    return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]


@given(event=EVENTS)
def test_event_is_one_message_of_two_lines_and_a_cloudevent(event: relevo.Event) -> None:
    """The official SDK takes it, attribute for attribute, and finds what we put in."""
    (_, place), (name, data) = fields(event_frame(event, StreamFormat.CLOUDEVENTS))
    assert (place, name) == (event.id, "data")
    read = JSONFormat().read(CloudEvent, data.encode())
    assert (read.get_id(), read.get_source()) == (event.id, event.source)
    assert (read.get_type(), read.get_specversion()) == (event.type.value, "1.0")
    assert (read.get_time(), read.get_subject()) == (event.time, event.subject)
    assert read.get_datacontenttype() == "application/json"
    assert read.get_extension("position") == event.position
    assert read.get_data() == event.data


@given(event=EVENTS)
def test_event_is_a_custom_event_of_ag_ui_with_the_same_id(event: relevo.Event) -> None:
    (_, place), (name, data) = fields(event_frame(event, StreamFormat.AG_UI))
    assert (place, name) == (event.id, "data")
    envelope = fields(event_frame(event, StreamFormat.CLOUDEVENTS))[1][1]
    assert json.loads(data)["value"] == json.loads(envelope)
    assert CustomEvent.model_validate_json(data).name == event.type.value


@pytest.mark.parametrize("form", StreamFormat)
def test_what_utf8_cannot_hold_breaks_no_stream(form: StreamFormat) -> None:
    """No store keeps half a pair of surrogates; one that did would end every later reader."""
    (_, place), (name, data) = fields(event_frame(NASTY, form))
    told = json.loads(data)
    told = told.get("value", told)
    assert (place, name) == (NASTY.id, "data")
    assert told["data"]["a\r\nid: 9"].startswith("\0 \N{REPLACEMENT CHARACTER} ")


@pytest.mark.anyio
async def test_events_of_every_type_are_cloudevents(scene: Scene) -> None:
    """As the engines really write them."""
    await scene.accept("ana")
    claim = await scene.claim_one()
    provider_id = await scene.hand_over(claim)
    await scene.hear_status(provider_id, relevo.DeliveryStatus.READ)
    await scene.hear_from("ana-2", "line\u2028end\r\n\0")
    await scene.accept("bea")
    await scene.retry(await scene.claim_one())
    await teach(scene, "ana", "ana-2")
    fault = relevo.engines.records.ItemFault("parse_failed", AWAY.message)
    await scene.webhook(scene.item(fault=fault))
    told = await scene.log()
    kinds = set(relevo.EventType) - {relevo.EventType.GAP}
    assert {event.type for event in told} == kinds
    for event in told:
        (_, data) = fields(event_frame(event, StreamFormat.CLOUDEVENTS))[1]
        assert JSONFormat().read(CloudEvent, data.encode()).get_data() == event.data


@pytest.mark.anyio
@pytest.mark.parametrize("key", [None, "plain"])
async def test_stream_is_not_compressed_in_an_application_that_compresses(
    make_settings: Any, acme: Any, over_http: Any, key: str | None
) -> None:
    """A compressor waits for more before it passes anything on."""
    app = Litestar(
        plugins=[RelevoPlugin(make_settings(), providers=[acme])],
        compression_config=CompressionConfig(backend="gzip", minimum_size=1, exclude_opt_key=key),
        logging_config=None,
    )
    path = "/api/v1/messaging"
    async with over_http(app) as client:
        listing = await client.get(f"{path}/messages", headers={"accept-encoding": "gzip"})
        assert listing.headers["content-encoding"] == "gzip"
        asked = {"headers": {"accept-encoding": "gzip", "accept": "*/*"}}
        async with client.stream("GET", f"{path}/events", **asked) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert "content-encoding" not in stream.headers
            assert (await anext(stream.aiter_raw())).startswith(b"id: ")
