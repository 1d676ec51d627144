"""People and numbers in the sandbox: windows, opt-outs, blocks, limits, registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from relevo_meta_whatsapp.sandbox.webhooks.pointing import POINTING

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph

ANA = "34600111222"
HELLO = {"name": "hello_world", "language": {"code": "en_US"}}
SALE = {
    "name": "spring_sale",
    "language": {"code": "en_US"},
    "components": [
        {"type": "header", "parameters": [{"type": "text", "text": "Ana"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "20%"}]},
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": 0,
            "parameters": [{"type": "coupon_code", "coupon_code": "SAVE"}],
        },
    ],
}


def text(graph: Graph, to: str = ANA) -> httpx.Response:
    return graph.send(to, text={"body": "x"})


def code_of(answer: httpx.Response) -> int:
    return int(answer.json()["error"]["code"])


def test_windows_are_open_until_the_switch_is_turned(graph: Graph) -> None:
    assert graph.fate(text(graph)) is None
    graph.order("behaviour", {"windows": "real"}, "PATCH")
    assert graph.fate(text(graph)) == 131047
    assert graph.fate(graph.send(ANA, template=HELLO)) is None


def test_a_person_who_wrote_can_be_written_to_for_24_hours(graph: Graph) -> None:
    graph.order("behaviour", {"windows": "real"}, "PATCH")
    graph.order("reply", {"from": "+34 600 111 222", "text": "hi"})
    assert graph.fate(text(graph)) is None
    assert graph.fate(text(graph, "34600999888")) == 131047
    graph.advance(24 * 3600 - 60)
    assert graph.fate(text(graph)) is None
    graph.advance(120)
    assert graph.fate(text(graph)) == 131047


@pytest.mark.parametrize(
    ("kind", "opens"),
    [
        ("image", True),
        ("button_reply", True),
        ("calls", True),
        ("reaction", False),
        ("revoke", False),
        ("user_preferences", False),
        ("status", False),
    ],
)
def test_only_messages_and_calls_open_a_window(kind: str, opens: bool, graph: Graph) -> None:  # noqa: FBT001 - pytest's way
    graph.order("behaviour", {"windows": "real"}, "PATCH")
    pointing = POINTING.get(kind)
    content = {pointing.key: "wamid.OURS"} if pointing else None
    graph.order("inbound", {"kind": kind, "from": ANA, "content": content})
    assert (graph.fate(text(graph)) is None) is opens


def test_both_spellings_of_a_number_share_a_window(graph: Graph) -> None:
    graph.order("behaviour", {"windows": "real"}, "PATCH")
    graph.order("reply", {"from": "5491130946950", "text": "hi"})
    assert graph.fate(text(graph, "541130946950")) is None


def test_a_window_belongs_to_one_number_of_ours(graph: Graph) -> None:
    graph.order("behaviour", {"windows": "real"}, "PATCH")
    graph.order("numbers", {"phone_number_id": "770055009999", "display_number": "15550100300"})
    graph.order("inbound", {"from": ANA, "phone_number_id": "770055009999"})
    assert graph.fate(text(graph)) == 131047
    body = {"messaging_product": "whatsapp", "to": ANA, "text": {"body": "x"}}
    assert graph.fate(graph.call("POST", "770055009999/messages", body)) is None


def test_a_person_is_one_by_number_and_user_id(graph: Graph) -> None:
    graph.order("behaviour", {"windows": "real", "user_ids": True}, "PATCH")
    graph.order("inbound", {"from": ANA, "user_id": "ES.7Hq2c0PdY4m"})
    body = {"messaging_product": "whatsapp", "recipient": "ES.7Hq2c0PdY4m", "text": {"body": "x"}}
    assert graph.fate(graph.call("POST", f"{graph.number}/messages", body)) is None
    contact = text(graph).json()["contacts"][0]
    assert contact == {"input": ANA, "wa_id": ANA, "user_id": "ES.7Hq2c0PdY4m"}


def test_marketing_stops_for_people_who_said_so(graph: Graph) -> None:
    graph.order("inbound", {"kind": "user_preferences", "from": ANA})
    assert graph.fate(graph.send(ANA, template=SALE)) == 131050
    assert graph.fate(graph.send(ANA, template=HELLO)) is None
    resume = {"kind": "user_preferences", "from": ANA, "content": {"value": "resume"}}
    graph.order("inbound", resume)
    assert graph.fate(graph.send(ANA, template=SALE)) is None


def test_a_person_can_have_had_enough_marketing(graph: Graph) -> None:
    graph.order("behaviour", {"capped_users": ["+34 600 111 222"]}, "PATCH")
    assert graph.fate(graph.send(ANA, template=SALE)) == 131049
    assert graph.fate(graph.send(ANA, template=HELLO)) is None


def test_a_changed_identity_fails_what_names_the_old_one(graph: Graph) -> None:
    def send(known: str) -> int | None:
        return graph.fate(graph.send(ANA, text={"body": "x"}, recipient_identity_key_hash=known))

    assert send("h1") is None
    graph.order("inbound", {"kind": "customer_identity_changed", "from": ANA})
    assert (send("h1"), send("h2")) == (137000, None)


def block(graph: Graph, *users: str, method: str = "POST") -> httpx.Response:
    body = {"messaging_product": "whatsapp", "block_users": [{"user": one} for one in users]}
    return graph.call(method, f"{graph.number}/block_users", body)


def test_who_wrote_lately_can_be_blocked_and_unblocked(graph: Graph) -> None:
    graph.order("reply", {"from": ANA, "text": "hi"})
    told = block(graph, "+34600111222").json()["block_users"]
    assert told == {"added_users": [{"input": "+34600111222", "wa_id": ANA}], "failed_users": []}
    assert code_of(text(graph)) == 130403
    listed = graph.call("GET", f"{graph.number}/block_users").json()
    assert listed["data"] == [{"messaging_product": "whatsapp", "wa_id": ANA}]
    told = block(graph, ANA, method="DELETE").json()["block_users"]
    assert told["removed_users"] == [{"input": ANA, "wa_id": ANA}]
    assert text(graph).status_code == 200


def test_of_several_each_is_blocked_or_named(graph: Graph) -> None:
    graph.order("reply", {"from": ANA, "text": "hi"})
    answer = block(graph, ANA, "34600999888")
    assert (answer.status_code, code_of(answer)) == (400, 139100)
    told = answer.json()["block_users"]
    assert [one["input"] for one in told["added_users"]] == [ANA]
    (failed,) = told["failed_users"]
    assert (failed["input"], failed["errors"][0]["code"]) == ("34600999888", 131047)


def test_without_limits_nothing_is_paced(graph: Graph) -> None:
    assert {text(graph).status_code for _ in range(60)} == {200}


def test_one_person_gets_45_at_once_and_then_rests(graph: Graph) -> None:
    graph.order("behaviour", {"limits": True}, "PATCH")
    answers = [text(graph) for _ in range(46)]
    assert [answer.status_code for answer in answers] == [200] * 45 + [400]
    assert code_of(answers[-1]) == 131056
    assert text(graph, "34600999888").status_code == 200
    graph.advance(7)
    assert code_of(text(graph)) == 131056
    graph.advance(45 * 6)
    assert text(graph).status_code == 200


def test_a_number_sends_so_many_a_second(graph: Graph) -> None:
    graph.order("behaviour", {"limits": True}, "PATCH")
    graph.order("numbers", {"phone_number_id": graph.number, "per_second": 1})
    # The bucket holds no more than a second of it.
    answers = [text(graph, f"3460011{place:04}") for place in range(10)]
    refused = [code_of(answer) for answer in answers if answer.status_code != 200]
    assert refused
    assert set(refused) == {130429}
    graph.advance(2)
    assert text(graph, "34600130000").status_code == 200


def test_an_upgrade_is_a_minute_of_maintenance(graph: Graph) -> None:
    graph.order("numbers", {"phone_number_id": graph.number, "upgrade": True})
    answer = text(graph)
    assert (answer.status_code, code_of(answer)) == (500, 131057)
    graph.advance(61)
    assert text(graph).status_code == 200
    shown = graph.call("GET", graph.number, params={"fields": "throughput"}).json()
    assert shown["throughput"] == {"level": "HIGH"}


def test_a_number_that_is_not_registered_cannot_send(graph: Graph) -> None:
    assert graph.call("POST", f"{graph.number}/deregister").json() == {"success": True}
    assert code_of(text(graph)) == 133010
    pin = {"messaging_product": "whatsapp", "pin": "123456"}
    assert code_of(graph.call("POST", f"{graph.number}/register", {**pin, "pin": "x"})) == 131009
    assert graph.call("POST", f"{graph.number}/register", pin).json() == {"success": True}
    assert text(graph).status_code == 200
    other = {**pin, "pin": "654321"}
    assert code_of(graph.call("POST", f"{graph.number}/register", other)) == 133005
    for _ in range(8):
        assert graph.call("POST", f"{graph.number}/register", pin).status_code == 200
    assert code_of(graph.call("POST", f"{graph.number}/register", pin)) == 133016


def test_a_profile_is_changed_in_part(graph: Graph) -> None:
    path = f"{graph.number}/whatsapp_business_profile"
    product = {"messaging_product": "whatsapp"}
    graph.call("POST", path, {**product, "about": "Shoes", "email": "a@shop.example"})
    graph.call("POST", path, {**product, "about": "Boots"})
    shown = graph.call("GET", path, params={"fields": "about,email"}).json()
    assert shown == {"data": [{**product, "about": "Boots", "email": "a@shop.example"}]}
    assert graph.call("POST", path, {**product, "about": "x" * 140}).status_code == 400


def test_settings_are_kept(graph: Graph) -> None:
    path = f"{graph.number}/settings"
    asked: dict[str, Any] = {"user_identity_change": {"enable_identity_key_check": True}}
    assert graph.call("POST", path, asked).json() == {"success": True}
    assert graph.call("GET", path).json() == asked
    assert graph.call("POST", path, {"nonsense": 1}).status_code == 400


def test_a_number_and_its_account_show_what_they_were_told_to(graph: Graph) -> None:
    facts = {"quality_rating": "RED", "name_status": "DECLINED"}
    graph.order("numbers", {"phone_number_id": graph.number, "facts": facts})
    query = {"fields": "quality_rating,name_status,whatsapp_business_manager_messaging_limit"}
    shown = graph.call("GET", graph.number, params=query).json()
    assert shown == {
        **facts,
        "whatsapp_business_manager_messaging_limit": "TIER_250",
        "id": graph.number,
    }
    listed = graph.call("GET", f"{graph.waba}/phone_numbers").json()["data"]
    assert [(one["id"], one["quality_rating"]) for one in listed] == [(graph.number, "RED")]
    account = graph.call("GET", graph.waba, params={"fields": "health_status"}).json()
    assert account["health_status"]["can_send_message"] == "AVAILABLE"


def test_a_token_tells_what_it_is(graph: Graph) -> None:
    mine = graph.call("GET", "debug_token", params={"input_token": graph.token}).json()["data"]
    assert mine["is_valid"] is True
    assert "whatsapp_business_messaging" in mine["scopes"]
    other = graph.call("GET", "debug_token", params={"input_token": "x"}).json()["data"]
    assert other["is_valid"] is False


@pytest.mark.parametrize(
    ("path", "meets"),
    [("messages", "send"), ("read", "read"), ("media", "media"), ("profile", "manage")],
)
def test_faults_meet_what_they_were_told_to(path: str, meets: str, graph: Graph) -> None:
    wamid = graph.order("reply", {"from": ANA, "text": "hi"})["id"]
    graph.order(
        "behaviour", {"faults": [{"meets": meets, "status": 502, "body": "<html>"}]}, "PATCH"
    )
    product = {"messaging_product": "whatsapp"}

    def call() -> httpx.Response:
        if path == "messages":
            return text(graph)
        if path == "read":
            body = {**product, "status": "read", "message_id": wamid}
            return graph.call("POST", f"{graph.number}/messages", body)
        if path == "media":
            file = {"file": ("a", b"x", "image/png")}
            return graph.call("POST", f"{graph.number}/media", data=product, files=file)
        return graph.call("POST", f"{graph.number}/whatsapp_business_profile", product)

    for other in {"send", "read"} - {meets}:
        body = {**product, "status": "read", "message_id": wamid}
        answer = (
            text(graph) if other == "send" else graph.call("POST", f"{graph.number}/messages", body)
        )
        assert answer.status_code == 200
    first, second = call(), call()
    assert (first.status_code, first.text, second.status_code) == (502, "<html>", 200)


def test_an_answer_can_break_off(graph: Graph) -> None:
    graph.order("behaviour", {"faults": [{"truncated": True}]}, "PATCH")
    answer = text(graph)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()
    assert graph.state.total == 1
