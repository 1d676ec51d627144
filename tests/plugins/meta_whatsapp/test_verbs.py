"""What the provider asks besides sending: the exact requests, and what the answers mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

import relevo
from relevo.http import account_client
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig

pytestmark = pytest.mark.anyio

GRAPH = "https://graph.facebook.com/v25.0"
NUMBER = f"{GRAPH}/770055001122"
TOKEN = "canary-access-token"
SECRET = "canary-app-secret"
LOOKASIDE = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=9&hash=canary-hash"
PERSON = relevo.Address("tel", "+34 600 111-222")


@pytest.fixture
def router() -> Any:
    with respx.mock(assert_all_called=False) as router:
        yield router


@asynccontextmanager
async def connected(**more: Any) -> AsyncIterator[MetaWhatsApp]:
    """The provider over httpx's own transport, which respx answers for."""
    settings = {"phone_number_id": "770055001122", "access_token": TOKEN, **more}
    config = MetaWhatsAppConfig.model_validate(settings)
    settings_of_client = MetaWhatsApp.client_settings(config)
    async with (
        httpx.AsyncHTTPTransport() as transport,
        account_client("shop", settings_of_client, transport) as client,
    ):
        yield MetaWhatsApp("shop", config, client)


async def chunks(*parts: bytes) -> AsyncGenerator[bytes, None]:
    for part in parts:
        yield part


def png(*parts: bytes, **more: Any) -> relevo.MediaUpload:
    return relevo.MediaUpload("image/png", sum(map(len, parts)), chunks(*parts), **more)


def graph_error(code: int, **more: Any) -> dict[str, Any]:
    return {"error": {"message": "canary", "type": "OAuthException", "code": code, **more}}


async def fetched(whatsapp: MetaWhatsApp, media_id: str = "9") -> tuple[Any, bytes]:
    async with whatsapp.fetch_media(media_id) as media:
        return media, b"".join([part async for part in media.chunks])


async def test_marketing_template_goes_by_its_own_route(router: respx.MockRouter) -> None:
    route = router.post(f"{NUMBER}/marketing_messages").respond(
        json={"contacts": [{"wa_id": "34600111222"}], "messages": [{"id": "wamid.1"}]}
    )
    content = relevo.NativeContent.model_validate(
        {"type": "meta_whatsapp.marketing_template", "name": "sale", "language": "en"}
    )
    async with connected() as whatsapp:
        message = relevo.Message(to="34600111222", content=content)
        receipt = await whatsapp.send(message)
    assert receipt.provider_message_id == "wamid.1"
    assert json.loads(route.calls.last.request.content) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "34600111222",
        "biz_opaque_callback_data": message.echo_id,
        "type": "template",
        "template": {"name": "sale", "language": {"code": "en"}},
    }


@pytest.mark.parametrize("typing", [False, True])
async def test_mark_read_names_the_message_and_may_show_typing(
    typing: bool,  # noqa: FBT001 - a table
    router: respx.MockRouter,
) -> None:
    route = router.post(f"{NUMBER}/messages").respond(json={"success": True})
    async with connected() as whatsapp:
        await whatsapp.mark_read("wamid.1", typing=typing)
    shown = {"typing_indicator": {"type": "text"}} if typing else {}
    assert json.loads(route.calls.last.request.content) == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.1",
        **shown,
    }


async def test_typing_is_a_read_receipt_that_shows_it(router: respx.MockRouter) -> None:
    route = router.post(f"{NUMBER}/messages").respond(json={"success": True})
    async with connected() as whatsapp:
        await whatsapp.typing("wamid.1")
    told = json.loads(route.calls.last.request.content)
    assert told["typing_indicator"] == {"type": "text"}


async def test_an_unknown_message_cannot_be_read(router: respx.MockRouter) -> None:
    router.post(f"{NUMBER}/messages").respond(400, json=graph_error(131009))
    async with connected() as whatsapp:
        with pytest.raises(relevo.Rejected) as caught:
            await whatsapp.mark_read("wamid.1")
    assert caught.value.provider_code == "131009"


@pytest.mark.parametrize("status", [408, 500, 502])
async def test_a_verb_without_an_answer_that_tells_may_be_asked_again(
    status: int, router: respx.MockRouter
) -> None:
    router.post(f"{NUMBER}/messages").respond(status, html="<html>oh</html>")
    router.post(f"{NUMBER}/block_users").respond(status, html="<html>oh</html>")
    async with connected() as whatsapp:
        with pytest.raises(relevo.Unavailable):
            await whatsapp.mark_read("wamid.1")
        with pytest.raises(relevo.Unavailable):
            await whatsapp.block(PERSON)


