"""Where the server may listen: elsewhere only with a key, or where the settings say so plainly."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from litestar import Litestar

import relevo
from relevo.keys import make_key
from relevo_server import RelevoPlugin

pytestmark = pytest.mark.anyio

MESSAGES = "/api/v1/messaging/messages"
KEYS = "/api/v1/messaging/keys"
ALL = ["send", "read", "events", "admin"]
BOOTSTRAP = "bootstrap-key-of-a-container-0123456789"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_a_host_that_others_reach_needs_a_key(
    make_app: Any, in_process: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with in_process(make_app(server={"host": "0.0.0.0"})):  # noqa: S104 - refused
            pass
    assert caught.group_contains(relevo.ConfigurationError, match="relevo keys create")
    monkeypatch.setenv("RELEVO_BOOTSTRAP_KEY", BOOTSTRAP)
    async with in_process(make_app(server={"host": "0.0.0.0"})) as client:  # noqa: S104 - it has a key
        assert (await client.get(MESSAGES)).status_code == 401
        assert (await client.get(MESSAGES, headers=bearer(BOOTSTRAP))).status_code == 200


async def test_a_host_that_others_reach_is_fine_with_a_key_in_the_store(
    make_settings: Any, acme: Any, in_process: Any, tmp_path: Any
) -> None:
    engine = f"sqlite:///{tmp_path}/kept.db"
    async with relevo.open_engine(engine) as opened:
        _, record = make_key(name="x", scopes=[relevo.Scope.READ], now=datetime.now(UTC))
        await opened.add_key(record)
    settings = make_settings(engine=engine, server={"host": "::"})
    plugin = RelevoPlugin(settings, providers=[acme], standalone=True)
    async with in_process(Litestar(plugins=[plugin], logging_config=None)) as client:
        assert (await client.get(MESSAGES)).status_code == 401


async def test_without_keys_anywhere_is_said_plainly(
    make_app: Any, caplog: pytest.LogCaptureFixture, refused: Any
) -> None:
    app = make_app(server={"host": "0.0.0.0", "without_keys": "anywhere"})  # noqa: S104 - as said
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 4242))
    with caplog.at_level(logging.WARNING, "relevo.server"):
        async with (
            app.lifespan(),
            httpx.AsyncClient(transport=transport, base_url="http://relevo.example") as client,
        ):
            assert (await client.get(MESSAGES)).status_code == 200
            foreign = {"origin": "http://example.com"}
            refused(await client.get(MESSAGES, headers=foreign), 403, "foreign_origin")
            warnings = (await client.get("/health/ready")).json()["warnings"]
            # Else anybody could make the first key, and lock everybody else out.
            first = await client.post(KEYS, json={"name": "mine", "scopes": ALL})
            refused(first, 403, "foreign_host")
            refused(await client.get(KEYS), 403, "foreign_host")
    assert any("no key" in words for words in warnings)
    assert "no key" in caplog.text


@pytest.mark.parametrize("text", ["short", " " * 40, "x" * 15, "ñ" * 40])
def test_a_bootstrap_key_that_keeps_nobody_out_stops_the_start(
    make_app: Any, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("RELEVO_BOOTSTRAP_KEY", text)
    with pytest.raises(relevo.ConfigurationError, match="RELEVO_BOOTSTRAP_KEY") as caught:
        make_app()
    assert text not in str(caught.value)
