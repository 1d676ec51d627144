"""The sandbox refuses what Meta refuses, in Meta's form, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from relevo_meta_whatsapp.sandbox import Behaviour
from relevo_meta_whatsapp.sandbox.state.spelling import wa_id_of

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Remote

Post = Callable[..., httpx.Response]
TO = "541130946950"


@pytest.fixture
def post(remote: Remote) -> Post:
    """Post bytes or JSON to the number's route, with the right token unless told otherwise."""

    def send(body: Any, *, path: str | None = None, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {
            "Authorization": f"Bearer {remote.account['access_token']}",
            "Content-Type": "application/json",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        route = path or f"/v25.0/{remote.account['phone_number_id']}/messages"
        return httpx.post(remote.url + route, content=content, headers=sent, trust_env=False)

    return send


def text(**more: Any) -> dict[str, Any]:
    envelope = {"messaging_product": "whatsapp", "to": TO, "type": "text", "text": {"body": "x"}}
    return {key: value for key, value in (envelope | more).items() if value is not ...}


def template(name: str = "order_update", language: Any = "es_AR", **more: Any) -> dict[str, Any]:
    spoken = language if isinstance(language, dict) else {"code": language}
    inner = {"name": name, "language": spoken, **more}
    return text(type="template", text=..., template=inner)


def filled(*texts: Any) -> list[Any]:
    return [{"type": "body", "parameters": [{"type": "text", "text": one} for one in texts]}]


def named(**texts: str) -> list[Any]:
    parameters = [
        {"type": "text", "parameter_name": name, "text": one} for name, one in texts.items()
    ]
    return [{"type": "body", "parameters": parameters}]


def check_refusal(answer: httpx.Response, status: int, code: int) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert error["message"]
    assert error["type"] in {"OAuthException", "GraphMethodException"}
    assert error["fbtrace_id"]
    assert TO not in answer.text
    return error


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer wrong", "Basic eDp5", "Bearer \xff"]
)
def test_without_the_token_nothing_is_taken(authorization: str, post: Post, remote: Remote) -> None:
    header = {"Authorization": authorization.encode("latin-1")}
    answer = post(text(), **header)
    error = check_refusal(answer, 401, 190)
    assert "error_data" not in error
    assert answer.headers["www-authenticate"].startswith("OAuth")
    assert remote.state.total == 0


@pytest.mark.parametrize("version", ["25.0", "v25", "vX.0", "messages"])
def test_a_wrong_version_segment_is_an_unknown_path(version: str, post: Post) -> None:
    check_refusal(post(text(), path=f"/{version}/770055001122/messages"), 400, 2500)


@pytest.mark.parametrize(
    "path", ["/v25.0/770055001122/nonsense", "/v25.0/770055001122/media/1", "/nope"]
)
def test_an_unknown_path_is_refused_in_metas_form(path: str, post: Post) -> None:
    check_refusal(post(text(), path=path), 400, 2500)


def test_another_number_does_not_exist(post: Post) -> None:
    error = check_refusal(post(text(), path="/v25.0/770055009999/messages"), 400, 100)
    assert (error["error_subcode"], error["type"]) == (33, "GraphMethodException")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"null", b"\xff", b"NaN", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes, post: Post) -> None:
    check_refusal(post(body), 400, 100)


def test_another_content_type_is_no_parameter_at_all(post: Post) -> None:
    error = check_refusal(post(text(), Content_Type="text/plain"), 400, 100)
    assert "messaging_product is required" in error["message"]


LONG = "\U0001f600" * 4097

