"""The sandbox tells its news by webhooks that the provider verifies and understands."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from time import monotonic
from typing import Any

import anyio
import httpx
import pytest
from anyio.abc import SocketAttribute

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.sandbox import Behaviour, Fault, MetaSandbox, SandboxNumber
from relevo_meta_whatsapp.sandbox.running import RunningMetaSandbox
from relevo_meta_whatsapp.sandbox.serving import serve

pytestmark = pytest.mark.anyio

TO = "541130946950"
WORDS = "canary words"
QUICK = {"status_after_s": 0.0, "batch_wait_s": 0.02, "retry_base_s": 0.01}
NUMBER = SandboxNumber()


@pytest.fixture
def anyio_backend() -> str:
    """The sandbox runs on asyncio only."""
    return "asyncio"


def whatsapp_of(number: SandboxNumber) -> MetaWhatsApp:
    settings = number.account("http://127.0.0.1:1")
    settings.pop("provider")
    return MetaWhatsApp("shop", MetaWhatsAppConfig.model_validate(settings), None)


class Listener:
    """An application's webhook URL: it verifies, splits and parses with the provider itself."""

    def __init__(self) -> None:
        self.provider = whatsapp_of(NUMBER)
        self.bodies: list[bytes] = []
        self.keys: list[str] = []
        self.events: list[relevo.ProviderEvent] = []
        self.refuse: Sequence[int] = ()
        self.times: list[float] = []
        self._news = anyio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (part := await receive()).get("more_body"):
            body += part["body"]
        body += part["body"]
        reply = self.answer(scope, body)
        headers = [(b"content-type", reply.content_type.encode())]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})
        self._news.set()

    def answer(self, scope: Any, body: bytes) -> relevo.WebhookReply:
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(httpx.QueryParams(scope["query_string"].decode()))
        request = relevo.WebhookRequest(scope["method"], scope["path"], body, headers, query)
        try:
            if request.method == "GET":
                return self.provider.webhook_challenge(request)
            self.provider.verify_webhook(request)
        except relevo.WebhookRejected:
            return relevo.WebhookReply(401)
        self.times.append(monotonic())
        if len(self.times) <= len(self.refuse):
            return relevo.WebhookReply(self.refuse[len(self.times) - 1])
        self.bodies.append(body)
        for item in self.provider.split_webhook(request):
            self.keys.append(item.key)
            self.events.extend(self.provider.parse_item(item))
        return relevo.WebhookReply()

    async def wait(self, is_enough: Callable[[], bool]) -> None:
        with anyio.fail_after(30):
            while not is_enough():
                self._news = anyio.Event()
                await self._news.wait()

    async def wait_for_events(self, count: int) -> list[relevo.ProviderEvent]:
        await self.wait(lambda: len(self.events) >= count)
        return self.events

    async def wait_for_statuses(self, count: int) -> list[relevo.StatusUpdate]:
        events = await self.wait_for_events(count)
        return [event for event in events if isinstance(event, relevo.StatusUpdate)]


@pytest.fixture
async def listener() -> Listener:
    return Listener()


@asynccontextmanager
async def running(listener: Listener, **behaviour: Any) -> AsyncIterator[RunningMetaSandbox]:
    sandbox = MetaSandbox(number=NUMBER, behaviour=Behaviour(**{**QUICK, **behaviour}))
    async with (
        serve(listener, 0) as port,
        sandbox.start(f"http://127.0.0.1:{port}/webhooks/shop") as up,
    ):
        yield up


async def send(sandbox: RunningMetaSandbox, echo: str = "e.1", **more: Any) -> httpx.Response:
    envelope = {
        "messaging_product": "whatsapp",
        "to": TO,
        "type": "text",
        "text": {"body": WORDS},
        "biz_opaque_callback_data": echo,
    }
    headers = {"Authorization": f"Bearer {sandbox.account['access_token']}"}
    route = f"{sandbox.url}/v25.0/{NUMBER.phone_number_id}/messages"
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(route, json={**envelope, **more}, headers=headers, timeout=10)


def words(statuses: Sequence[relevo.StatusUpdate]) -> list[str]:
    raws = [status.raw for status in statuses]
    return [str(raw["status"]) for raw in raws if isinstance(raw, dict)]


