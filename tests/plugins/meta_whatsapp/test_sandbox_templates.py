"""Templates in the sandbox: what a send has to give them, and their life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph

LINK = "https://cdn.example/h.jpg"


def words(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text} for text in texts]


def part(kind: str, *parameters: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "parameters": list(parameters), **more}


def button(kind: str, index: Any, *parameters: Any) -> dict[str, Any]:
    return part("button", *parameters, sub_type=kind, index=index)


HEADER = part("header", {"type": "image", "image": {"link": LINK}})
RECEIPT = part("body", *words("Ana", "today"))
TRACK = button("url", "1", *words("77"))
COUPON = button("copy_code", 0, {"type": "coupon_code", "coupon_code": "SAVE20"})
OFFER = part(
    "limited_time_offer",
    {
        "type": "limited_time_offer",
        "limited_time_offer": {"expiration_time_ms": 1770000000000},
    },
)
CODE = [part("body", *words("123456")), button("url", "0", *words("123456"))]


def send(graph: Graph, name: str, *components: Any, language: str = "en_US") -> httpx.Response:
    inner = {"name": name, "language": {"code": language}, "components": list(components)}
    return graph.send(template=inner)


def code_of(answer: httpx.Response) -> int:
    return int(answer.json()["error"]["code"])


@pytest.mark.parametrize(
    ("name", "components"),
    [
        ("hello_world", []),
        ("order_receipt", [HEADER, RECEIPT, TRACK]),
        (
            "order_receipt",
            [
                HEADER,
                RECEIPT,
                TRACK,
                button("quick_reply", 0, {"type": "payload", "payload": "t"}),
            ],
        ),
        ("spring_sale", [part("header", *words("Ana")), part("body", *words("20%")), COUPON]),
        ("last_chance", [OFFER, part("body", *words("Ana")), COUPON, TRACK]),
        ("sign_in_code", CODE),
    ],
)
def test_right_parameters_are_taken(name: str, components: list[Any], graph: Graph) -> None:
    answer = send(graph, name, *components)
    assert answer.status_code == 200, answer.text
    assert answer.json()["messages"][0]["message_status"] == "accepted"


@pytest.mark.parametrize(
    ("name", "components", "code"),
    [
        ("order_receipt", [RECEIPT, TRACK], 132012),
        ("order_receipt", [part("header", *words("x")), RECEIPT, TRACK], 132012),
        ("order_receipt", [HEADER, part("body", *words("Ana")), TRACK], 132000),
        ("order_receipt", [HEADER, RECEIPT], 132012),
        ("order_receipt", [HEADER, RECEIPT, button("url", "0", *words("77"))], 132012),
        ("order_receipt", [HEADER, RECEIPT, button("url", "5", *words("77"))], 132012),
        ("order_receipt", [HEADER, RECEIPT, button("url", "x", *words("77"))], 131009),
        ("order_receipt", [HEADER, RECEIPT, button("url", "1")], 132000),
        ("order_receipt", [HEADER, HEADER, RECEIPT, TRACK], 131009),
        ("order_receipt", [part("header", {"type": "image"}), RECEIPT, TRACK], 131008),
        ("hello_world", [part("footer")], 132012),
        ("hello_world", [part("carousel", cards=[])], 132012),
        ("order_update", [part("body", *words("Ana", "a\nb"))], 132018),
        ("order_update", [part("body", *words("Ana", "x" * 1025))], 132005),
        ("spring_sale", [part("header", *words("Ana")), part("body", *words("1"))], 132012),
        ("last_chance", [part("body", *words("Ana")), COUPON, TRACK], 132012),
        ("new_arrivals", [part("body", *words("Ana")), part("carousel", cards=[])], 132012),
        ("sign_in_code", [CODE[0], button("url", "0", *words("654321"))], 132012),
        ("sign_in_code", [CODE[0]], 132012),
        (
            "sign_in_code",
            [part("body", *words("1" * 16)), button("url", "0", *words("1" * 16))],
            132018,
        ),
    ],
)
def test_wrong_parameters_are_refused(
    name: str, components: list[Any], code: int, graph: Graph
) -> None:
    answer = send(graph, name, *components)
    assert (answer.status_code, code_of(answer)) == (400, code), answer.text
    assert graph.state.total == 0


def test_a_sign_in_code_needs_a_number(graph: Graph) -> None:
    inner = {"name": "sign_in_code", "language": {"code": "en_US"}, "components": CODE}
    body = {
        "messaging_product": "whatsapp",
        "recipient": "ES.7Hq2c0PdY4m",
        "type": "template",
        "template": inner,
    }
    assert code_of(graph.call("POST", f"{graph.number}/messages", body)) == 131062


@pytest.mark.parametrize(
    ("status", "http", "code"),
    [("PAUSED", 400, 132015), ("DISABLED", 400, 132016), ("REJECTED", 404, 132001)],
)
def test_a_template_out_of_use_is_refused(status: str, http: int, code: int, graph: Graph) -> None:
    graph.order("templates", {"name": "hello_world", "status": status})
    answer = send(graph, "hello_world")
    assert (answer.status_code, code_of(answer)) == (http, code)


def test_a_held_template_waits_and_is_sent_or_not(graph: Graph) -> None:
    """Pacing: the assessment of a template's quality ends well or badly."""
    graph.order("behaviour", {"story": ["sent"], "status_after_s": 0}, "PATCH")
    graph.order("templates", {"name": "hello_world", "held": True})
    answer = send(graph, "hello_world")
    assert answer.json()["messages"][0]["message_status"] == "held_for_quality_assessment"
    (message,) = graph.state.messages
    assert (message.fails_with, message.held_by is None) == (None, False)
    graph.order("templates", {"name": "hello_world", "held": False})
    assert (message.fails_with, message.held_by) == (None, None)
    graph.order("templates", {"name": "hello_world", "held": True})
    send(graph, "hello_world")
    graph.order("templates", {"name": "hello_world", "status": "PAUSED"})
    assert [one.fails_with for one in graph.state.messages] == [None, 132015]


