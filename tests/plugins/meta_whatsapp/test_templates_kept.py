"""Templates of an account: listed, made and deleted over HTTP; remembered as long as they hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from pydantic import JsonValue

import relevo
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig
from relevo_meta_whatsapp.managing import TemplateShelf
from relevo_meta_whatsapp.managing.shelf import FRESH_S, REFRESH_S, RETRY_S
from relevo_meta_whatsapp.preferences import MARKETING, TemplateCategories

if TYPE_CHECKING:
    from tests.plugins.meta_whatsapp.conftest import Graph, Remote

pytestmark = pytest.mark.anyio

ORDER = relevo.Template("order", "es", "APPROVED", category="UTILITY")
SALE = relevo.Template("sale", "es", "APPROVED", category="MARKETING")


class Seconds:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def shelf(seconds: Seconds) -> TemplateShelf:
    return TemplateShelf(TemplateCategories(), seconds)


def news(kind: str, name: str = "order", **more: str) -> relevo.AccountUpdate:
    raw: dict[str, JsonValue] = {
        "message_template_name": name,
        "message_template_language": "es",
        **more,
    }
    return relevo.AccountUpdate(kind, raw)


def test_template_is_relied_on_for_an_hour(shelf: TemplateShelf, seconds: Seconds) -> None:
    assert shelf.find("order", "es") is None
    shelf.fill([ORDER])
    assert shelf.find("order", "es") == ORDER
    assert shelf.find("order", "en") is None
    seconds.now += FRESH_S + 1
    assert shelf.find("order", "es") is None


def test_list_will_do_while_it_is_young_enough(shelf: TemplateShelf, seconds: Seconds) -> None:
    shelf.fill([ORDER, SALE])
    seconds.now += 10
    assert shelf.listed(10) == [ORDER, SALE]
    assert shelf.listed(9) is None


@pytest.mark.parametrize(
    "kind",
    [
        "message_template_status_update",
        "message_template_quality_update",
        "message_template_components_update",
        "template_category_update",
    ],
)
def test_news_put_one_template_in_doubt(shelf: TemplateShelf, seconds: Seconds, kind: str) -> None:
    shelf.fill([ORDER, SALE])
    shelf.hear([news(kind)])
    assert shelf.find("order", "es") is None
    assert shelf.find("sale", "es") == SALE
    assert shelf.listed(60) is None
    seconds.now += RETRY_S
    assert shelf.begin()
    shelf.fill([ORDER, SALE])
    assert shelf.find("order", "es") == ORDER


def test_other_news_and_news_without_a_name_change_nothing(shelf: TemplateShelf) -> None:
    shelf.fill([ORDER])
    shelf.hear([news("account_update")])
    shelf.hear([relevo.AccountUpdate("message_template_status_update", ["junk"])])
    assert shelf.find("order", "es") == ORDER


def test_asking_anew_is_for_old_lists_and_not_in_bursts(
    shelf: TemplateShelf, seconds: Seconds
) -> None:
    assert shelf.begin()
    assert not shelf.begin()  # the answer may have failed: not at once again
    seconds.now += RETRY_S
    assert shelf.begin()
    shelf.fill([ORDER])
    seconds.now += RETRY_S
    assert not shelf.begin()
    seconds.now += REFRESH_S
    assert shelf.begin()


def test_category_is_learned_from_lists_and_news(seconds: Seconds) -> None:
    categories = TemplateCategories()
    shelf = TemplateShelf(categories, seconds)
    shelf.fill([ORDER, SALE])
    assert categories.preference_of("order", "es") is None
    assert categories.preference_of("sale", "es") == MARKETING
    shelf.hear([news("template_category_update", new_category="MARKETING")])
    assert categories.preference_of("order", "es") == MARKETING


async def test_all_pages_are_listed(whatsapp: MetaWhatsApp, graph: Graph) -> None:
    store = graph.state.templates[graph.waba]
    there = len(store)
    for number in range(300):
        store.add(name=f"made_{number}", language="es", category="UTILITY", components=[])
    told = await whatsapp.list_templates()
    assert len(told) == there + 300
    assert all(one.seen_at is not None for one in told)
    (one,) = await whatsapp.list_templates(name="made_7", max_age_s=60)
    assert (one.status, one.category, one.language) == ("APPROVED", "UTILITY", "es")


async def test_list_is_asked_for_again_only_when_it_is_too_old(
    whatsapp: MetaWhatsApp, graph: Graph
) -> None:
    before = await whatsapp.list_templates()
    store = graph.state.templates[graph.waba]
    store.add(name="new", language="es", category="UTILITY", components=[])
    assert len(await whatsapp.list_templates(max_age_s=60)) == len(before)
    assert len(await whatsapp.list_templates()) == len(before) + 1


async def test_template_is_created_checked_and_deleted(
    whatsapp: MetaWhatsApp, graph: Graph
) -> None:
    body: dict[str, JsonValue] = {
        "type": "BODY",
        "text": "Hola {{1}}, gracias.",
        "example": {"body_text": [["Ana"]]},
    }
    made = await whatsapp.create_template(
        {"name": "thanks", "language": "es_AR", "category": "UTILITY", "components": [body]}
    )
    assert (made.name, made.language, made.status) == ("thanks", "es_AR", "PENDING")
    assert made.id
    await whatsapp.list_templates()
    content = relevo.TemplateContent(name="thanks", language="es_AR")
    with pytest.raises(relevo.Rejected, match=r"content\.parameters: has 0 where"):
        whatsapp.check_message(relevo.Message(to="541130946950", content=content))
    await whatsapp.delete_template("thanks")
    whatsapp.check_message(relevo.Message(to="541130946950", content=content))
    assert graph.state.templates[graph.waba].named("thanks") == []


async def test_what_meta_refuses_about_templates_is_an_error(
    whatsapp: MetaWhatsApp, remote: Remote
) -> None:
    del remote
    with pytest.raises(
        relevo.Rejected, match=r"Meta says: Required parameter is missing: template\.category"
    ):
        await whatsapp.create_template({"name": "No Good", "language": "es"})
    with pytest.raises(relevo.Rejected, match="Meta says: "):
        await whatsapp.delete_template("no_such")


async def test_account_without_waba_id_says_what_to_set(config: MetaWhatsAppConfig) -> None:
    provider = MetaWhatsApp("shop", config, None)
    provider._http = object()  # type: ignore[assignment]
    with pytest.raises(relevo.NotSupported, match="Set waba_id"):
        await provider.list_templates()
    await provider.refresh_templates()  # nothing to learn, and nothing wrong


async def test_core_lets_the_provider_learn_at_start_and_refuses_what_does_not_fit(
    graph: Graph,
) -> None:
    settings = relevo.parse_settings(
        {"accounts": {"shop": graph.remote.account}, "plugins": {"enabled": ["meta_whatsapp"]}}
    )
    content = relevo.TemplateContent(name="order_update", language="es_AR", parameters=("Ana",))
    message = relevo.Message(to="541130946950", content=content)
    async with relevo.open_runtime(settings) as runtime:
        await runtime.watch.learn_templates()
        provider = runtime.accounts["shop"].provider
        await provider.list_templates()
        with pytest.raises(
            relevo.Rejected, match=r"content\.parameters: has 1 where the body takes 2"
        ):
            await runtime.dispatcher.submit(message)
        sale = relevo.TemplateContent(name="spring_sale", language="en_US")
        assert provider.preference_of(relevo.Message(to="541130946950", content=sale)) == MARKETING
    assert graph.state.total == 0


def test_news_in_a_webhook_reach_the_shelf(provider: MetaWhatsApp) -> None:
    provider.templates.fill([relevo.Template("x", "es_ES", "APPROVED")])
    assert provider.templates.find("x", "es_ES")
    value = {
        "event": "PAUSED",
        "message_template_id": 7,
        "message_template_name": "x",
        "message_template_language": "es_ES",
    }
    change = {"field": "message_template_status_update", "value": value}
    entry = {"id": "881100220033", "time": 1770000000, "changes": [change]}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    (item,) = provider.split_webhook(relevo.WebhookRequest("POST", "/", body, {}))
    provider.parse_item(item)
    assert provider.templates.find("x", "es_ES") is None
