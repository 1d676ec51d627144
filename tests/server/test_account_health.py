"""How accounts are, over HTTP: the last answer with its age, asked again on demand."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

import relevo
from relevo_server import create_app

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging/accounts"
QUIET = {"health_every_s": 0}


class Config(BaseModel):
    """Nothing to configure."""


class Told(relevo.Provider[Config]):
    """A vendor that says how accounts are."""

    name = "told"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT})
    says: ClassVar[relevo.AccountHealth | Exception] = relevo.AccountHealth()

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    async def health(self) -> relevo.AccountHealth:
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


def app(make_settings: Any, says: relevo.AccountHealth | Exception) -> Any:
    provider = type("Told", (Told,), {"says": says})
    settings = make_settings(accounts={"shop": {"provider": "told"}}, worker=QUIET)
    return create_app(settings, providers=[provider])


async def test_answer_is_shown_with_its_age(make_settings: Any, in_process: Any) -> None:
    says = relevo.AccountHealth({"quality": "RED"}, ("Its quality is low.",))
    async with in_process(app(make_settings, says)) as client:
        asked = await client.post(f"{API}/shop/health")
        assert asked.status_code == 200
        told = (await client.get(f"{API}/shop/health")).json()
        assert (told["can_send"], told["facts"]) == (True, {"quality": "RED"})
        assert told["problems"] == ["Its quality is low."]
        assert 0 <= told.pop("age_s") < 60
        (row,) = (await client.get(API)).json()["items"]
        assert row["health"] == told


async def test_refused_account_cannot_send(make_settings: Any, in_process: Any) -> None:
    error = relevo.AuthFailed("The token expired.")
    async with in_process(app(make_settings, error)) as client:
        told = (await client.post(f"{API}/shop/health")).json()
    assert (told["can_send"], told["problems"]) == (False, ["The token expired."])


async def test_no_answer_changes_nothing(make_settings: Any, in_process: Any, refused: Any) -> None:
    async with in_process(app(make_settings, relevo.Unavailable("away"))) as client:
        refused(await client.get(f"{API}/shop/health"), 404, "not_found")
        refused(await client.post(f"{API}/shop/health"), 503, "unavailable")
        assert "health" not in (await client.get(API)).json()["items"][0]


async def test_provider_that_cannot_be_asked_says_so(
    make_app: Any, in_process: Any, refused: Any
) -> None:
    async with in_process(make_app()) as client:
        refused(await client.get(f"{API}/shop/health"), 404, "not_supported")
        refused(await client.post(f"{API}/shop/health"), 404, "not_supported")
        refused(await client.get(f"{API}/nobody/health"), 404, "unknown_account")
