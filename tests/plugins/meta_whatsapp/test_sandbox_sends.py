"""The sandbox takes every type of message as Meta documents it, and refuses the rest by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from relevo_meta_whatsapp.sandbox.graph.contents import CONTENTS
from relevo_meta_whatsapp.sandbox.graph.interactive import INTERACTIVE

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph

LINK = "https://cdn.example/a.jpg"
BODY = {"text": "Which?"}


def button(identity: str, title: str) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": identity, "title": title}}


def interactive(kind: str, action: Any, **more: Any) -> dict[str, Any]:
    inner = {"type": kind, "body": BODY, "action": action, **more}
    return {"interactive": {key: value for key, value in inner.items() if value is not None}}


def rows(count: int, first: int = 0) -> list[dict[str, str]]:
    return [{"id": f"r{first + place}", "title": "Row"} for place in range(count)]


def listed(*sections: Any) -> dict[str, Any]:
    return interactive("list", {"button": "Sizes", "sections": list(sections)})


def card(index: int, **more: Any) -> dict[str, Any]:
    link = {"display_text": "Buy", "url": "https://shop.example/a"}
    return {
        "card_index": index,
        "type": "cta_url",
        "header": {"type": "image", "image": {"link": LINK}},
        "body": {"text": "A"},
        "action": {"name": "cta_url", "parameters": link},
    } | more


def named(name: str, **parameters: Any) -> dict[str, Any]:
    return {"name": name, "parameters": parameters} if parameters else {"name": name}


FLOW = {"flow_message_version": "3", "flow_id": "5550001", "flow_cta": "Book", "flow_token": "t"}
MONEY = {"value": 100, "offset": 100}
ORDERED: list[dict[str, Any]] = [
    {"name": "x", "amount": MONEY, "quantity": 2},
    {"name": "y", "retailer_id": "y", "amount": {"value": 50, "offset": 100}, "quantity": 1},
]
TAX_OF_170 = {"value": 170, "offset": 100}
ORDER: dict[str, Any] = {
    "reference_id": "o77",
    "type": "digital-goods",
    "currency": "BRL",
    "total_amount": {"value": 280, "offset": 100},
    "payment_settings": [{}],
    "order": {
        "status": "pending",
        "items": ORDERED,
        "subtotal": {"value": 250, "offset": 100},
        "tax": {"value": 40, "offset": 100, "description": "VAT"},
        "shipping": {"value": 10, "offset": 100},
        "discount": {"value": 20, "offset": 100, "description": "Spring"},
    },
}


def ordered(**changed: Any) -> dict[str, Any]:
    """Ask to pay the order with these parts of it changed; None takes a part out."""
    order = {key: one for key, one in (ORDER["order"] | changed).items() if one is not None}
    return interactive("order_details", named("review_and_pay", **(ORDER | {"order": order})))


def on_sale(amount: int) -> list[dict[str, Any]]:
    price = {"value": amount, "offset": 100}
    return [{"name": "x", "amount": MONEY, "sale_amount": price, "quantity": 5}]


TAKEN: list[dict[str, Any]] = [
    {"text": {"body": "See https://shop.example/1", "preview_url": True}},
    {"image": {"link": LINK, "caption": "Front door"}},
    {"video": {"link": "https://cdn.example/v.mp4", "caption": "x" * 1024}},
    {"audio": {"link": "https://cdn.example/v.ogg", "voice": True}},
    {"document": {"link": LINK, "filename": "a.pdf", "caption": "March"}},
    {"sticker": {"link": "https://cdn.example/s.webp"}},
    {"location": {"latitude": 41.3, "longitude": "2.1", "name": "Office", "address": "C 1"}},
    {"contacts": [{"name": {"formatted_name": "Ana Gil", "first_name": "Ana"}}] * 257},
    {
        "contacts": [
            {
                "name": {"formatted_name": "Ana Gil", "first_name": "Ana"},
                "phones": [{"phone": "+34600111333", "type": "WORK", "wa_id": "34600111333"}],
                "emails": [{"email": "ana@example.com", "type": "WORK"}],
                "org": {"company": "Gil SL", "title": "CTO"},
                "addresses": [{"street": "C 1", "country_code": "ES", "type": "WORK"}],
                "urls": [{"url": "https://gil.example", "type": "WORK"}],
                "birthday": "1990-02-01",
            }
        ]
    },
    {"reaction": {"message_id": "wamid.x", "emoji": "\U0001f44d"}},
    {"reaction": {"message_id": "wamid.x", "emoji": ""}},
    interactive(
        "button",
        {"buttons": [button("keep", "Keep"), button("move", "Move")]},
        header={"type": "text", "text": "Order 77"},
        footer={"text": "Reply within a day"},
    ),
    listed({"title": "Adult", "rows": rows(5)}, {"title": "Child", "rows": rows(5, 5)}),
    listed({"rows": [{"id": "s", "title": "Small", "description": "36-38"}]}),
    interactive("cta_url", named("cta_url", display_text="Open", url="https://shop.example")),
    interactive("location_request_message", named("send_location")),
    interactive("flow", named("flow", **FLOW, flow_action_payload={"screen": "START"})),
    interactive("product", {"catalog_id": "6001", "product_retailer_id": "sku-1"}),
    interactive(
        "product_list",
        {
            "catalog_id": "6001",
            "sections": [{"title": "Run", "product_items": [{"product_retailer_id": "sku-1"}]}],
        },
        header={"type": "text", "text": "Shoes"},
    ),
    interactive("catalog_message", named("catalog_message", thumbnail_product_retailer_id="sku-1")),
    interactive("carousel", {"cards": [card(0), card(1)]}),
    interactive("address_message", named("address_message", country="IN")),
    interactive("call_permission_request", named("call_permission_request")),
    interactive("voice_call", named("voice_call", display_text="Call", ttl_minutes=60)),
    interactive("request_contact_info", named("request_contact_info")),
    ordered(),
    ordered(items=on_sale(50)),
    ordered(discount=None, subtotal=MONEY, items=[ORDERED[0] | {"quantity": 1}], tax=TAX_OF_170),
    interactive(
        "order_status",
        named("review_order", reference_id="o77", order={"status": "shipped"}),
    ),
]


@pytest.mark.parametrize("content", TAKEN, ids=lambda content: next(iter(content)))
def test_every_documented_content_is_taken(content: dict[str, Any], graph: Graph) -> None:
    answer = graph.send(**content)
    assert answer.status_code == 200, answer.text
    assert graph.state.messages[-1].payload.items() >= content.items()


def test_no_type_is_left_out_of_the_test_above() -> None:
    types = {next(iter(content)) for content in TAKEN}
    assert types | {"template", "pin"} == set(CONTENTS)
    kinds = {content["interactive"]["type"] for content in TAKEN if "interactive" in content}
    assert kinds == set(INTERACTIVE)


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"image": {}}, 131008, "image.id or image.link"),
    ({"image": {"id": "1", "link": LINK}}, 131009, "image may have only one"),
    ({"image": {"id": "1"}}, 131009, "image.id"),
    ({"image": {"link": "ftp://cdn.example/a"}}, 131009, "image.link"),
    ({"image": {"link": LINK, "caption": "x" * 1025}}, 131009, "image.caption"),
    ({"audio": {"link": LINK, "caption": "x"}}, 100, 'Unexpected key "caption" on param "audio"'),
    ({"sticker": {"link": LINK, "caption": "x"}}, 100, '"caption" on param "sticker"'),
    ({"audio": {"link": LINK, "voice": "yes"}}, 131009, "audio.voice"),
    ({"location": {"latitude": 91, "longitude": 0}}, 131009, "location.latitude"),
    ({"location": {"latitude": 1}}, 131008, "location.longitude"),
    ({"location": {"latitude": "x", "longitude": 0}}, 131009, "location.latitude"),
    ({"location": {"latitude": 1, "longitude": 1, "address": "x"}}, 131009, "location.address"),
    ({"contacts": []}, 131009, "contacts"),
    ({"contacts": [{"name": {"formatted_name": "Ana"}}]}, 131009, "contacts[0].name"),
    ({"contacts": [{"name": {"first_name": "Ana"}}]}, 131008, "contacts[0].name.formatted_name"),
    ({"contacts": [{"name": {"formatted_name": "A", "first_name": "A"}}] * 258}, 131009, "257"),
    ({"reaction": {"message_id": "wamid.x"}}, 131008, "reaction.emoji"),
    ({"reaction": {"message_id": "wamid.x", "emoji": "ok"}}, 131009, "reaction.emoji"),
    ({"interactive": {"type": "poll"}}, 131009, "interactive.type"),
    ({"interactive": {}}, 131008, "interactive.type"),
    (
        interactive("button", {"buttons": [button("a", "A")] * 4}),
        131009,
        "interactive.action.buttons",
    ),
    (
        interactive("button", {"buttons": [button("a", "A"), button("a", "B")]}),
        131009,
        "buttons[].reply.id must be unique",
    ),
    (
        interactive("button", {"buttons": [button("a", "A"), button("b", "A")]}),
        131009,
        "buttons[].reply.title must be unique",
    ),
    (
        interactive("button", {"buttons": [button("a", "x" * 21)]}),
        131009,
        "buttons[0].reply.title",
    ),
    (
        interactive("button", {"buttons": [button("x" * 257, "A")]}),
        131009,
        "buttons[0].reply.id",
    ),
    (interactive("button", {"buttons": [button("a", "A")]}, body=None), 131008, "interactive.body"),
    (
        interactive("button", {"buttons": [button("a", "A")]}, body={"text": "x" * 1025}),
        131009,
        "interactive.body.text",
    ),
    (
        interactive("button", {"buttons": [button("a", "A")]}, footer={"text": "x" * 61}),
        131009,
        "interactive.footer.text",
    ),
    (
        interactive(
            "button", {"buttons": [button("a", "A")]}, header={"type": "text", "text": "x" * 61}
        ),
        131009,
        "interactive.header.text",
    ),
    (
        interactive("button", {"buttons": [button("a", "A")]}, header={"type": "location"}),
        131009,
        "interactive.header.type",
    ),
    (listed({"rows": rows(11)}), 131009, "rows"),
    (listed({"title": "a", "rows": rows(6)}, {"title": "b", "rows": rows(5, 6)}), 131009, "10"),
    (listed({"rows": rows(1)}, {"rows": rows(1, 1)}), 131008, "sections[0].title"),
    (listed({"title": "a", "rows": rows(2)}, {"title": "b", "rows": rows(1)}), 131009, "unique"),
    (listed({"rows": [{"id": "x", "title": "x" * 25}]}), 131009, "rows[0].title"),
    (listed({"rows": [{"id": "x" * 201, "title": "x"}]}), 131009, "rows[0].id"),
    (listed({"rows": [{"id": "x", "title": "x", "description": "x" * 73}]}), 131009, "description"),
    (
        interactive("list", {"button": "x" * 21, "sections": [{"rows": rows(1)}]}),
        131009,
        "action.button",
    ),
    (
        interactive(
            "list",
            {"button": "S", "sections": [{"rows": rows(1)}]},
            header={"type": "image", "image": {"link": LINK}},
        ),
        131009,
        "interactive.header.type",
    ),
    (
        interactive("cta_url", named("cta_url", display_text="x" * 21, url="https://a.example")),
        131009,
        "display_text",
    ),
    (interactive("cta_url", named("cta_url", display_text="x", url="a.example")), 131009, "url"),
    (interactive("cta_url", named("other", display_text="x", url=LINK)), 131009, "action.name"),
    (
        interactive("location_request_message", named("send_location"), footer=BODY),
        100,
        '"footer" on param "interactive"',
    ),
    (interactive("flow", named("flow", **FLOW, flow_name="x")), 131009, "only one"),
    (interactive("flow", named("flow", **{**FLOW, "flow_cta": "x" * 31})), 131009, "flow_cta"),
    (interactive("flow", named("flow", **{**FLOW, "flow_cta": "\U0001f600"})), 131009, "flow_cta"),
    (
        interactive("flow", named("flow", **{**FLOW, "flow_message_version": "2"})),
        131009,
        "flow_message_version",
    ),
    (interactive("carousel", {"cards": [card(0)]}), 131009, "interactive.action.cards"),
    (interactive("carousel", {"cards": [card(0), card(0)]}), 131009, "card_index"),
    (
        interactive("carousel", {"cards": [card(0), card(1, body={"text": "a\nb\nc\nd"})]}),
        131009,
        "cards[1].body.text",
    ),
    (
        interactive(
            "carousel",
            {"cards": [card(0), card(1, header={"type": "video", "video": {"link": LINK}})]},
        ),
        131009,
        "header.type",
    ),
    (
        interactive("product_list", {"catalog_id": "1", "sections": []}),
        131008,
        "interactive.header",
    ),
    (interactive("address_message", named("address_message", country="DE")), 131009, "country"),
    ({"pin": {"type": "pin", "message_id": "wamid.x"}}, 131009, "recipient_type"),
    (ordered(discount=None), 131009, "parameters.total_amount.value must be subtotal + tax"),
    (ordered(subtotal=MONEY), 131009, "parameters.order.subtotal.value must be the sum"),
    (ordered(items=on_sale(49)), 131009, "parameters.order.subtotal.value must be the sum"),
    (ordered(tax=None), 131008, "parameters.order.tax"),
    (ordered(items=[{"name": "x", "quantity": 1}]), 131008, "order.items[0].amount"),
]


@pytest.mark.parametrize(("content", "code", "named_in"), REFUSED)
def test_what_meta_refuses_is_refused_with_the_field_named(
    content: dict[str, Any], code: int, named_in: str, graph: Graph
) -> None:
    answer = graph.send(**content)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, code), answer.text
    assert named_in in error["error_data"]["details"]
    assert graph.state.total == 0


def test_a_reaction_quotes_nothing(graph: Graph) -> None:
    answer = graph.send(
        reaction={"message_id": "wamid.x", "emoji": "\U0001f44d"}, context={"message_id": "wamid.x"}
    )
    assert answer.json()["error"]["code"] == 131009


def test_a_reaction_to_nothing_is_taken_and_fails(graph: Graph) -> None:
    known = graph.order("reply", {"from": "34600111222", "text": "hi"})["id"]
    thumb = {"emoji": "\U0001f44d"}
    assert graph.fate(graph.send(reaction={"message_id": known, **thumb})) is None
    assert graph.fate(graph.send(reaction={"message_id": "wamid.no", **thumb})) == 131009


def test_a_group_is_known_once_somebody_wrote_in_it(graph: Graph) -> None:
    sent = {"recipient_type": "group", "text": {"body": "hi"}}
    envelope = {"messaging_product": "whatsapp", "to": "GRP==", "type": "text", **sent}
    path = f"{graph.number}/messages"
    assert graph.call("POST", path, envelope).json()["error"]["code"] == 131041
    graph.order("inbound", {"kind": "text", "from": "34600111222", "group_id": "GRP=="})
    told = graph.call("POST", path, envelope).json()
    assert told["messages"][0]["group_id"] == "GRP=="
    pin = {"type": "pin", "pin": {"type": "pin", "message_id": "wamid.x", "expiration_days": 7}}
    assert graph.call("POST", path, {**envelope, **pin}).status_code == 200


def test_the_business_number_cannot_write_to_itself(graph: Graph) -> None:
    answer = graph.send("15550100200", text={"body": "me"})
    assert answer.json()["error"]["code"] == 131021


@pytest.mark.parametrize(
    ("asked", "answers"), [("v25.0", "v25.0"), ("v17.0", "v21.0"), ("v26.0", "v26.0")]
)
def test_a_dead_version_is_answered_by_the_oldest_live_one(
    asked: str, answers: str, graph: Graph
) -> None:
    headers = {"Authorization": f"Bearer {graph.token}"}
    url = f"{graph.remote.url}/{asked}/{graph.number}"
    answer = httpx.get(url, headers=headers, trust_env=False)
    assert (answer.status_code, answer.headers["facebook-api-version"]) == (200, answers)


def test_a_path_without_a_version_is_answered_by_the_oldest_live_one(graph: Graph) -> None:
    url = f"{graph.remote.url}/{graph.number}?access_token={graph.token}"
    answer = httpx.get(url, trust_env=False)
    assert (answer.status_code, answer.headers["facebook-api-version"]) == (200, "v21.0")


def test_a_version_of_tomorrow_is_no_path(graph: Graph) -> None:
    url = f"{graph.remote.url}/v99.0/{graph.number}?access_token={graph.token}"
    assert httpx.get(url, trust_env=False).json()["error"]["code"] == 2500


def test_wrong_proof_is_refused_though_none_is_demanded(graph: Graph) -> None:
    answer = graph.call("GET", graph.number, params={"appsecret_proof": "0" * 64})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, 100)
    assert error["message"] == "Invalid appsecret_proof provided in the API argument"
    assert graph.call("GET", graph.number).status_code == 200


def test_proof_is_demanded_where_it_is_switched_on(graph: Graph) -> None:
    import hashlib  # noqa: PLC0415 - only here
    import hmac  # noqa: PLC0415 - only here

    graph.order("behaviour", {"demand_proof": True}, "PATCH")
    answer = graph.send(text={"body": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
    assert answer.json()["error"]["type"] == "GraphMethodException"
    secret = str(graph.remote.account["app_secret"]).encode()

    def proved(words: str, **more: str) -> int:
        proof = hmac.new(secret, words.encode(), hashlib.sha256).hexdigest()
        query = {"appsecret_proof": proof, **more}
        return graph.call("GET", graph.number, params=query).status_code

    now = str(int(graph.state.clock.now()))
    assert proved(graph.token) == 200
    assert proved(f"{graph.token}|{now}", appsecret_time=now) == 200
    assert proved(f"{graph.token}|1", appsecret_time="1") == 400
    assert proved("other") == 400


def test_marketing_messages_take_marketing_templates_only(graph: Graph) -> None:
    def send(name: str, language: str, components: Any) -> httpx.Response:
        template = {"name": name, "language": {"code": language}, "components": components}
        body = {"messaging_product": "whatsapp", "to": "34600111222", "type": "template"}
        path = f"{graph.number}/marketing_messages"
        more = {"template": template, "message_activity_sharing": True}
        return graph.call("POST", path, {**body, **more})

    assert send("hello_world", "en_US", []).json()["error"]["code"] == 134100
    parameters = [{"type": "text", "text": "Ana"}]
    cards = [
        {
            "card_index": place,
            "components": [
                {"type": "header", "parameters": [{"type": "image", "image": {"link": LINK}}]},
                {"type": "body", "parameters": parameters},
            ],
        }
        for place in (0, 1)
    ]
    components = [{"type": "body", "parameters": parameters}, {"type": "carousel", "cards": cards}]
    answer = send("new_arrivals", "en_US", components)
    assert answer.status_code == 200, answer.text
    text = {"messaging_product": "whatsapp", "to": "34600111222", "text": {"body": "x"}}
    refused = graph.call("POST", f"{graph.number}/marketing_messages", text)
    assert refused.json()["error"]["code"] == 131009