async def test_block_and_unblock_name_the_person(router: respx.MockRouter) -> None:
    put = router.post(f"{NUMBER}/block_users").respond(json={"block_users": {"failed_users": []}})
    taken = router.delete(f"{NUMBER}/block_users").respond(json={})
    async with connected() as whatsapp:
        await whatsapp.block(PERSON)
        await whatsapp.unblock(relevo.Address("wa_user", "ES.1"))
        with pytest.raises(relevo.Rejected, match="not groups"):
            await whatsapp.block(relevo.Address("wa_group", "GRP=="))
    told = [json.loads(route.calls.last.request.content) for route in (put, taken)]
    assert told == [
        {"messaging_product": "whatsapp", "block_users": [{"user": user}]}
        for user in ("34600111222", "ES.1")
    ]


@pytest.mark.parametrize("status", [200, 400])
async def test_a_person_who_was_not_blocked_is_told_with_their_own_code(
    status: int, router: respx.MockRouter
) -> None:
    failed = {"input": "canary", "errors": [{"code": 131047, "message": "canary"}]}
    body = {"block_users": {"failed_users": [failed]}}
    router.post(f"{NUMBER}/block_users").respond(
        status, json=body | (graph_error(139100) if status == 400 else {})
    )
    async with connected() as whatsapp:
        with pytest.raises(relevo.Rejected, match="last 24 hours") as caught:
            await whatsapp.block(PERSON)
    assert type(caught.value) is relevo.Rejected
    assert caught.value.provider_code == "131047"
    assert "canary" not in caught.value.message
    assert "600" not in caught.value.message


async def test_a_refused_block_is_told(router: respx.MockRouter) -> None:
    router.post(f"{NUMBER}/block_users").respond(400, json=graph_error(139101))
    async with connected() as whatsapp:
        with pytest.raises(relevo.Rejected) as caught:
            await whatsapp.block(PERSON)
    assert caught.value.provider_code == "139101"


async def test_upload_is_one_form_and_gives_the_id_for_thirty_days(
    router: respx.MockRouter,
) -> None:
    route = router.post(f"{NUMBER}/media").respond(json={"id": "900100"})
    before = datetime.now(UTC)
    async with connected() as whatsapp:
        kept = await whatsapp.upload_media(
            png(b"ab", b"", b"cd", kind="image", filename='a"\r\nb.png')
        )
    request = route.calls.last.request
    boundary = request.headers["content-type"].removeprefix("multipart/form-data; boundary=")
    assert request.content.decode() == (
        f'--{boundary}\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\n'
        f"whatsapp\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="type"\r\n\r\nimage/png\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a___b.png"\r\n'
        f"Content-Type: image/png\r\n\r\nabcd\r\n"
        f"--{boundary}--\r\n"
    )
    assert request.headers["content-length"] == str(len(request.content))
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert kept.id == "900100"
    assert kept.expires_at is not None
    assert timedelta(0) <= kept.expires_at - before - timedelta(days=30) < timedelta(seconds=30)


KB = 1024
SIZES = {
    "audio": ("audio/ogg; codecs=opus", 16 * KB * KB),
    "image": ("image/jpeg", 5 * KB * KB),
    "video": ("video/mp4", 16 * KB * KB),
    "sticker": ("image/webp", 500 * KB),
    "document": ("image/png", 100 * KB * KB),
    None: ("application/pdf", 100 * KB * KB),
}


@pytest.mark.parametrize("kind", SIZES)
async def test_file_over_the_size_of_its_kind_is_refused_before_it_is_read(
    kind: str | None, router: respx.MockRouter
) -> None:
    mime_type, most = SIZES[kind]
    route = router.post(f"{NUMBER}/media").respond(json={"id": "1"})
    async with connected() as whatsapp:
        with pytest.raises(relevo.Rejected, match=f"{most + 1} bytes; WhatsApp takes {most}"):
            await whatsapp.upload_media(relevo.MediaUpload(mime_type, most + 1, chunks(), kind))
        if kind is not None:
            whatsapp.check_media(kind, mime_type=mime_type, size=most)
            with pytest.raises(relevo.Rejected, match=f"{most + 1} bytes; WhatsApp takes {most}"):
                whatsapp.check_media(kind, mime_type=mime_type, size=most + 1)
        assert not route.called
        whole = relevo.MediaUpload(mime_type, most, chunks(b"x" * most), kind)
        assert (await whatsapp.upload_media(whole)).id == "1"