async def test_a_message_is_sent_delivered_and_read(listener: Listener) -> None:
    message = relevo.Message(to=TO, text=WORDS)
    async with running(listener, status_after_s=0.05) as sandbox:
        answer = await send(sandbox, message.echo_id)
        statuses = await listener.wait_for_statuses(3)
    assert [status.status for status in statuses] == ["sent", "delivered", "read"]
    for status in statuses:
        assert status.provider_message_id == answer.json()["messages"][0]["id"]
        assert (status.message_id, status.attempt) == (message.message_id, 1)
        assert status.recipient == relevo.Address("tel", "5491130946950")
        assert status.occurred_at is not None
        assert status.error is None
    priced = [status.raw for status in statuses if "pricing" in str(status.raw)]
    assert len(priced) == 2


async def test_webhooks_are_written_as_meta_writes_them(listener: Listener) -> None:
    """A re-encoder would not reproduce these bytes, so only the raw ones verify."""
    async with running(listener) as sandbox:
        await sandbox.reply("ñandú <a@b.example> https://x.example", TO)
        (event,) = await listener.wait_for_events(1)
    (body,) = listener.bodies
    assert body.isascii()
    for piece in (rb"\u00f1and", rb"\u003c", rb"a\u0040b", rb"https:\/\/"):
        assert piece in body
    assert isinstance(event, relevo.InboundMessage)
    assert event.content == relevo.TextContent(body="ñandú <a@b.example> https://x.example")


async def test_a_person_writes_under_whatsapps_own_spelling(listener: Listener) -> None:
    async with running(listener) as sandbox:
        await sandbox.reply("hola", "+54 11 3094-6950")
        (event,) = await listener.wait_for_events(1)
    assert isinstance(event, relevo.InboundMessage)
    assert event.sender == relevo.Address("tel", "5491130946950")
    assert event.sender_name == "Sandbox person"
    provider = listener.provider
    assert provider.lane_key(event.sender) == provider.lane_key(relevo.Address.parse(TO))


async def test_a_message_to_a_user_id_is_told_by_that_id(listener: Listener) -> None:
    async with running(listener, story=("sent",)) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.account['access_token']}"}
        route = f"{sandbox.url}/v25.0/{NUMBER.phone_number_id}/messages"
        body = {"messaging_product": "whatsapp", "recipient": "ES.7Hq2", "text": {"body": "x"}}
        async with httpx.AsyncClient(trust_env=False) as client:
            (await client.post(route, json=body, headers=headers)).raise_for_status()
        (status,) = await listener.wait_for_statuses(1)
    assert status.recipient == relevo.Address("wa_user", "ES.7Hq2")


@pytest.mark.parametrize(
    ("behaviour", "told", "code"),
    [
        ({"story": ("sent", "read")}, ["sent", "read"], None),
        ({"story": ("failed",), "fail_code": 131047}, ["failed"], "131047"),
        (
            {"story": ("sent", "delivered", "failed"), "status_after_s": 0.05},
            ["sent", "delivered", "failed"],
            "131026",
        ),
        ({"story": ("deleted",)}, ["deleted"], None),
        ({"unknown_users": frozenset({"+54 9 11 3094-6950"})}, ["failed"], "131026"),
        ({"unknown_users": frozenset({"34600111222"}), "story": ("sent",)}, ["sent"], None),
    ],
)
async def test_a_message_has_the_story_it_was_told_to_have(
    behaviour: dict[str, Any], told: list[str], code: str | None, listener: Listener
) -> None:
    async with running(listener, **{"status_after_s": 0.05, **behaviour}) as sandbox:
        await send(sandbox)
        statuses = await listener.wait_for_statuses(len(told))
    assert words(statuses) == told
    error = statuses[-1].error
    assert (error.provider_code if error else None) == code


async def test_doubled_news_carry_the_same_keys(listener: Listener) -> None:
    async with running(listener, duplicate=1) as sandbox:
        await send(sandbox)
        await listener.wait_for_events(6)
    assert len(listener.keys) == 6
    assert len(set(listener.keys)) == 3


