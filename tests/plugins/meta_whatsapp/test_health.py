"""Whether the number can send: what Meta's answer means, and the sandbox's answer over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.api import Answer
from relevo_meta_whatsapp.health import check_health
from relevo_meta_whatsapp.sandbox import Behaviour

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Remote

pytestmark = pytest.mark.anyio

TO = "541130946950"


def told(status: int, document: Any) -> Answer:
    return Answer(status, json.dumps(document).encode())


def refused(status: int, code: int, subcode: int | None = None) -> Answer:
    error = {"message": "canary", "type": "OAuthException", "code": code, "fbtrace_id": "x"}
    return told(status, {"error": error | ({"error_subcode": subcode} if subcode else {})})


def blocked(*entities: Any) -> Answer:
    health = {"can_send_message": "BLOCKED", "entities": list(entities)}
    return told(200, {"id": "1", "health_status": health})


@pytest.mark.parametrize(
    "document",
    [
        {"id": "1"},
        {"id": "1", "health_status": {"can_send_message": "AVAILABLE"}},
        {"id": "1", "health_status": {"can_send_message": "LIMITED", "entities": [{}]}},
        {"id": "1", "health_status": None},
        {"id": "1", "health_status": {"can_send_message": "A word of tomorrow"}},
    ],
)
def test_number_that_can_send_passes(document: Any) -> None:
    check_health("shop", told(200, document))


def test_blocked_number_is_told_with_its_part_and_code() -> None:
    entities = (
        {"entity_type": "PHONE_NUMBER", "id": "1", "can_send_message": "AVAILABLE"},
        {
            "entity_type": "WABA",
            "can_send_message": "BLOCKED",
            "errors": [{"error_code": 131031, "error_description": "canary"}, "junk"],
        },
        {"entity_type": "TOMORROW", "can_send_message": "BLOCKED", "errors": "junk"},
        "junk",
    )
    with pytest.raises(relevo.AuthFailed) as caught:
        check_health("shop", blocked(*entities))
    assert str(caught.value) == (
        "Account 'shop': WhatsApp says that it cannot send. Blocked: the WhatsApp business account "
        "(code 131031). Blocked: a part."
    )
    with pytest.raises(relevo.AuthFailed, match="names no reason"):
        check_health("shop", blocked())


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (refused(401, 190), relevo.AuthFailed, "190"),
        (refused(400, 100, 33), relevo.AuthFailed, "100"),
        (refused(400, 10), relevo.AuthFailed, "10"),
        (refused(400, 80007), relevo.Unavailable, "80007"),
        (refused(429, 4), relevo.Unavailable, "4"),
        (refused(500, 2), relevo.Unavailable, "2"),
        (Answer(500, b"<html>"), relevo.Unavailable, None),
        (Answer(404, b""), relevo.Unavailable, None),
        (Answer(200, b"<html>log in</html>"), relevo.Unavailable, None),
        (Answer(200, b"[]"), relevo.Unavailable, None),
        (told(200, {"name": "somebody else's API"}), relevo.Unavailable, None),
    ],
)
def test_every_other_answer_is_a_refusal_of_the_account_or_no_answer(
    answer: Answer, kind: type[relevo.SendError], code: str | None
) -> None:
    with pytest.raises(kind) as caught:
        check_health("shop", answer)
    assert type(caught.value) is kind
    assert caught.value.provider_code == code
    assert caught.value.http_status == answer.status
    assert caught.value.message.startswith("Account 'shop': ")
    assert "canary" not in caught.value.message


async def test_sandbox_says_that_it_can_send(whatsapp: MetaWhatsApp, remote: Remote) -> None:
    await whatsapp.health()
    remote.state.behave(Behaviour(story=(), can_send="LIMITED"))
    await whatsapp.health()
    assert remote.state.total == 0


async def test_locked_sandbox_refuses_health_and_sends_until_it_is_unlocked(
    whatsapp: MetaWhatsApp, remote: Remote
) -> None:
    remote.state.behave(Behaviour(story=(), can_send="BLOCKED"))
    with pytest.raises(relevo.AuthFailed, match="131031"):
        await whatsapp.health()
    with pytest.raises(relevo.AuthFailed) as caught:
        await whatsapp.send(relevo.Message(to=TO, text="hola"))
    assert caught.value.provider_code == "131031"
    assert remote.state.total == 0
    remote.state.behave(Behaviour(story=()))
    await whatsapp.health()
    await whatsapp.send(relevo.Message(to=TO, text="hola"))


def look(remote: Remote, path: str, token: Any = None, **query: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or remote.account['access_token']}"}
    return httpx.get(f"{remote.url}{path}", params=query, headers=headers, trust_env=False)


def test_sandbox_shows_the_fields_asked_for_and_always_the_id(remote: Remote) -> None:
    path = f"/v25.0/{remote.account['phone_number_id']}"
    shown = look(remote, path, fields="quality_rating, throughput").json()
    assert shown == {
        "quality_rating": "GREEN",
        "throughput": {"level": "STANDARD"},
        "id": remote.account["phone_number_id"],
    }
    assert {"verified_name", "display_phone_number", "id"} <= set(look(remote, path).json())


def test_sandbox_refuses_a_wrong_token_number_field_and_path(remote: Remote) -> None:
    path = f"/v25.0/{remote.account['phone_number_id']}"
    for answer, status, code in (
        (look(remote, path, token="wrong"), 401, 190),
        (look(remote, "/v25.0/1"), 400, 100),
        (look(remote, path, fields="secret"), 400, 100),
        (look(remote, "/latest/1"), 400, 2500),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert look(remote, "/sandbox/nothing").json()["sandbox"] is True


def test_limits_are_metas_usual_ones(provider: MetaWhatsApp) -> None:
    limits = provider.limits()
    assert (limits.rate, limits.pair_pace) == (80, relevo.PairPace(45, 6))


@pytest.mark.parametrize(
    ("message", "may"),
    [
        (relevo.Message(to=TO, text="hola"), False),
        (
            relevo.Message(
                to=TO, content=relevo.TemplateContent(name="hello_world", language="en_US")
            ),
            True,
        ),
        (relevo.Message(to=TO, text="hola", extra={"type": "template", "template": {}}), True),
        (relevo.Message(to=TO, text="hola", extra={"biz_opaque_callback_data": "mine"}), False),
        (relevo.Message(to=TO, text="hola", extra={"text": {"preview_url": True}}), False),
    ],
)
def test_silence_proves_nothing_about_templates_and_something_about_all_else(
    provider: MetaWhatsApp, message: relevo.Message, *, may: bool
) -> None:
    assert provider.may_hold_back(message) is may


def test_webhooks_are_configured_with_the_app_secret_alone(
    provider: MetaWhatsApp, config: MetaWhatsAppConfig
) -> None:
    assert provider.webhooks_configured
    bare = config.model_copy(update={"app_secret": None})
    assert not MetaWhatsApp("shop", bare, None).webhooks_configured


async def test_locked_account_is_paused_and_goes_on_once_meta_says_it_can_send(
    remote: Remote,
) -> None:
    remote.state.behave(Behaviour(story=(), can_send="BLOCKED"))
    settings = relevo.parse_settings(
        {"accounts": {"shop": remote.account}, "plugins": {"enabled": ["meta_whatsapp"]}}
    )
    async with relevo.open_runtime(settings) as runtime:
        message_id = await runtime.dispatcher.submit(relevo.Message(to=TO, text="hola"))
        with anyio.fail_after(30):
            while not (states := await runtime.dispatcher.account_states()).get("shop"):
                await anyio.sleep(0.01)
            while states["shop"].paused_at is None:
                await anyio.sleep(0.01)
                states = await runtime.dispatcher.account_states()
            assert await runtime.upkeep.wake_accounts() == []
            remote.state.behave(Behaviour(story=()))
            assert await runtime.upkeep.wake_accounts() == ["shop"]
            receipt = await runtime.dispatcher.wait(message_id)
    assert receipt.provider_message_id == remote.state.messages[-1].wamid
    assert remote.state.total == 1
