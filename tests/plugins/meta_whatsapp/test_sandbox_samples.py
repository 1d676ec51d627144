"""What people send in the sandbox: every field has a sample, and its files are what they say."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from relevo_meta_whatsapp.receiving.fields import PARTS
from relevo_meta_whatsapp.sandbox.state.media import fault_of, kind_of
from relevo_meta_whatsapp.sandbox.webhooks.field_samples import FIELDS
from relevo_meta_whatsapp.sandbox.webhooks.inbound import Inbound, write_inbound
from relevo_meta_whatsapp.sandbox.webhooks.sample_files import SAMPLE_TYPES, sample_file

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph

ANA = "34600111222"
# Written out from Meta's documents, apart from the tables.
DOCUMENTED = frozenset(
    """
    account_alerts account_review_update account_update automatic_events
    business_capability_update business_username_update business_username_updates calls flows
    group_lifecycle_update group_participants_update group_settings_update group_status_update
    history message_template_components_update message_template_quality_update
    message_template_status_update partner_solutions payment_configuration_update
    phone_number_name_update phone_number_quality_update security smb_app_state_sync
    smb_message_echoes template_category_update user_id_update user_preferences
    """.split()  # noqa: SIM905 - a table of words reads best as words
)
MAGIC = {
    "application/pdf": b"%PDF-1.4",
    "audio/ogg": b"OggS",
    "image/jpeg": b"\xff\xd8\xff\xe0",
    "image/png": b"\x89PNG",
    "image/webp": b"RIFF",
    "text/plain": b"A sample",
    "video/mp4": b"\0\0\0\x1cftyp",
}


def test_every_documented_field_has_a_sample() -> None:
    assert set(FIELDS) >= DOCUMENTED
    assert set(PARTS) - {"messages", "message_echoes"} <= set(FIELDS)


@pytest.mark.parametrize("mime_type", SAMPLE_TYPES)
def test_sample_file_is_what_its_type_says_and_small(mime_type: str) -> None:
    content = sample_file(mime_type)
    assert content is not None
    assert content.startswith(MAGIC[mime_type])
    assert len(content) < 40_000
    kind = kind_of(mime_type)
    assert kind is not None
    assert fault_of(kind, mime_type, content) is None


def test_samples_open_in_a_browser_by_their_own_structure() -> None:
    """They were seen in Chromium; what it reads is checked here without one."""
    jpeg, png, webp = (sample_file(f"image/{kind}") or b"" for kind in ("jpeg", "png", "webp"))
    assert struct.unpack(">HH", jpeg[jpeg.index(b"\xff\xc0") + 5 :][:4]) == (240, 320)
    assert jpeg.endswith(b"\xff\xd9")
    place = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[place - 4 : place])
    lines = zlib.decompress(png[place + 4 : place + 4 + length])
    assert len(lines) == 240 * (1 + 320 * 3)
    (size,) = struct.unpack("<I", webp[4:8])
    assert size + 8 == len(webp)
    ogg, mp4 = sample_file("audio/ogg") or b"", sample_file("video/mp4") or b""
    assert ogg.count(b"OggS") == 3
    place = mp4.index(b"stco")
    (offset,) = struct.unpack(">I", mp4[place + 12 : place + 16])
    assert mp4[offset - 4 : offset] == b"mdat"
    assert mp4[offset + 4] == 0x65


def test_type_without_a_sample_is_refused_and_bytes_are_taken(graph: Graph) -> None:
    order: dict[str, Any] = {
        "kind": "document",
        "from": ANA,
        "content": {"mime_type": "application/msword"},
    }
    refused = _order(graph, order)
    assert refused.status_code == 400
    assert "file_base64" in refused.json()["error"]
    assert _order(graph, {**order, "file_base64": "aGk="}).status_code == 200


def test_marketing_is_resumed_in_words_of_its_own(graph: Graph) -> None:
    (_, resumed) = FIELDS["user_preferences"]
    told = resumed.value["user_preferences"][0]
    assert (told["value"], told["detail"]) == (
        "resume",
        "User requested to resume marketing messages",
    )
    graph.order("inbound", {"kind": "user_preferences", "from": ANA})
    assert _person(graph)["opted_out"] is True
    graph.order(
        "inbound", {"kind": "user_preferences", "from": ANA, "content": {"value": "resume"}}
    )
    assert _person(graph)["opted_out"] is False


@pytest.mark.parametrize(
    ("timestamp", "opens"),
    [
        (-25 * 3600, False),
        (-3600, True),
        (3600, True),
    ],
)
def test_window_begins_when_the_person_wrote(timestamp: int, opens: bool, graph: Graph) -> None:  # noqa: FBT001 - pytest's way
    """Not when the webhook came; but nobody writes in the future."""
    graph.order("behaviour", {"windows": "real"}, "PATCH")
    wrote_at = int(graph.state.clock.now()) + timestamp
    graph.order("inbound", {"from": ANA, "timestamp": str(wrote_at)})
    assert (graph.fate(graph.send(ANA, text={"body": "x"})) is None) is opens
    assert _person(graph)["wrote_at"] <= graph.state.clock.now()


def test_late_message_does_not_shorten_a_window(graph: Graph) -> None:
    graph.order("behaviour", {"windows": "real"}, "PATCH")
    graph.order("inbound", {"from": ANA})
    graph.order("inbound", {"from": ANA, "timestamp": 1_600_000_000_000})
    assert graph.fate(graph.send(ANA, text={"body": "x"})) is None


def test_state_shows_what_was_read_and_who_sees_us_write(graph: Graph) -> None:
    wamid = graph.order("inbound", {"from": ANA})["id"]
    assert _person(graph)["read"] is None
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    path = f"{graph.number}/messages"
    assert graph.call("POST", path, receipt).status_code == 200
    assert (_person(graph)["read"]["id"], _person(graph)["typing"]) == (wamid, False)
    graph.call("POST", path, {**receipt, "typing_indicator": {"type": "text"}})
    assert _person(graph)["typing"] is True
    graph.send(ANA, text={"body": "x"})
    assert _person(graph)["typing"] is False, "until the next send"
    graph.call("POST", path, {**receipt, "typing_indicator": {"type": "text"}})
    graph.advance(26)
    assert _person(graph)["typing"] is False, "or for 25 s"


def test_failed_message_says_which_rule_spoke(graph: Graph) -> None:
    """`was told to fail` is for what a caller ordered, not for the sandbox's own rules."""
    graph.order("behaviour", {"windows": "real"}, "PATCH")
    graph.fate(graph.send(ANA, text={"body": "x"}))
    (message,) = graph.state.messages
    assert message.fails_because is not None
    assert "24 hours" in message.fails_because


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("inbound", {"kind": 7}, "kind: it should be a valid string."),
        ("inbound", {"form": ANA}, "form: there is no such field. There are: "),
        ("inbound", {"from": "canary-person"}, "from: it should match pattern"),
        ("inbound", {"kind": "image", "file_base64": "abc"}, "file_base64: "),
        ("reply", {"from": ANA}, "text: it is missing."),
        ("behaviour", {"windows": "shut"}, "windows: it should be 'open' or 'real'."),
        ("behaviour", {"faults": [{"cut": True, "status": 500}]}, "faults[0]: a cut connection"),
    ],
)
def test_wrong_order_is_told_in_plain_words(
    path: str, body: dict[str, Any], said: str, graph: Graph
) -> None:
    answer = _order(graph, body, path)
    assert answer.status_code == 400
    told = answer.json()["error"]
    assert said in told
    for word in ("pydantic", "validation error", "input_value", "canary"):
        assert word not in told


