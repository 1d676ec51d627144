"""Accounts over HTTP: whether their messages leave, and a person's say in it."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from relevo.engines.records import HealthRecord

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
REASON = {"reason": "The campaign is being checked."}


async def account(client: Any) -> dict[str, Any]:
    return dict((await client.get(f"{API}/accounts")).json()["items"][0])


async def send(client: Any, body: str) -> str:
    answer = await client.post(f"{API}/messages", json={"to": "15550100001", "text": body})
    return str(answer.json()["id"])


async def test_paused_account_keeps_its_messages_until_it_is_resumed(
    make_app: Any, in_process: Any, settled: Any
) -> None:
    async with in_process(make_app()) as client:
        paused = (await client.post(f"{API}/accounts/shop/pause", json=REASON)).json()
        assert paused["state"] == "paused"
        assert paused["paused_at"]
        assert paused["pause_error"]["code"] == "paused_by_hand"
        assert paused["pause_error"]["message"] == REASON["reason"]
        assert await account(client) == paused
        ready = (await client.get("/health/ready")).json()
        assert any("'shop' is paused" in warning for warning in ready["warnings"])
        message_id = await send(client, "hola")
        await anyio.sleep(0.2)
        shown = (await client.get(f"{API}/messages/{message_id}")).json()
        assert shown["status"] == "queued"
        assert any(REASON["reason"] in sentence for sentence in shown["standing"]["why"])
        resumed = await client.post(f"{API}/accounts/shop/resume")
        assert resumed.status_code == 200
        assert resumed.json()["state"] == "active"
        assert "paused_at" not in resumed.json()
        await settled(client, message_id, "accepted")


async def test_refused_credentials_pause_the_account_and_say_why(
    make_app: Any, in_process: Any
) -> None:
    async with in_process(make_app()) as client:
        await send(client, "auth")
        with anyio.fail_after(30):
            while (row := await account(client))["state"] != "paused":
                await anyio.sleep(0.01)
        assert row["pause_error"]["code"] == "auth_failed"
        assert row["pause_error"]["http_status"] == 401


async def test_throttled_account_tells_until_when_it_is_blocked(
    make_app: Any, in_process: Any
) -> None:
    async with in_process(make_app()) as client:
        await send(client, "throttle")
        with anyio.fail_after(30):
            while (row := await account(client))["state"] != "blocked":
                await anyio.sleep(0.01)
        assert row["blocked_until"]
        resumed = (await client.post(f"{API}/accounts/shop/resume")).json()
        assert "blocked_until" not in resumed or resumed["state"] == "blocked"


async def test_resume_of_an_active_account_changes_nothing(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        before = await account(client)
        assert (await client.post(f"{API}/accounts/shop/resume")).json() == before


async def test_terms_are_shown(make_app: Any, in_process: Any) -> None:
    table = {
        "provider": "acme_sms",
        "secret": "acme-webhook-secret",
        "rate": 5,
        "burst": 2,
        "pair_pace": {"burst": 3, "every_s": 1.5},
        "on_unknown": "resend",
    }
    async with in_process(make_app(accounts={"shop": table})) as client:
        row = await account(client)
    assert row["limits"] == {"rate": 5, "burst": 2, "pair_pace": {"burst": 3, "every_s": 1.5}}
    assert row["on_unknown"] == "resend"


@pytest.mark.parametrize(
    ("base_url", "reaches"),
    [
        ("https://graph.invalid", "people"),
        ("http://127.0.0.1:7061", "sandbox"),
        ("http://[::1]:7061", "sandbox"),
        ("http://localhost:7061/v1", "sandbox"),
        ("https://localhost.example", "people"),
    ],
)
async def test_account_tells_whom_it_reaches(
    make_app: Any, in_process: Any, base_url: str, reaches: str
) -> None:
    """An address of this machine itself is a sandbox's."""
    table = {"provider": "meta_whatsapp", "base_url": base_url, "phone_number_id": "111111"}
    table |= dict.fromkeys(["access_token", "app_secret", "verify_token"], "made-up")
    plugins = {"enabled": ["meta_whatsapp"]}
    async with in_process(make_app(accounts={"shop": table}, plugins=plugins)) as client:
        assert (await account(client))["reaches"] == reaches


async def test_account_without_an_address_does_not_tell_whom_it_reaches(
    make_app: Any, in_process: Any
) -> None:
    async with in_process(make_app()) as client:
        assert "reaches" not in await account(client)


async def test_account_nobody_knows_is_404(make_app: Any, in_process: Any, refused: Any) -> None:
    async with in_process(make_app()) as client:
        pause = await client.post(f"{API}/accounts/nobody/pause", json=REASON)
        refused(pause, 404, "unknown_account")
        refused(await client.post(f"{API}/accounts/nobody/resume"), 404, "unknown_account")


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 501}, {"reason": 7}])
async def test_pause_wants_a_reason(
    body: Any, make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        refused(await client.post(f"{API}/accounts/shop/pause", json=body), 422, "invalid_body")
        assert (await account(client))["state"] == "active"


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("one\nline of a log: another", "cannot be shown"),
        ("\x1b[31mred", "cannot be shown"),
        ("\u202egnihton", "cannot be shown"),
        ("x" * 501, "500"),
        ("   ", "is empty"),
        ("", ""),
    ],
)
async def test_reason_that_could_forge_a_log_or_fill_it_is_refused(
    make_app: Any, in_process: Any, refused: Any, reason: str, said: str
) -> None:
    """Over HTTP and within a program; the account goes on."""
    app = make_app()
    async with in_process(app) as client:
        answer = await client.post(f"{API}/accounts/shop/pause", json={"reason": reason})
        (error,) = refused(answer, 422, "invalid_body")["errors"]
        assert error["field"] == "reason"
        assert said in error["reason"]
        with pytest.raises(ValueError, match="'shop' is not paused: the reason"):
            await app.state["relevo_server"].dispatcher.pause("shop", reason)
        assert (await account(client))["state"] == "active"


async def test_resumed_account_is_not_told_as_it_was_before(make_app: Any, in_process: Any) -> None:
    """What its provider said while it was locked out is dropped, and it is asked anew."""
    app = make_app()
    async with in_process(app) as client:
        engine = app.state["relevo_server"].engine
        locked = HealthRecord(can_send=False, problems=("The token expired.",))
        await engine.note_health("shop", locked)
        await client.post(f"{API}/accounts/shop/pause", json=REASON)
        assert (await account(client))["health"]["problems"] == ["The token expired."]
        await client.post(f"{API}/accounts/shop/resume")
        assert "health" not in await account(client)
