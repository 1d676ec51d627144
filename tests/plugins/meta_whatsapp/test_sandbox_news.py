"""What the sandbox tells: everything that can come in, to whom, and for how long."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.sandbox.state.messages import TakenMessage
from relevo_meta_whatsapp.sandbox.webhooks.field_samples import FIELDS
from relevo_meta_whatsapp.sandbox.webhooks.inbound import KINDS
from relevo_meta_whatsapp.sandbox.webhooks.pointing import POINTING
from relevo_meta_whatsapp.sandbox.webhooks.samples import MESSAGES
from relevo_meta_whatsapp.testing import WhatsAppSandbox

pytest_plugins = ["relevo_meta_whatsapp.testing"]

ANA = "34600111222"
WEEK_S = 7 * 24 * 3600


@dataclass
class Ear:
    """An address that listens to webhooks, and can refuse them."""

    url: str = ""
    verify_token: str = "mine"
    posts: list[tuple[bytes, str]] = field(default_factory=list)
    status: int = 200

    def values(self) -> list[tuple[str, Any]]:
        """Give all changes that were told: field and value."""
        return [
            (change["field"], change["value"])
            for body, _ in self.posts
            for entry in json.loads(body)["entry"]
            for change in entry["changes"]
        ]


@pytest.fixture
def ears() -> Iterator[list[Ear]]:
    """Three addresses that listen."""
    heard = [Ear() for _ in range(3)]
    servers = []
    for ear in heard:

        class Handler(BaseHTTPRequestHandler):
            mine = ear

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                knows = query["hub.verify_token"] == [self.mine.verify_token]
                self.answer(200 if knows else 403, query["hub.challenge"][0].encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.mine.posts.append((body, self.headers["X-Hub-Signature-256"]))
                self.answer(self.mine.status, b"")

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its own name
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        ear.url = f"http://127.0.0.1:{server.server_port}/hook"
        servers.append(server)
    yield heard
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def told(whatsapp_sandbox: WhatsAppSandbox, ears: list[Ear]) -> tuple[WhatsAppSandbox, Ear]:
    whatsapp_sandbox.tell(ears[0].url)
    return whatsapp_sandbox, ears[0]


def whatsapp(sandbox: WhatsAppSandbox) -> MetaWhatsApp:
    settings = {key: value for key, value in sandbox.account.items() if key != "provider"}
    return MetaWhatsApp("shop", MetaWhatsAppConfig.model_validate(settings), None)


def call(sandbox: WhatsAppSandbox, method: str, path: str, json: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {sandbox.account['access_token']}"}
    return httpx.request(
        method, f"{sandbox.url}/v25.0/{path}", json=json, headers=headers, trust_env=False
    )


def send(sandbox: WhatsAppSandbox, **more: Any) -> str:
    body = {"messaging_product": "whatsapp", "to": ANA, "text": {"body": "x"}, **more}
    answer = call(sandbox, "POST", f"{sandbox.account['phone_number_id']}/messages", body)
    return str(answer.json()["messages"][0]["id"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_provider_verifies_and_understands_whatever_comes_in(
    kind: str, told: tuple[WhatsAppSandbox, Ear]
) -> None:
    sandbox, ear = told
    pointing = POINTING.get(kind)
    content = {pointing.key: "wamid.OURS"} if pointing else None
    wamid = sandbox.inbound(kind, ANA, content=content)
    sandbox.advance(0)
    ((body, signature),) = ear.posts
    provider = whatsapp(sandbox)
    request = relevo.WebhookRequest("POST", "/", body, {"X-Hub-Signature-256": signature})
    provider.verify_webhook(request)
    items = provider.split_webhook(request)
    events = [event for item in items for event in provider.parse_item(item)]
    assert events
    if kind in MESSAGES:
        (event,) = [one for one in events if isinstance(one, relevo.InboundMessage)]
        assert event.provider_message_id == wamid


def test_every_field_sample_names_its_field() -> None:
    for kind, samples in FIELDS.items():
        subjects = {sample.subject for sample in samples}
        assert subjects == {kind} or (kind in {"status", "errors"} and subjects == {"messages"})


def test_people_who_hide_their_number_are_named_by_their_id_only(
    told: tuple[WhatsAppSandbox, Ear],
) -> None:
    """Absent, not empty: no key that would hold the number is there."""
    sandbox, ear = told
    sandbox.inbound("text", user_id="ES.7Hq2c0PdY4m", username="@anagil")
    sandbox.inbound("text", ANA, user_id="ES.8Hq2c0PdY4m", hides_number=True)
    sandbox.inbound("user_preferences", user_id="ES.7Hq2c0PdY4m")
    sandbox.advance(0)
    values = [value for _, value in ear.values()]
    assert all(ANA not in body.decode() for body, _ in ear.posts)
    names = {value["messages"][0]["from_user_id"] for value in values if "messages" in value}
    assert names == {"ES.7Hq2c0PdY4m", "ES.8Hq2c0PdY4m"}
    for value in values:
        for part in (*value.get("messages", ()), *value["contacts"]):
            assert not {"from", "wa_id"} & set(part)
    profiles = [value["contacts"][0].get("profile", {}) for value in values]
    assert {"name": "Sandbox person", "username": "@anagil"} in profiles


def test_what_a_caller_gives_goes_over_the_sample(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    sandbox.inbound(
        "image",
        ANA,
        content={"caption": None},
        context={"forwarded": True},
        referral={"source_id": "1"},
        id="wamid.MINE",
        timestamp="1770000000000",
        more={"tomorrow": 1},
    )
    sandbox.inbound("account_update", content={"event": "ACCOUNT_RESTRICTION"})
    sandbox.inbound("account_update", content={"event": "VERIFIED_ACCOUNT"})
    sandbox.advance(0)
    values = dict(ear.values()[:1])
    message = next(value for name, value in ear.values() if name == "messages")["messages"][0]
    assert values
    assert "caption" not in message["image"]
    assert message["image"]["url"].startswith(sandbox.url)
    assert (message["id"], message["timestamp"], message["tomorrow"]) == (
        "wamid.MINE",
        "1770000000000",
        1,
    )
    updates = [value for name, value in ear.values() if name == "account_update"]
    assert {"event": "VERIFIED_ACCOUNT"} in updates
    assert any("restriction_info" in value and "phone_number" not in value for value in updates)


def test_one_event_can_be_told_many_times(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    sandbox.inbound("text", ANA, times=3)
    sandbox.advance(0)
    assert len({json.dumps(value) for _, value in ear.values()}) == 1
    assert len(ear.values()) == 3


def test_a_batch_mixes_numbers_and_accounts(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    sandbox.add_number("770055009999", display_number="15550100300")
    sandbox.add_number("770055008888", display_number="15550100400", waba_id="881100229999")
    sandbox.behave(batch=50, batch_wait_s=0.1, story=())
    for number in (None, "770055009999", "770055008888"):
        sandbox.inbound("text", ANA, phone_number_id=number)
        sandbox.inbound("text", ANA, phone_number_id=number)
    sandbox.inbound("security")
    sandbox.advance(0)
    ((body, _),) = ear.posts
    entries = json.loads(body)["entry"]
    assert {entry["id"] for entry in entries} == {"881100220033", "881100229999"}
    numbers = [
        value["metadata"]["phone_number_id"] for name, value in ear.values() if name == "messages"
    ]
    assert sorted(set(numbers)) == ["770055001122", "770055008888", "770055009999"]
    assert sum(len(value.get("messages", ())) for _, value in ear.values()) == 6


def test_a_refused_webhook_comes_for_a_week_and_then_is_lost(
    told: tuple[WhatsAppSandbox, Ear],
) -> None:
    sandbox, ear = told
    ear.status = 500
    sandbox.inbound("text", ANA)
    sandbox.advance(3600)
    in_the_first_hour = len(ear.posts)
    sandbox.advance(6 * 24 * 3600)
    before = len(ear.posts)
    assert 10 < in_the_first_hour < before < 200
    sandbox.advance(2 * 24 * 3600)
    last = len(ear.posts)
    sandbox.advance(WEEK_S)
    assert before <= last == len(ear.posts)
    state = httpx.get(f"{sandbox.url}/sandbox/state", trust_env=False).json()
    assert state["lost"] == 1


def test_what_is_taken_at_last_is_not_told_again(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    ear.status = 503
    sandbox.inbound("text", ANA)
    sandbox.advance(24 * 3600)
    ear.status = 200
    sandbox.advance(24 * 3600)
    count = len(ear.posts)
    sandbox.advance(WEEK_S)
    assert len(ear.posts) == count


def test_every_app_is_told_and_again_if_one_refuses(
    told: tuple[WhatsAppSandbox, Ear], ears: list[Ear]
) -> None:
    """An app that answered 200 hears it again because another failed."""
    sandbox, ear = told
    other = {"app_id": "55", "url": ears[1].url, "secret": "theirs", "fields": ["messages"]}
    httpx.post(f"{sandbox.url}/sandbox/apps", json=other, trust_env=False).raise_for_status()
    ears[1].status = 500
    sandbox.inbound("text", ANA)
    sandbox.inbound("security")
    sandbox.advance(0)
    assert (len(ear.posts), len(ears[1].posts)) == (2, 1)
    body, signature = ears[1].posts[0]
    assert signature == f"sha256={hmac.new(b'theirs', body, hashlib.sha256).hexdigest()}"
    ears[1].status = 200
    sandbox.advance(1)
    assert (len(ear.posts), len(ears[1].posts)) == (3, 2)


def test_overrides_go_number_over_account_over_app(
    told: tuple[WhatsAppSandbox, Ear], ears: list[Ear]
) -> None:
    sandbox, _ = told
    number, waba = sandbox.account["phone_number_id"], sandbox.account["waba_id"]

    def heard() -> list[int]:
        for ear in ears:
            ear.posts.clear()
        sandbox.inbound("text", ANA)
        sandbox.inbound("security")
        sandbox.advance(0)
        return [len(ear.posts) for ear in ears]

    assert heard() == [2, 0, 0]
    override = {"override_callback_uri": ears[1].url, "verify_token": "mine"}
    assert call(sandbox, "POST", f"{waba}/subscribed_apps", override).status_code == 200
    assert heard() == [1, 1, 0]
    own = {"webhook_configuration": {**override, "override_callback_uri": ears[2].url}}
    assert call(sandbox, "POST", f"{number}", own).status_code == 200
    assert heard() == [1, 0, 1]
    fields = call(sandbox, "GET", f"{number}?fields=webhook_configuration").json()
    assert fields["webhook_configuration"] == {
        "application": ears[0].url,
        "whatsapp_business_account": ears[1].url,
        "phone_number": ears[2].url,
    }
    listed = call(sandbox, "GET", f"{waba}/subscribed_apps").json()["data"]
    assert [one["override_callback_uri"] for one in listed] == [ears[1].url]
    none = {"webhook_configuration": {"override_callback_uri": ""}}
    assert call(sandbox, "POST", f"{number}", none).status_code == 200
    assert call(sandbox, "POST", f"{waba}/subscribed_apps").status_code == 200
    assert heard() == [2, 0, 0]
    assert call(sandbox, "DELETE", f"{waba}/subscribed_apps").status_code == 200
    assert heard() == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"verify_token": "wrong"}, 2200),
        ({"override_callback_uri": "http://127.0.0.1:9/"}, 2200),
        ({"override_callback_uri": "https://hooks.example/"}, 100),
        ({"override_callback_uri": "http://127.0.0.1/" + "x" * 200}, 100),
        ({"verify_token": None}, 100),
    ],
)
def test_an_address_that_does_not_shake_hands_is_refused(
    change: dict[str, Any], code: int, told: tuple[WhatsAppSandbox, Ear]
) -> None:
    sandbox, ear = told
    asked = {"override_callback_uri": ear.url, "verify_token": "mine", **change}
    answer = call(sandbox, "POST", f"{sandbox.account['waba_id']}/subscribed_apps", asked)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_an_apps_own_address_is_changed_with_the_apps_token(
    told: tuple[WhatsAppSandbox, Ear], ears: list[Ear]
) -> None:
    sandbox, ear = told
    form = {
        "object": "whatsapp_business_account",
        "callback_url": ears[1].url,
        "verify_token": "mine",
        "fields": "messages,security",
        "access_token": f"660044002200|{sandbox.account['app_secret']}",
    }
    url = f"{sandbox.url}/v25.0/660044002200/subscriptions"
    assert httpx.post(url, params=form, trust_env=False).json() == {"success": True}
    for kind in ("text", "security", "account_update"):
        sandbox.inbound(kind, ANA)
    sandbox.advance(0)
    assert (len(ear.posts), len(ears[1].posts)) == (0, 2)


def test_statuses_are_priced_and_name_what_they_must(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    sandbox.behave(status_after_s=1, user_ids=True)
    wamid = send(sandbox, biz_opaque_callback_data="ord-77/3")
    sandbox.advance(10)
    statuses = [status for _, value in ear.values() for status in value["statuses"]]
    assert [one["status"] for one in statuses] == ["sent", "delivered", "read"]
    assert {one["id"] for one in statuses} == {wamid}
    assert {one["biz_opaque_callback_data"] for one in statuses} == {"ord-77/3"}
    assert statuses[0]["pricing"] == {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_customer_service",
        "category": "service",
    }
    assert "pricing" not in statuses[2]
    assert all(one["recipient_user_id"].startswith("ES.") for one in statuses)
    gaps = [int(statuses[place]["timestamp"]) for place in range(3)]
    assert gaps == sorted(set(gaps))


def test_a_reaction_is_only_sent(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    wamid = sandbox.inbound("text", ANA)
    send(sandbox, type="reaction", reaction={"message_id": wamid, "emoji": "\U0001f44d"})
    sandbox.advance(10)
    words = [one["status"] for _, value in ear.values() for one in value.get("statuses", ())]
    assert words == ["sent"]


def test_template_news_tell_what_happened(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    sandbox.template("hello_world", quality="YELLOW")
    sandbox.template("hello_world", status="PAUSED")
    sandbox.template("hello_world", status="DISABLED")
    sandbox.advance(0)
    news = {value.get("event", name): value for name, value in ear.values()}
    assert news["message_template_quality_update"]["new_quality_score"] == "YELLOW"
    assert news["PAUSED"]["other_info"]["title"] == "FIRST_PAUSE"
    assert isinstance(news["DISABLED"]["message_template_id"], int)
    assert isinstance(news["DISABLED"]["disable_info"]["disable_date"], int)


def test_dropped_news_are_never_told(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    sandbox.behave(drop=1)
    send(sandbox)
    sandbox.advance(60)
    assert ear.posts == []


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "telepathy"},
        {"kind": "text", "phone_number_id": "1"},
        {"kind": "text", "from": "x"},
        {"kind": "text", "nonsense": 1},
    ],
)
def test_what_cannot_come_in_is_refused_with_a_reason(
    asked: dict[str, Any], told: tuple[WhatsAppSandbox, Ear]
) -> None:
    answer = httpx.post(f"{told[0].url}/sandbox/inbound", json=asked, trust_env=False)
    assert (answer.status_code, answer.json()["sandbox"]) == (400, True)
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("route", "asked"),
    [
        ("templates", {"name": "no_such"}),
        ("templates", {"name": "order_update", "language": "fr"}),
        ("templates", {"name": "order_update", "status": "LOST"}),
        ("numbers", {"phone_number_id": "770055001122", "facts": {"shoe_size": 44}}),
        ("numbers", {"phone_number_id": "x"}),
        ("apps", {"app_id": "1", "url": "https://hooks.example/"}),
        ("clock", {"advance_s": -1}),
        ("scenario", {"steps": [{"at": 0}]}),
        ("scenario", {"apps": [{"app_id": "1", "url": "http://10.0.0.1/"}]}),
        ("reply", {"from": ANA, "text": "x", "phone_number_id": "1"}),
    ],
)
def test_orders_that_cannot_be_are_refused_with_a_reason(
    route: str, asked: dict[str, Any], whatsapp_sandbox: WhatsAppSandbox
) -> None:
    answer = httpx.post(f"{whatsapp_sandbox.url}/sandbox/{route}", json=asked, trust_env=False)
    assert (answer.status_code, answer.json()["sandbox"]) == (400, True)
    assert answer.json()["error"]


def test_statuses_count_as_told_only_where_somebody_listens(
    whatsapp_sandbox: WhatsAppSandbox, ears: list[Ear]
) -> None:
    send(whatsapp_sandbox)
    whatsapp_sandbox.advance(10)
    assert [one["told"] for one in whatsapp_sandbox.messages] == [[]]
    whatsapp_sandbox.tell(ears[0].url)
    send(whatsapp_sandbox)
    whatsapp_sandbox.advance(10)
    assert whatsapp_sandbox.messages[-1]["told"] == ["sent", "delivered", "read"]


def test_after_a_reset_nothing_of_before_is_told(told: tuple[WhatsAppSandbox, Ear]) -> None:
    sandbox, ear = told
    sandbox.behave(status_after_s=60)
    ear.status = 500
    send(sandbox)
    sandbox.inbound("text", ANA)
    sandbox.advance(0)
    sandbox.reset()
    sandbox.tell(ear.url)
    ear.posts.clear()
    sandbox.advance(WEEK_S)
    assert ear.posts == []
    assert sandbox.messages == []


def test_wrong_order_of_a_test_is_told_in_plain_words(whatsapp_sandbox: WhatsAppSandbox) -> None:
    with pytest.raises(ValueError, match=r"^window: there is no such field\. .* mean windows\?$"):
        whatsapp_sandbox.behave(window="real")
    with pytest.raises(ValueError, match=r"^faults: it has to be a list\.$"):
        whatsapp_sandbox.behave(faults={"status": 500})
    with pytest.raises(ValueError, match=r"^status: it should be "):
        whatsapp_sandbox.template("hello_world", status="GONE")


def test_statuses_are_noted_as_the_story_has_them_whoever_answers_first() -> None:
    message = TakenMessage("wamid.1", {"wa_id": ANA}, {}, "1", 0.0)
    message.heard += [(1, "delivered"), (0, "sent"), (2, "read"), (0, "sent")]
    assert message.view()["told"] == ["sent", "sent", "delivered", "read"]