REFUSED: list[tuple[dict[str, Any], int]] = [
    (text(messaging_product=...), 100),
    (text(messaging_product="sms"), 100),
    (text(to=...), 131008),
    (text(to=""), 131009),
    (text(to="hola"), 131009),
    (text(to=541130946950), 131009),
    (text(to="1234"), 131009),
    (text(to=..., recipient="nobody"), 131009),
    (text(to=..., recipient=7), 131009),
    (text(recipient_type="group"), 131041),
    (text(recipient_type="crowd"), 131009),
    (text(type=7), 131051),
    (text(type="telepathy"), 131051),
    (text(type="template"), 131008),
    (text(text=...), 131008),
    (text(text="x"), 131009),
    (text(text={}), 131008),
    (text(text={"body": ""}), 131008),
    (text(text={"body": 7}), 131009),
    (text(text={"body": LONG}), 100),
    (text(text={"body": "x", "preview_url": "yes"}), 131009),
    (text(context="wamid"), 131009),
    (text(context={}), 131008),
    (text(context={"message_id": 7}), 131009),
    (text(biz_opaque_callback_data="x" * 513), 131009),
    (text(biz_opaque_callback_data=7), 131009),
    (template(name=""), 131008),
    (template(name="x" * 513), 131009),
    (text(type="template", text=..., template={"name": "hello_world"}), 131008),
    (text(type="template", text=..., template={"name": "a", "language": "es"}), 131009),
    (text(type="template", text=..., template={"name": "a", "language": {}}), 131008),
    (template(language={"code": "es_AR", "policy": "fallback"}), 131009),
    (template(components=filled("Ana")), 132000),
    (template(components=filled("Ana", "77", "x")), 132000),
    (template(), 132000),
    (template(components=named(a="Ana", b="77")), 132012),
    (template(components=[{"type": "header", "parameters": []}]), 132012),
    (template(components=[{"type": "body", "parameters": "x"}]), 131009),
    (template(components=["x"]), 131009),
    (template(components="x"), 131009),
    (template(components=[{"type": "body", "parameters": ["x", "y"]}]), 132012),
    (template(components=filled("Ana", "")), 131008),
    (template(components=filled("Ana", 7)), 131009),
    (template(components=filled("Ana", "a\tb")), 132018),
    (template(components=filled("Ana", "a     b")), 132018),
    (template("appointment_reminder", components=filled("Ana", "lunes")), 132012),
    (template("appointment_reminder", components=named(customer="Ana", when="x")), 132012),
    ({**text(), "status": "typing"}, 131009),
    ({"messaging_product": "whatsapp", "status": "read"}, 131008),
    ({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.no"}, 131009),
    ({"messaging_product": "whatsapp", "status": "read", "message_id": [1]}, 131009),
]


@pytest.mark.parametrize(("body", "code"), REFUSED)
def test_a_wrong_request_is_refused_with_its_code(
    body: dict[str, Any], code: int, post: Post, remote: Remote
) -> None:
    error = check_refusal(post(body), 400, code)
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert error["error_data"]["details"]
    assert remote.state.total == 0


@pytest.mark.parametrize(
    ("name", "language"), [("no_such", "es_AR"), ("order_update", "fr"), ("hello_world", "es_AR")]
)
def test_an_unknown_template_is_404(name: str, language: str, post: Post) -> None:
    check_refusal(post(template(name, language)), 404, 132001)


TAKEN: list[dict[str, Any]] = [
    text(),
    text(type=...),
    text(to="+54 (11) 3094-6950"),
    text(to=..., recipient="ES.7Hq2c0PdY4m"),
    text(recipient="ES.7Hq2c0PdY4m"),
    text(recipient_type="individual", context={"message_id": "wamid.unknown"}),
    text(text={"body": LONG[:4096], "preview_url": True}),
    text(biz_opaque_callback_data="x" * 512),
    text(a_key_of_tomorrow={"x": 1}),
    template("hello_world", "en_US"),
    template("hello_world", language={"code": "en_US", "policy": "deterministic"}),
    template(components=filled("Ana", "77")),
    template("order_update", "en_US", components=filled("Ana", "77")),
    template("appointment_reminder", components=named(customer="Ana", day="lunes")),
]


@pytest.mark.parametrize("body", TAKEN)
def test_a_right_request_is_taken(body: dict[str, Any], post: Post, remote: Remote) -> None:
    answer = post(body)
    assert answer.status_code == 200
    assert answer.headers["facebook-api-version"] == "v25.0"
    told = answer.json()
    assert told["messages"][0]["id"] == remote.state.messages[-1].wamid
    assert told["contacts"][0]["input"] == body.get("to", body.get("recipient"))
    assert ("message_status" in told["messages"][0]) == (body.get("type") == "template")
    assert remote.state.messages[-1].payload == body


def test_a_number_wins_over_a_user_id(post: Post) -> None:
    contact = post(text(recipient="ES.7Hq2c0PdY4m")).json()["contacts"][0]
    assert contact == {"input": TO, "wa_id": "5491130946950"}
    contact = post(text(to=..., recipient="ES.7Hq2c0PdY4m")).json()["contacts"][0]
    assert contact == {"input": "ES.7Hq2c0PdY4m", "user_id": "ES.7Hq2c0PdY4m"}


@pytest.mark.parametrize(
    ("asked", "wa_id"),
    [
        ("541130946950", "5491130946950"),
        ("5491130946950", "5491130946950"),
        ("523312345678", "5213312345678"),
        ("5521987654321", "552187654321"),
        ("552187654321", "552187654321"),
        ("34600111222", "34600111222"),
    ],
)
def test_whatsapp_resolves_national_spellings(asked: str, wa_id: str) -> None:
    assert wa_id_of(asked) == wa_id


def test_two_sends_are_two_messages_whatever_they_hold(post: Post) -> None:
    """There is no idempotency key of any kind."""
    ids = {post(text(biz_opaque_callback_data="same")).json()["messages"][0]["id"] for _ in "ab"}
    assert len(ids) == 2


def test_a_message_of_a_person_can_be_read_and_answered_with_typing(
    post: Post, remote: Remote
) -> None:
    httpx.post(f"{remote.url}/sandbox/reply", json={"from": TO, "text": "hi"}).raise_for_status()
    wamid = next(iter(remote.state.inbound))
    receipt = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    for body in (receipt, {**receipt, "typing_indicator": {"type": "text"}}):
        answer = post(body)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    check_refusal(post({**receipt, "typing_indicator": {"type": "voice"}}), 400, 131009)
    assert remote.state.total == 0


def test_the_page_and_every_control_answer_say_sandbox(remote: Remote) -> None:
    page = httpx.get(remote.url)
    assert page.headers["content-type"].startswith("text/html")
    assert "Sandbox: nothing leaves this machine" in page.text
    assert page.headers["server"] == "relevo-sandbox"
    for path in ("behaviour", "messages", "no-such-thing"):
        assert httpx.get(f"{remote.url}/sandbox/{path}").json()["sandbox"] is True


def test_behaviour_is_changed_as_a_whole(remote: Remote) -> None:
    route = f"{remote.url}/sandbox/behaviour"
    changed = {"story": ["sent"], "status_after_s": 0.5, "faults": [{"cut": True, "taken": True}]}
    answer = httpx.put(route, json=changed)
    assert answer.status_code == 200
    assert httpx.get(route).json() == answer.json()
    shown = answer.json()["behaviour"]
    assert (shown["story"], shown["status_after_s"]) == (["sent"], 0.5)
    assert shown["faults"][0]["cut"] is True
    assert httpx.put(route, json={}).json()["behaviour"] == Behaviour().model_dump(mode="json")


def test_behaviour_shows_of_each_fault_what_is_left(remote: Remote) -> None:
    """A fault that is used up is no longer how it behaves; one without end stays."""
    route = f"{remote.url}/sandbox/behaviour"
    faults = [{"times": 2, "status": 503}, {"times": None, "status": 500}]
    httpx.put(route, json={"faults": faults})
    for left in ([2, None], [1, None], [None], [None]):
        shown = httpx.get(route).json()["behaviour"]["faults"]
        assert [fault["times"] for fault in shown] == left
        remote.state.next_fault()


@pytest.mark.parametrize(
    "body",
    [
        {"delay": 1},
        {"status_after_s": -1},
        {"story": ["vanished"]},
        {"batch": 0},
        {"faults": [{"cut": True, "status": 500}]},
        {"faults": [{"code": 1, "body": "x"}]},
        [],
    ],
)
def test_behaviour_that_cannot_be_is_refused_and_changes_nothing(body: Any, remote: Remote) -> None:
    route = f"{remote.url}/sandbox/behaviour"
    before = httpx.get(route).json()
    answer = httpx.put(route, json=body)
    assert (answer.status_code, answer.json()["sandbox"]) == (400, True)
    assert httpx.get(route).json() == before


@pytest.mark.parametrize(
    "body", [{}, {"from": "x", "text": "hi"}, {"from": TO, "text": ""}, {"from": TO, "texto": "hi"}]
)
def test_a_wrong_reply_is_refused(body: Any, remote: Remote) -> None:
    answer = httpx.post(f"{remote.url}/sandbox/reply", json=body)
    assert (answer.status_code, answer.json()["sandbox"]) == (400, True)


def test_control_routes_take_json_only(remote: Remote) -> None:
    """A page in a browser cannot send JSON here without asking first."""
    answer = httpx.post(
        f"{remote.url}/sandbox/reply",
        content=json.dumps({"from": TO, "text": "hi"}),
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 400


def test_messages_are_listed_and_echoes_counted(post: Post, remote: Remote) -> None:
    for echo in ("a.1", "a.1", "a.2"):
        post(text(biz_opaque_callback_data=echo))
    post(text())
    told = httpx.get(f"{remote.url}/sandbox/messages").json()
    assert told["counts"] == {"a.1": 2, "a.2": 1}
    assert told["total"] == 4
    assert [one["biz_opaque_callback_data"] for one in told["messages"]] == [
        "a.1",
        "a.1",
        "a.2",
        None,
    ]
    assert told["messages"][0]["payload"]["to"] == TO
    last = httpx.get(f"{remote.url}/sandbox/messages?limit=1").json()
    assert [one["id"] for one in last["messages"]] == [told["messages"][-1]["id"]]
    assert httpx.get(f"{remote.url}/sandbox/messages?limit=x").status_code == 400
    assert httpx.delete(f"{remote.url}/sandbox/messages").json()["total"] == 0
    empty = httpx.get(f"{remote.url}/sandbox/messages").json()
    assert (empty["messages"], empty["counts"]) == ([], {})