def test_order_that_is_no_json_is_told(graph: Graph) -> None:
    url = f"{graph.remote.url}/sandbox/inbound"
    answer = graph.client.post(url, content=b"{", headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "The body is no JSON.")


@pytest.mark.parametrize("content", ["odd", 7, [], [1], {}, {"system": 1}])
@pytest.mark.parametrize(
    "kind",
    ["user_changed_number", "user_changed_user_id", "customer_identity_changed", *sorted(FIELDS)],
)
def test_odd_content_is_told_as_it_is_and_breaks_nothing(
    kind: str, content: Any, graph: Graph
) -> None:
    """Applications are tested with it."""
    assert _order(graph, {"kind": kind, "content": content}).status_code == 200


def _order(graph: Graph, body: Any, path: str = "inbound") -> httpx.Response:
    method = "PATCH" if path == "behaviour" else "POST"
    return graph.client.request(method, f"{graph.remote.url}/sandbox/{path}", json=body)


def _person(graph: Graph) -> dict[str, Any]:
    state = graph.order("state", method="GET")
    (person,) = state["numbers"][0]["people"]
    assert isinstance(person, dict)
    return person


@pytest.mark.parametrize("kind", ["status", "reaction", "edit", "revoke"])
def test_sample_of_a_person_points_at_their_own_message(kind: str, graph: Graph) -> None:
    """Whatever others got or wrote meanwhile."""
    other = "34600111333"
    key = {"status": "id", "reaction": "message_id"}.get(kind, "original_message_id")
    ours = graph.send(ANA, text={"body": "x"}).json()["messages"][0]["id"]
    theirs = graph.order("inbound", {"kind": "text", "from": ANA})["id"]
    graph.order("inbound", {"kind": "reaction", "from": ANA})
    graph.send(other, text={"body": "x"})
    graph.order("inbound", {"kind": "text", "from": other})
    state = graph.state
    asked = Inbound.model_validate({"kind": kind, "from": ANA})
    element = dict(write_inbound(state, asked)[1].element)
    told = element["statuses"][0] if kind == "status" else element[kind]  # type: ignore[index]
    assert told[key] == (ours if kind == "status" else theirs)  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("kind", "lacks"),
    [
        ("status", "no message was sent to this person yet"),
        ("reaction", "got no message yet, and wrote none"),
        ("edit", "wrote no message yet that can be edited"),
        ("revoke", "wrote no message yet to take back"),
    ],
)
def test_sample_without_a_message_to_point_at_says_what_lacks(
    kind: str, lacks: str, graph: Graph
) -> None:
    graph.send("34600111333", text={"body": "x"})
    graph.order("inbound", {"kind": "text", "from": "34600111333"})
    answer = _order(graph, {"kind": kind, "from": ANA})
    assert answer.status_code == 400
    assert lacks in answer.json()["error"]


def test_reaction_meets_what_was_said_last(graph: Graph) -> None:
    graph.order("inbound", {"kind": "text", "from": ANA})
    ours = graph.send(ANA, text={"body": "x"}).json()["messages"][0]["id"]
    asked = Inbound.model_validate({"kind": "reaction", "from": ANA})
    told = write_inbound(graph.state, asked)[1].element["reaction"]
    assert isinstance(told, dict)
    assert told["message_id"] == ours
