"""Templates over HTTP: list, create, delete, and honest refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import BaseModel, JsonValue

import relevo
from relevo_server import create_app

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging/accounts/shop/templates"
DEFINITION = {"name": "sale", "language": "en", "category": "MARKETING", "components": [{"a": 1}]}


class Config(BaseModel):
    """Nothing to configure."""


class Keeper(relevo.Provider[Config]):
    """A vendor that keeps templates."""

    name = "keeper"
    config_type = Config
    capabilities = frozenset({relevo.Capability.TEXT, relevo.Capability.TEMPLATES})

    def __init__(self, account: str, config: Config, http: Any) -> None:
        super().__init__(account, config, http)
        self.kept = [
            relevo.Template("order", language, "APPROVED", category="UTILITY")
            for language in ("en", "es", "pt")
        ]
        self.ages: list[float] = []

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        return relevo.Receipt(str(message.message_id))

    async def list_templates(
        self, *, name: str | None = None, language: str | None = None, max_age_s: float = 0
    ) -> Sequence[relevo.Template]:
        self.ages.append(max_age_s)
        return [
            one
            for one in self.kept
            if name in {None, one.name} and language in {None, one.language}
        ]

    async def create_template(self, definition: Mapping[str, JsonValue]) -> relevo.Template:
        if definition["name"] == "bad":
            msg = f"Account {self.account!r}: the vendor does not take it."
            raise relevo.Rejected(msg, provider_code="77")
        made = relevo.Template(
            str(definition["name"]),
            str(definition["language"]),
            "PENDING",
            id="9",
            category=str(definition.get("category")),
        )
        self.kept.append(made)
        return made

    async def delete_template(self, name: str) -> None:
        self.kept = [one for one in self.kept if one.name != name]


@pytest.fixture
def keeper_app(make_settings: Any) -> Any:
    return create_app(make_settings(accounts={"shop": {"provider": "keeper"}}), providers=[Keeper])


def names(page: Any) -> list[str]:
    return [f"{row['name']} {row['language']}" for row in page.json()["items"]]


async def test_list_is_paged_and_filtered(keeper_app: Any, in_process: Any) -> None:
    async with in_process(keeper_app) as client:
        first = await client.get(API, params={"limit": 2})
        assert names(first) == ["order en", "order es"]
        rest = await client.get(API, params={"limit": 2, "cursor": first.json()["next"]})
        assert names(rest) == ["order pt"]
        assert rest.json()["next"] is None
        assert names(await client.get(API, params={"language": "es"})) == ["order es"]
        assert names(await client.get(API, params={"status": "REJECTED"})) == []
        assert names(await client.get(API, params={"category": "MARKETING"})) == []


async def test_age_that_will_do_reaches_the_provider(make_settings: Any, in_process: Any) -> None:
    seen: list[float] = []

    class Watched(Keeper):
        async def list_templates(
            self, *, name: str | None = None, language: str | None = None, max_age_s: float = 0
        ) -> Sequence[relevo.Template]:
            del name, language
            seen.append(max_age_s)
            return []

    settings = make_settings(accounts={"shop": {"provider": "keeper"}})
    async with in_process(create_app(settings, providers=[Watched])) as client:
        await client.get(API)
        await client.get(API, params={"max_age": 0})
    assert seen == [300, 0]


async def test_connection_cut_while_listing_leaves_nothing_in_doubt(
    make_settings: Any, in_process: Any
) -> None:
    """A question changes nothing: the answer says that it was not told, and no more."""

    class CutOff(Keeper):
        async def list_templates(
            self, *, name: str | None = None, language: str | None = None, max_age_s: float = 0
        ) -> Sequence[relevo.Template]:
            del name, language, max_age_s
            msg = "cut after the request was written"
            raise relevo.OutcomeUnknown(msg)

    settings = make_settings(accounts={"shop": {"provider": "keeper"}})
    async with in_process(create_app(settings, providers=[CutOff])) as client:
        answer = await client.get(API)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "could not be asked for its templates" in answer.json()["detail"]


async def test_template_is_created_whole_and_deleted(keeper_app: Any, in_process: Any) -> None:
    async with in_process(keeper_app) as client:
        made = await client.post(API, json=DEFINITION)
        assert made.status_code == 201
        row = made.json()
        assert (row["name"], row["status"], row["id"]) == ("sale", "PENDING", "9")
        assert (await client.delete(f"{API}/sale")).status_code == 204
        assert names(await client.get(API, params={"name": "sale"})) == []


async def test_refusals_are_problems(
    keeper_app: Any, in_process: Any, refused: Any, make_app: Any
) -> None:
    async with in_process(keeper_app) as client:
        answer = await client.post(API, json=DEFINITION | {"name": "bad"})
        assert refused(answer, 422, "rejected")["provider_code"] == "77"
        refused(await client.post(API, json={"name": "x"}), 422, "invalid_body")
        refused(await client.get(API, params={"cursor": "junk!"}), 400, "invalid_cursor")
        refused(await client.get(API.replace("shop", "nobody")), 404, "unknown_account")
    async with in_process(make_app()) as client:  # Acme keeps no templates
        refused(await client.get(API), 404, "not_supported")
        refused(await client.post(API, json=DEFINITION), 404, "not_supported")
        refused(await client.delete(f"{API}/sale"), 404, "not_supported")