@pytest.mark.parametrize(
    ("kind", "mime_type"),
    [
        ("image", "image/webp"),
        ("sticker", "image/png"),
        ("audio", "audio/wav"),
        ("video", "video/webm"),
        ("document", "application/zip"),
        (None, "application/octet-stream"),
        ("hologram", "image/png"),
    ],
)
async def test_file_of_a_type_its_kind_does_not_take_is_refused(
    kind: str | None, mime_type: str, router: respx.MockRouter
) -> None:
    route = router.post(f"{NUMBER}/media")
    async with connected() as whatsapp:
        with pytest.raises(relevo.Rejected, match="Account 'shop': the file cannot"):
            await whatsapp.upload_media(relevo.MediaUpload(mime_type, 1, chunks(b"x"), kind))
        if kind is not None:
            with pytest.raises(relevo.Rejected, match="Account 'shop': the file cannot be sent"):
                whatsapp.check_media(kind, mime_type=mime_type, size=1)
    assert not route.called


@pytest.mark.parametrize("size", [1, 3])
async def test_file_without_the_size_it_says_is_refused(
    size: int, router: respx.MockRouter
) -> None:
    router.post(f"{NUMBER}/media").respond(json={"id": "1"})
    async with connected() as whatsapp, aclosing(chunks(b"ab")) as parts:
        with pytest.raises(relevo.Rejected, match=f"the {size} bytes it says"):
            await whatsapp.upload_media(relevo.MediaUpload("image/png", size, parts))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, graph_error(131053), relevo.Rejected),
        (401, graph_error(190), relevo.AuthFailed),
        (400, graph_error(130429), relevo.Throttled),
        (500, {}, relevo.Unavailable),
        (200, {"success": True}, relevo.Unavailable),
    ],
)
async def test_an_upload_that_did_not_work_is_the_error_it_means(
    status: int, body: Any, error: type[relevo.SendError], router: respx.MockRouter
) -> None:
    router.post(f"{NUMBER}/media").respond(status, json=body)
    async with connected() as whatsapp:
        with pytest.raises(error):
            await whatsapp.upload_media(png(b"ab"))


def describe(router: respx.MockRouter, url: str = LOOKASIDE, **more: Any) -> respx.Route:
    sha256 = hashlib.sha256(b"bytes").hexdigest()
    told = {"id": "9", "url": url, "mime_type": "image/jpeg", "sha256": sha256, "file_size": "5"}
    return router.get(f"{GRAPH}/9").respond(json=told | more)


async def test_a_file_is_fetched_by_its_address_with_the_token(
    router: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    describe(router)
    files = router.get(LOOKASIDE).respond(content=b"bytes")
    async with connected() as whatsapp:
        media, body = await fetched(whatsapp)
    assert (media.mime_type, media.size, body) == ("image/jpeg", 5, b"bytes")
    assert media.sha256 == hashlib.sha256(b"bytes").hexdigest()
    request = files.calls.last.request
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"]
    assert "canary-hash" not in caplog.text


async def test_an_address_that_has_expired_is_asked_for_anew_by_the_id(
    router: respx.MockRouter,
) -> None:
    node = describe(router)
    files = router.get(LOOKASIDE).mock(
        side_effect=[httpx.Response(404), httpx.Response(200, content=b"bytes")]
    )
    async with connected() as whatsapp:
        assert (await fetched(whatsapp))[1] == b"bytes"
        assert (node.call_count, files.call_count) == (2, 2)
        files.mock(side_effect=[httpx.Response(404)] * 2)
        with pytest.raises(relevo.Unavailable):
            await fetched(whatsapp)


@pytest.mark.parametrize(
    "url",
    [
        "https://files.example.com/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://fbsbx.com/x",
        "https://evil-facebook.com/x",
    ],
)
async def test_the_token_goes_to_nobody_else(url: str, router: respx.MockRouter) -> None:
    describe(router, url)
    elsewhere = router.get(url)
    async with connected() as whatsapp:
        with pytest.raises(relevo.Rejected, match="none of Meta's hosts"):
            await fetched(whatsapp)
    assert not elsewhere.called


async def test_redirects_among_metas_hosts_are_followed_and_others_are_not(
    router: respx.MockRouter,
) -> None:
    describe(router)
    there = "https://scontent.whatsapp.net/f"
    first = router.get(LOOKASIDE).respond(302, headers={"location": there})
    second = router.get(there).respond(content=b"bytes")
    async with connected() as whatsapp:
        assert (await fetched(whatsapp))[1] == b"bytes"
        assert second.calls.last.request.headers["authorization"] == f"Bearer {TOKEN}"
        first.respond(302, headers={"location": "https://files.example.com/f"})
        with pytest.raises(relevo.Rejected):
            await fetched(whatsapp)
        first.respond(302, headers={"location": LOOKASIDE})
        with pytest.raises(relevo.Unavailable, match="leads astray"):
            await fetched(whatsapp)
        first.respond(302, headers={"location": "https://a:x"})
        with pytest.raises(relevo.Unavailable, match="leads astray"):
            await fetched(whatsapp)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, relevo.AuthFailed),
        (403, relevo.Rejected),
        (408, relevo.Unavailable),
        (429, relevo.Throttled),
        (500, relevo.Unavailable),
    ],
)
async def test_a_file_that_cannot_be_had_is_the_error_it_means(
    status: int, error: type[relevo.SendError], router: respx.MockRouter
) -> None:
    describe(router)
    router.get(LOOKASIDE).respond(status, html="canary-hash")
    async with connected() as whatsapp:
        with pytest.raises(error) as caught:
            await fetched(whatsapp)
    assert type(caught.value) is error
    assert "canary-hash" not in caught.value.message