NEW: dict[str, Any] = {
    "name": "order_shipped",
    "language": "es_ES",
    "category": "UTILITY",
    "components": [
        {"type": "BODY", "text": "Hi {{1}}, it ships.", "example": {"body_text": [["Ana"]]}},
        {"type": "FOOTER", "text": "Shop SL"},
    ],
}


def create(graph: Graph, **more: Any) -> httpx.Response:
    return graph.call("POST", f"{graph.waba}/message_templates", {**NEW, **more})


def test_a_new_template_is_reviewed_and_then_usable(graph: Graph) -> None:
    told = create(graph).json()
    assert (told["status"], told["category"]) == ("PENDING", "UTILITY")
    body = part("body", *words("Ana"))
    assert code_of(send(graph, "order_shipped", body, language="es_ES")) == 132001
    graph.advance(2)
    assert send(graph, "order_shipped", body, language="es_ES").status_code == 200
    assert graph.call("GET", told["id"]).json()["status"] == "APPROVED"


def test_a_new_template_can_be_rejected(graph: Graph) -> None:
    graph.order("behaviour", {"template_review": "REJECTED"}, "PATCH")
    told = create(graph).json()
    graph.advance(2)
    shown = graph.call("GET", told["id"]).json()
    assert (shown["status"], shown["rejected_reason"]) == ("REJECTED", "INVALID_FORMAT")


