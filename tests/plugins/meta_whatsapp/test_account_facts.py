"""How an account is: Meta's answers as facts, what to mend, and what is asked how often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
import respx

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.managing.facts import (
    find_problems,
    number_facts,
    subscription_facts,
    token_facts,
)
from relevo_meta_whatsapp.sandbox import Behaviour

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def test_number_tells_its_facts_in_metas_words() -> None:
    number: Any = {
        "id": "1",
        "display_phone_number": "+1 555",
        "quality_rating": "A word of tomorrow",
        "throughput": {"level": "HIGH"},
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
        "webhook_configuration": {"application": "https://a.example", "phone_number": ""},
        "health_status": {"can_send_message": "AVAILABLE"},
        "status": 7,
    }
    assert number_facts(number) == {
        "display_phone_number": "+1 555",
        "quality_rating": "A word of tomorrow",
        "throughput": "HIGH",
        "messaging_limit": "TIER_2K",
        "webhook_url": "https://a.example",
        "can_send_message": "AVAILABLE",
    }


@pytest.mark.parametrize(
    ("addresses", "url"),
    [
        ({"application": "a", "whatsapp_business_account": "b", "phone_number": "c"}, "c"),
        ({"application": "a", "whatsapp_business_account": "b"}, "b"),
        ({}, None),
    ],
)
def test_nearest_address_is_where_messages_go(addresses: Any, url: str | None) -> None:
    assert number_facts({"webhook_configuration": addresses})["webhook_url"] == url


@pytest.mark.parametrize("junk", [None, [], {"data": 1}, {"data": {}}, {"data": {"is_valid": 1}}])
def test_answer_about_the_token_that_says_nothing_is_no_fact(junk: Any) -> None:
    assert token_facts(junk) == {}


@pytest.mark.parametrize(
    ("expires", "told"), [(0, "never"), (seconds(NOW), NOW.isoformat()), (10**30, "never")]
)
def test_token_tells_when_it_expires(expires: int, told: str) -> None:
    answer: Any = {"data": {"is_valid": True, "expires_at": expires, "scopes": ["a", 1]}}
    facts = {"token_valid": True, "token_expires_at": told, "token_scopes": ["a"]}
    assert token_facts(answer) == facts


def test_account_that_no_app_hears_of_is_told() -> None:
    assert subscription_facts({"data": [{}]}) == {"webhook_subscribed": True}
    assert subscription_facts({"data": []}) == {"webhook_subscribed": False}
    assert subscription_facts(None) == {}


@pytest.mark.parametrize(
    ("facts", "url", "words"),
    [
        ({"quality_rating": "GREEN", "status": "CONNECTED", "token_valid": True}, None, ()),
        ({"quality_rating": "RED"}, None, ("quality is low",)),
        ({"status": "BANNED", "name_status": "DECLINED"}, None, ("banned", "was declined")),
        ({"can_send_message": "LIMITED"}, None, ("limits only",)),
        ({"token_expires_at": (NOW + timedelta(days=6)).isoformat()}, None, ("expires at",)),
        ({"token_expires_at": (NOW + timedelta(days=8)).isoformat()}, None, ()),
        ({"token_expires_at": "never"}, None, ()),
        ({"token_scopes": ["whatsapp_business_messaging"]}, None, ("_management",)),
        ({"webhook_subscribed": False}, None, ("No app is subscribed",)),
        ({"webhook_url": "https://b.example"}, "https://a.example", ("go to https://b.example",)),
        ({"webhook_url": None}, "https://a.example", ("go to no address",)),
        ({"webhook_url": "https://a.example"}, "https://a.example", ()),
        ({}, "https://a.example", ()),
    ],
)
def test_what_to_mend_follows_from_the_facts(
    facts: Any, url: str | None, words: tuple[str, ...]
) -> None:
    problems = list(find_problems(facts, url, NOW))
    assert len(problems) == len(words)
    for problem, word in zip(problems, words, strict=True):
        assert word in problem


async def test_healthy_sandbox_has_facts_and_nothing_to_mend(
    whatsapp: MetaWhatsApp, graph: Graph
) -> None:
    del graph
    told = await whatsapp.health()
    assert told.problems == ()
    assert told.facts["quality_rating"] == "GREEN"
    assert told.facts["messaging_limit"] == "TIER_250"
    assert told.facts["token_expires_at"] == "never"
    assert told.facts["webhook_subscribed"] is True
    assert told.facts["api_version"] == "v25.0"


async def test_what_changed_at_meta_shows_in_facts_and_problems(
    whatsapp: MetaWhatsApp, graph: Graph
) -> None:
    graph.state.numbers[graph.number].facts["quality_rating"] = "YELLOW"
    told = await whatsapp.health()
    assert told.facts["quality_rating"] == "YELLOW"
    assert len(told.problems) == 1


NUMBER = "https://graph.facebook.com/v25.0/770055001122"
TOKEN_URL = "https://graph.facebook.com/v25.0/debug_token"


def provider_of(config: MetaWhatsAppConfig, client: httpx.AsyncClient) -> MetaWhatsApp:
    return MetaWhatsApp("shop", config, client)


def refused(code: int) -> httpx.Response:
    return httpx.Response(400, json={"error": {"code": code, "message": "x"}})


@respx.mock
async def test_field_that_a_version_lacks_does_not_cost_the_check(
    config: MetaWhatsAppConfig,
) -> None:
    respx.get(TOKEN_URL).mock(refused(100))
    asked = respx.get(NUMBER).mock(
        side_effect=[refused(100), httpx.Response(200, json={"id": "770055001122"})]
    )
    async with httpx.AsyncClient(base_url=config.base_url) as client:
        told = await provider_of(config, client).health()
    assert told.facts == {"api_version": "v25.0"}
    assert asked.calls.last.request.url.params["fields"] == "id,health_status"


@respx.mock
async def test_token_and_subscription_are_not_asked_about_each_time(
    config: MetaWhatsAppConfig,
) -> None:
    """A paused account is asked every half minute, and Meta counts."""
    config = config.model_copy(update={"waba_id": "881"})
    number = respx.get(NUMBER).mock(httpx.Response(200, json={"id": "770055001122"}))
    token = respx.get(TOKEN_URL).mock(httpx.Response(200, json={"data": {"is_valid": True}}))
    apps = respx.get("https://graph.facebook.com/v25.0/881/subscribed_apps").mock(
        httpx.Response(200, json={"data": []})
    )
    async with httpx.AsyncClient(base_url=config.base_url) as client:
        provider = provider_of(config, client)
        for _ in range(2):
            await provider.health()
        told = await provider.health()
    assert (number.call_count, token.call_count, apps.call_count) == (3, 1, 1)
    assert told.facts["webhook_subscribed"] is False
    assert len(told.problems) == 1


@respx.mock
async def test_address_that_was_expected_is_shown_beside_the_one_set(
    config: MetaWhatsAppConfig,
) -> None:
    config = config.model_copy(update={"webhook_url": "https://a.example/hook"})
    there = {"application": "https://b.example"}
    respx.get(NUMBER).mock(
        httpx.Response(200, json={"id": "770055001122", "webhook_configuration": there})
    )
    respx.get(TOKEN_URL).mock(refused(190))
    async with httpx.AsyncClient(base_url=config.base_url) as client:
        told = await provider_of(config, client).health()
    assert told.facts["webhook_url_expected"] == "https://a.example/hook"
    assert told.facts["webhook_url"] == "https://b.example"
    assert len(told.problems) == 1


async def test_change_of_an_account_becomes_one_event(graph: Graph) -> None:
    settings = relevo.parse_settings(
        {
            "accounts": {"shop": graph.remote.account},
            "plugins": {"enabled": ["meta_whatsapp"]},
            "worker": {"health_every_s": 0},
        }
    )
    async with relevo.open_runtime(settings) as runtime:
        with anyio.fail_after(30):
            await runtime.watch.ask("shop")
            graph.state.numbers[graph.number].facts["quality_rating"] = "RED"
            await runtime.watch.ask("shop")
            await runtime.watch.ask("shop")
            graph.state.behave(Behaviour(story=(), can_send="BLOCKED"))
            await runtime.watch.ask("shop")
        told = [event.data for event in await runtime.engine.events(0)]
    assert [one["kind"] for one in told] == ["health", "health"]
    assert told[0]["before"] == {"quality_rating": "GREEN"}
    assert told[0]["after"] == {"quality_rating": "RED"}
    assert told[1]["can_send"] is False
    assert graph.token not in str(told)


async def test_token_that_is_asked_about_reaches_no_log(
    whatsapp: MetaWhatsApp, graph: Graph, caplog: pytest.LogCaptureFixture
) -> None:
    """Httpx logs every address; this one carries the token."""
    caplog.set_level("DEBUG")
    await whatsapp.health()
    assert any("debug_token" in record.getMessage() for record in caplog.records)
    assert graph.token not in caplog.text