@pytest.mark.parametrize("url", [None, "", "no url", "/path", "https://a:x", 7])
async def test_an_answer_without_an_address_may_be_asked_again(
    url: Any, router: respx.MockRouter
) -> None:
    describe(router, url)
    async with connected() as whatsapp:
        with pytest.raises(relevo.Unavailable, match="names no address"):
            await fetched(whatsapp)


async def test_a_file_that_meta_no_longer_has_is_rejected(router: respx.MockRouter) -> None:
    router.get(f"{GRAPH}/9").respond(400, json=graph_error(100, error_subcode=33))
    async with connected() as whatsapp:
        with pytest.raises(relevo.Rejected):
            await fetched(whatsapp)


async def test_an_id_cannot_lead_to_another_path(router: respx.MockRouter) -> None:
    router.route().respond(400, json=graph_error(100))
    async with connected() as whatsapp:
        with pytest.raises(relevo.Rejected):
            await fetched(whatsapp, "9/../../me?fields=id")
    path = router.calls.last.request.url.raw_path
    assert path == b"/v25.0/9%2F..%2F..%2Fme%3Ffields%3Did"


async def test_proof_goes_to_the_graph_api_and_not_with_files(router: respx.MockRouter) -> None:
    expected = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    node = describe(router)
    files = router.get(LOOKASIDE).respond(content=b"bytes")
    sends = router.post(f"{NUMBER}/messages").respond(json={"success": True})
    health = router.get(NUMBER).respond(json={"id": "1"})
    router.get(url__startswith=GRAPH).respond(400, json=graph_error(100))
    async with connected(app_secret=[SECRET, "older"], appsecret_proof=True) as whatsapp:
        await whatsapp.send(relevo.Message(to="34600111222", text="x"))
        await whatsapp.health()
        await fetched(whatsapp)
    for route in (sends, health, node):
        assert route.calls.last.request.url.params["appsecret_proof"] == expected
    assert "appsecret_proof" not in files.calls.last.request.url.params


async def test_another_version_that_answers_is_told_once_and_in_health(
    router: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    """Meta serves dead versions silently by the oldest living one."""
    route = router.get(NUMBER).respond(json={"id": "1"}, headers={"facebook-api-version": "v25.0"})
    router.get(url__startswith=GRAPH).respond(400, json=graph_error(100))
    async with connected() as whatsapp:
        health = await whatsapp.health()
        assert health.facts["api_version"] == "v25.0"
        assert not any("api_version" in problem for problem in health.problems)
        assert "api_version" not in caplog.text
        route.respond(json={"id": "1"}, headers={"facebook-api-version": "v27.0"})
        for _ in range(2):
            health = await whatsapp.health()
            assert health.facts["api_version"] == "v27.0"
            assert "v25.0 was asked and v27.0 answers" in health.problems[0]
    assert caplog.text.count("v27.0 answered") == 1


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "7"}, 7),
        ({"x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":2}]}'}, 120),
        (
            {
                "retry-after": "7",
                "x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":2}]}',
            },
            7,
        ),
        (
            {
                "x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":1}, 7],'
                '"2":[{"estimated_time_to_regain_access":3},{}], "3":"x"}'
            },
            180,
        ),
        ({"x-business-use-case-usage": '{"1":[{"estimated_time_to_regain_access":0}]}'}, None),
        ({"x-business-use-case-usage": "half {"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
async def test_throttling_waits_as_long_as_meta_says_anywhere(
    headers: dict[str, str], wait_s: float | None, router: respx.MockRouter
) -> None:
    router.post(f"{NUMBER}/messages").respond(400, json=graph_error(4), headers=headers)
    async with connected() as whatsapp:
        with pytest.raises(relevo.Throttled) as caught:
            await whatsapp.send(relevo.Message(to="34600111222", text="x"))
    assert caught.value.retry_after_s == wait_s