@pytest.mark.parametrize(
    ("wrong", "subcode"),
    [
        ({"name": "Order"}, None),
        ({"category": "PROMOTION"}, None),
        ({"message_send_ttl_seconds": 5}, None),
        ({"components": [{"type": "FOOTER", "text": "x"}]}, 2388072),
        ({"components": [{"type": "BODY", "text": "x" * 1025}]}, 2388072),
        ({"components": [{"type": "BODY", "text": "{{1}} ships"}]}, 2388299),
        ({"components": [{"type": "BODY", "text": "Hi {{1}}, it ships."}]}, 2388072),
        ({"components": [{"type": "BODY", "text": "Hi {{2}}, it ships."}]}, 2388072),
        ({"components": [*NEW["components"], {"type": "FOOTER", "text": "x"}]}, None),
        ({"components": [NEW["components"][0], {"type": "FOOTER", "text": "x" * 61}]}, 2388073),
        (
            {
                "components": [
                    NEW["components"][0],
                    {
                        "type": "BUTTONS",
                        "buttons": [{"type": "URL", "text": "x", "url": "https://x.example"}] * 3,
                    },
                ]
            },
            None,
        ),
    ],
)
def test_a_wrong_template_is_not_created(wrong: Any, subcode: int | None, graph: Graph) -> None:
    answer = create(graph, **wrong)
    assert answer.status_code == 400
    assert answer.json()["error"].get("error_subcode") == subcode


def test_names_are_taken_once_and_for_a_month_after_deletion(graph: Graph) -> None:
    assert create(graph).status_code == 200
    assert create(graph).json()["error"]["error_subcode"] == 2388024
    graph.advance(2)
    path = f"{graph.waba}/message_templates"
    query = {"name": "order_shipped"}
    assert graph.call("DELETE", path, params=query).json() == {"success": True}
    assert graph.call("DELETE", path, params=query).status_code == 400
    assert create(graph).json()["error"]["error_subcode"] == 2388023
    graph.advance(31 * 24 * 3600)
    assert create(graph).status_code == 200


def test_an_approved_template_is_changed_once_a_day(graph: Graph) -> None:
    identity = create(graph).json()["id"]
    graph.advance(2)
    change = {"components": NEW["components"]}
    assert graph.call("POST", identity, change).json() == {"success": True}
    assert graph.call("POST", identity, change).json()["error"]["error_subcode"] == 2388039
    graph.advance(2)
    assert graph.call("POST", identity, change).json()["error"]["error_subcode"] == 2388040
    graph.advance(24 * 3600)
    assert graph.call("POST", identity, change).status_code == 200


def test_a_paused_template_can_be_put_back_to_use(graph: Graph) -> None:
    identity = graph.order("templates", {"name": "hello_world", "status": "PAUSED"})
    path = f"{identity['templates'][0]['id']}/unpause"
    assert graph.call("POST", path).json() == {"success": True}
    assert send(graph, "hello_world").status_code == 200
    assert graph.call("POST", path).status_code == 400


def test_lists_come_in_pages_and_narrow(graph: Graph) -> None:
    path = f"{graph.waba}/message_templates"
    everything = graph.call("GET", path, params={"limit": 1000}).json()
    assert "next" not in everything["paging"]
    seen: list[Any] = []
    page = graph.call("GET", path, params={"limit": 2}).json()
    while True:
        seen += page["data"]
        if "next" not in page["paging"]:
            break
        headers = {"Authorization": f"Bearer {graph.token}"}
        page = httpx.get(page["paging"]["next"], headers=headers, trust_env=False).json()
    assert seen == everything["data"]
    narrowed = graph.call("GET", path, params={"name": "order_update", "language": "es_AR"}).json()
    assert [one["name"] for one in narrowed["data"]] == ["order_update"]
    assert graph.call("GET", path, params={"name": "none"}).json() == {"data": []}
    assert graph.call("GET", path, params={"after": "junk!"}).status_code == 400


def test_management_has_a_budget(graph: Graph) -> None:
    graph.order("behaviour", {"limits": True, "management_budget": 2}, "PATCH")
    path = f"{graph.waba}/message_templates"
    assert [graph.call("GET", path).status_code for _ in range(3)] == [200, 200, 400]
    assert code_of(graph.call("GET", path)) == 80007
    assert graph.send(text={"body": "sends are not in it"}).status_code == 200
    graph.advance(3601)
    assert graph.call("GET", path).status_code == 200