async def test_shuffled_stories_repeat_with_their_seed() -> None:
    behaviour = {"reorder": 1, "status_after_s": 0.03}
    orders = []
    for seed in (1, 1, 2, 3, 4):
        other = Listener()
        async with running(other, seed=seed, **behaviour) as sandbox:
            await send(sandbox)
            orders.append(words(await other.wait_for_statuses(3)))
    assert orders[0] == orders[1]
    assert any(order != ["sent", "delivered", "read"] for order in orders)
    assert all(sorted(order) == ["delivered", "read", "sent"] for order in orders)


async def test_a_batch_holds_news_of_many_messages(listener: Listener) -> None:
    async with running(listener, batch=50, batch_wait_s=0.3) as sandbox:
        async with anyio.create_task_group() as tasks:
            for number in range(8):
                tasks.start_soon(send, sandbox, f"e{number}.1")
        await sandbox.reply("hola", TO)
        await listener.wait_for_events(25)
    assert len(listener.bodies) < 25
    assert len(set(listener.keys)) == 25


async def test_a_refused_webhook_comes_again_after_growing_gaps(listener: Listener) -> None:
    listener.refuse = (500, 404, 301, 204)
    async with running(listener, retry_base_s=0.05, story=("sent",)) as sandbox:
        await send(sandbox)
        await listener.wait_for_statuses(1)
        with anyio.fail_after(30):
            while sandbox.state.messages[0].told != ["sent"]:
                await anyio.sleep(0.01)
    gaps = [later - earlier for earlier, later in pairwise(listener.times)]
    assert len(gaps) == 4
    for gap, least in zip(gaps, (0.05, 0.1, 0.2, 0.4), strict=True):
        assert least <= gap
    assert len(listener.keys) == 1


async def test_gaps_grow_no_longer_than_they_were_told_to(listener: Listener) -> None:
    listener.refuse = (500,) * 6
    capped = {"retry_base_s": 0.05, "retry_cap_s": 0.1}
    async with running(listener, **capped, story=("sent",)) as sandbox:
        await send(sandbox)
        await listener.wait_for_statuses(1)
    gaps = [later - earlier for earlier, later in pairwise(listener.times)]
    assert len(gaps) == 6
    # Uncapped they would take 3.15 s.
    assert sum(gaps) < 2


async def test_slow_fault_answers_later_than_the_message_was_taken(listener: Listener) -> None:
    fault = Fault(taken=True, status=500, delay_s=0.5)
    async with running(listener, faults=(fault,), story=("sent",)) as sandbox:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, sandbox)
            await listener.wait_for_statuses(1)
            told_at = anyio.current_time()
        assert anyio.current_time() - told_at > 0.2


async def test_news_wait_for_an_application_that_is_down(listener: Listener) -> None:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as reserved:
        port = reserved.extra_attributes[SocketAttribute.local_port]()
    sandbox = MetaSandbox(number=NUMBER, behaviour=Behaviour(**QUICK))
    async with sandbox.start(f"http://127.0.0.1:{port}/") as up:
        await send(up)
        await anyio.sleep(0.05)
        async with serve(listener, port):
            await listener.wait_for_statuses(3)


async def test_a_message_taken_before_the_cut_settles_itself_by_its_echo(
    listener: Listener,
) -> None:
    message = relevo.Message(to=TO, text=WORDS)
    async with running(listener, story=("sent",), faults=(Fault(cut=True, taken=True),)) as sandbox:
        with pytest.raises(httpx.RemoteProtocolError):
            await send(sandbox, message.echo_id)
        (status,) = await listener.wait_for_statuses(1)
    assert status.message_id == message.message_id


async def test_a_status_can_come_before_the_answer(listener: Listener) -> None:
    async with running(listener, answer_delay_s=0.5, story=("sent",)) as sandbox:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, sandbox)
            (status,) = await listener.wait_for_statuses(1)
            tasks.cancel_scope.cancel()
        assert status.status is relevo.DeliveryStatus.SENT


async def test_faults_meet_as_many_sends_as_they_were_told_to(listener: Listener) -> None:
    faults = (Fault(times=2, status=503, code=2), Fault(times=1, status=500))
    async with running(listener, faults=faults) as sandbox:
        statuses = [(await send(sandbox)).status_code for _ in range(5)]
    assert statuses == [503, 503, 500, 200, 200]


