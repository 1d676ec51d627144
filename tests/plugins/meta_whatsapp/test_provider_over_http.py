"""The provider against real HTTP: the sandbox, and servers that break off on purpose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from pydantic import JsonValue

import relevo
from relevo.http import account_client, open_transport
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.sandbox import Behaviour, Fault

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Remote

pytestmark = pytest.mark.anyio

TO = "541130946950"
WORDS = "canary words"


def text() -> relevo.Message:
    return relevo.Message(to=TO, text=WORDS)


def template(name: str, language: str, *parameters: str) -> relevo.Message:
    content = relevo.TemplateContent(name=name, language=language, parameters=parameters)
    return relevo.Message(to=TO, content=content)


@asynccontextmanager
async def connected(
    url: str, token: str | None = None, number_id: str = "770055001122"
) -> AsyncIterator[MetaWhatsApp]:
    settings = {"phone_number_id": number_id, "access_token": token or "x", "base_url": url}
    config = MetaWhatsAppConfig.model_validate(settings)
    async with open_transport() as transport:
        client = account_client("shop", MetaWhatsApp.client_settings(config), transport)
        async with client:
            yield MetaWhatsApp("shop", config, client)


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """Answer any request with these bytes and close the connection."""

    async def serve(stream: SocketStream) -> None:
        async with stream:
            seen = b""
            while b'"text"' not in seen:
                seen += await stream.receive()
            await stream.send(answer)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra_attributes[SocketAttribute.local_port]()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, serve)
            yield f"http://127.0.0.1:{port}"
            tasks.cancel_scope.cancel()


async def test_a_text_is_taken_and_the_answer_kept_whole(
    whatsapp: MetaWhatsApp, remote: Remote
) -> None:
    message = text()
    receipt = await whatsapp.send(message)
    taken = remote.state.messages[-1]
    assert receipt.provider_message_id == taken.wamid
    assert receipt.provider_message_id.startswith("wamid.")
    assert receipt.raw == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": TO, "wa_id": "5491130946950"}],
        "messages": [{"id": taken.wamid}],
    }
    assert receipt.recipient == relevo.Address("tel", "5491130946950")
    assert taken.payload["to"] == TO
    assert taken.payload["text"] == {"body": WORDS}
    assert remote.state.counts == {message.echo_id: 1}


async def test_a_template_is_taken(whatsapp: MetaWhatsApp) -> None:
    receipt = await whatsapp.send(template("order_update", "es_AR", "Ana", "77"))
    assert isinstance(receipt.raw, dict)
    assert receipt.raw["messages"] == [
        {"id": receipt.provider_message_id, "message_status": "accepted"}
    ]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (template("no_such", "es_AR"), "132001"),
        (template("order_update", "de_DE", "Ana", "77"), "132001"),
        (template("order_update", "es_AR", "Ana"), "132000"),
        (template("order_update", "es_AR", "Ana", "a\nb"), "132018"),
        (relevo.Message(to=TO, text="x", extra={"context": {"message_id": 7}}), "131009"),
    ],
)
async def test_what_the_graph_api_refuses_is_rejected_with_its_words(
    message: relevo.Message, code: str, whatsapp: MetaWhatsApp, remote: Remote
) -> None:
    with pytest.raises(relevo.Rejected) as caught:
        await whatsapp.send(message)
    assert caught.value.provider_code == code
    assert isinstance(caught.value.raw, dict)
    assert list(caught.value.raw) == ["error"]
    assert remote.state.total == 0


async def test_template_that_meta_does_not_have_is_named(whatsapp: MetaWhatsApp) -> None:
    with pytest.raises(relevo.Rejected, match="names template 'no_such' in 'es_AR'"):
        await whatsapp.send(template("no_such", "es_AR"))


async def test_a_wrong_token_pauses_the_account(remote: Remote) -> None:
    async with connected(remote.url, token="canary-wrong") as whatsapp:
        with pytest.raises(relevo.AuthFailed) as caught:
            await whatsapp.send(text())
    assert (caught.value.provider_code, caught.value.http_status) == ("190", 401)


async def test_a_wrong_number_id_is_rejected(remote: Remote) -> None:
    token = str(remote.account["access_token"])
    async with connected(remote.url, token=token, number_id="1") as whatsapp:
        with pytest.raises(relevo.Rejected, match="check phone_number_id") as caught:
            await whatsapp.send(text())
    assert caught.value.provider_code == "100"


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Fault(status=429, code=130429, retry_after_s=7), relevo.Throttled, "130429"),
        (Fault(status=400, code=131056), relevo.Throttled, "131056"),
        (Fault(status=429, retry_after_s=7), relevo.Throttled, None),
        (Fault(status=503, code=2), relevo.Unavailable, "2"),
        (Fault(status=500, code=131000), relevo.Unavailable, "131000"),
        (Fault(status=400, code=131047), relevo.WindowClosed, "131047"),
        (Fault(status=403, code=368), relevo.AuthFailed, "368"),
        (Fault(status=502, body="<html>Bad gateway</html>"), relevo.OutcomeUnknown, None),
        (Fault(status=500), relevo.OutcomeUnknown, None),
        (Fault(status=503, body='{"error":{"co'), relevo.OutcomeUnknown, None),
        (Fault(status=408), relevo.OutcomeUnknown, None),
        (Fault(status=403, body="<html>Forbidden</html>"), relevo.Rejected, None),
    ],
)
async def test_a_bad_answer_is_the_error_it_means(
    fault: Fault,
    error: type[relevo.SendError],
    code: str | None,
    whatsapp: MetaWhatsApp,
    remote: Remote,
) -> None:
    remote.state.behave(Behaviour(story=(), faults=(fault,)))
    with pytest.raises(error) as caught:
        await whatsapp.send(text())
    assert type(caught.value) is error
    assert (caught.value.provider_code, caught.value.http_status) == (code, fault.status)
    if isinstance(caught.value, relevo.Throttled):
        assert caught.value.retry_after_s == fault.retry_after_s
        assert caught.value.scope == ("recipient" if code == "131056" else "account")
    for secret in (TO, WORDS, str(remote.account["access_token"])):
        assert secret not in f"{caught.value} {caught.value!r}"
    assert (await whatsapp.send(text())).provider_message_id is not None


@pytest.mark.parametrize("taken", [True, False])
async def test_a_connection_cut_before_the_answer_leaves_the_outcome_unknown(
    taken: bool,  # noqa: FBT001 - a table
    whatsapp: MetaWhatsApp,
    remote: Remote,
) -> None:
    remote.state.behave(Behaviour(story=(), faults=(Fault(cut=True, taken=taken),)))
    message = text()
    with pytest.raises(relevo.OutcomeUnknown) as caught:
        await whatsapp.send(message)
    assert caught.value.phase is relevo.Phase.WRITTEN
    assert remote.state.counts[message.echo_id] == int(taken)


async def test_nobody_listening_means_surely_not_sent() -> None:
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra_attributes[SocketAttribute.local_port]()
    async with connected(f"http://127.0.0.1:{port}") as whatsapp:
        with pytest.raises(relevo.Unavailable):
            await whatsapp.send(text())


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"messages":[{"id":"wam',
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
)
async def test_a_2xx_is_acceptance_whatever_became_of_its_body(answer: bytes) -> None:
    async with answering(answer) as url, connected(url) as whatsapp:
        assert await whatsapp.send(text()) == relevo.Receipt(None)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_2xx_in_an_encoding_it_has_not_is_acceptance_too() -> None:
    """On trio httpx 0.28 leaves its reader's generators to the garbage collector here."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Encoding: gzip\r\n\r\n"
    async with answering(head + b"none") as url, connected(url) as whatsapp:
        assert await whatsapp.send(text()) == relevo.Receipt(None)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (b"500 Oops", relevo.OutcomeUnknown),
        (b"429 Slow", relevo.Throttled),
        (b"400 No", relevo.Rejected),
    ],
)
async def test_the_status_counts_where_the_body_broke_off(
    status: bytes, error: type[relevo.SendError]
) -> None:
    answer = b"HTTP/1.1 " + status + b'\r\nContent-Length: 500\r\n\r\n{"error":{"code":190'
    async with answering(answer) as url, connected(url) as whatsapp:
        with pytest.raises(error) as caught:
            await whatsapp.send(text())
    assert type(caught.value) is error


async def test_a_redirect_is_not_followed(remote: Remote) -> None:
    """Following it would carry the token to wherever it points."""
    there = remote.url.encode()
    answer = b"HTTP/1.1 307 Moved\r\nContent-Length: 0\r\nLocation: " + there + b"\r\n\r\n"
    async with answering(answer) as url, connected(url) as whatsapp:
        with pytest.raises(relevo.Rejected) as caught:
            await whatsapp.send(text())
    assert caught.value.http_status == 307


def test_redact_keeps_codes_and_ids_and_hides_people(provider: MetaWhatsApp) -> None:
    raw: JsonValue = {
        "contacts": [{"wa_id": TO}],
        "messages": [{"id": "wamid.1", "text": {"body": WORDS}}],
    }
    redacted = provider.redact(raw)
    assert "wamid.1" in str(redacted)
    assert TO not in str(redacted)
    assert WORDS not in str(redacted)