async def test_a_faults_rate_is_drawn_from_the_seed(listener: Listener) -> None:
    faults = (Fault(times=None, rate=0.5, status=500),)
    runs = []
    for seed in (7, 7, 8):
        async with running(listener, seed=seed, story=(), faults=faults) as sandbox:
            runs.append([(await send(sandbox)).status_code for _ in range(12)])
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {200, 500}


@pytest.mark.parametrize("token", [None, "another"])
async def test_handshake_tells_whether_it_was_answered_rightly(
    token: str | None, listener: Listener
) -> None:
    if token:
        other = NUMBER.model_dump() | {"verify_token": token}
        listener.provider = whatsapp_of(SandboxNumber.model_validate(other))
    async with running(listener) as sandbox:
        assert await sandbox.shake_hands() is (token is None)
        async with httpx.AsyncClient(trust_env=False) as client:
            told = (await client.post(f"{sandbox.url}/sandbox/handshake")).json()
    assert told == {"sandbox": True, "answered": token is None}


async def test_the_account_it_gives_sends_to_it(listener: Listener) -> None:
    async with running(listener) as sandbox:
        settings = dict(sandbox.account)
        assert settings.pop("provider") == MetaWhatsApp.name
        assert MetaWhatsAppConfig.model_validate(settings).base_url == sandbox.url


async def test_closing_does_not_wait_for_slow_answers(listener: Listener) -> None:
    async with anyio.create_task_group() as tasks:
        async with running(listener, answer_delay_s=3600) as sandbox:
            tasks.start_soon(send, sandbox)
            await listener.wait_for_events(1)
            began = monotonic()
        assert monotonic() - began < 5


async def test_errors_of_the_block_come_out_as_they_are(listener: Listener) -> None:
    with pytest.raises(KeyError, match="mine"):
        async with running(listener):
            raise KeyError("mine")  # noqa: EM101 - the point is its class


async def test_a_port_may_be_given_and_a_taken_one_is_named() -> None:
    async with serve(Listener(), 0) as port:
        with pytest.raises(relevo.ConfigurationError, match=f"port {port}"):
            async with MetaSandbox(port=port).start("http://127.0.0.1:9/"):
                raise AssertionError
    async with MetaSandbox(port=port).start("http://127.0.0.1:9/") as sandbox:
        assert sandbox.url == f"http://127.0.0.1:{port}"


async def test_two_sandboxes_share_nothing() -> None:
    async with (
        MetaSandbox().start("http://127.0.0.1:9/") as one,
        MetaSandbox().start("http://127.0.0.1:9/") as other,
    ):
        secrets = ("access_token", "app_secret", "verify_token", "base_url")
        assert all(one.account[key] != other.account[key] for key in secrets)


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example/", "http://hooks.example/", "http://10.0.0.1/", "127.0.0.1:80", ""],
)
async def test_webhooks_never_leave_this_machine(url: str) -> None:
    with pytest.raises(relevo.ConfigurationError, match="this machine only"):
        async with MetaSandbox().start(url):
            raise AssertionError


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_another_event_loop_is_refused_with_a_reason() -> None:
    with pytest.raises(relevo.ConfigurationError, match="asyncio only"):
        async with MetaSandbox().start("http://127.0.0.1:9/"):
            raise AssertionError


async def test_every_log_line_says_sandbox_and_none_tells_a_persons_words(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    listener.refuse = (500,)
    with caplog.at_level(logging.DEBUG, "relevo_meta_whatsapp"):
        async with running(listener, faults=(Fault(status=500),)) as sandbox:
            for text in ("", WORDS):
                await send(sandbox, text={"body": text})
            await send(sandbox)
            await sandbox.reply(WORDS, TO)
            await sandbox.shake_hands()
            await listener.wait_for_events(4)
    lines = [record.getMessage() for record in caplog.records if "relevo" in record.name]
    assert len(lines) >= 8
    assert all(line.startswith("Sandbox: ") for line in lines)
    everything = caplog.text
    for secret in (WORDS, TO, "5491130946950", NUMBER.app_secret.get_secret_value()):
        assert secret not in everything
