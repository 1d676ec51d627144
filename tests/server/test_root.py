"""`GET /`: a browser is led to the Lab, everybody else is told where things are."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar

import relevo
from relevo_server import RelevoPlugin, create_app

pytestmark = pytest.mark.anyio
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LAB = "/demo/messaging/providers/acme/sms"


async def test_a_browser_is_led_to_the_lab(make_app: Any, in_process: Any) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get("/", headers=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (303, LAB)
        assert answer.headers["vary"] == "Accept"
        assert (await client.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.9"])
async def test_everybody_else_is_told_where_things_are(
    make_app: Any, in_process: Any, accept: str
) -> None:
    async with in_process(make_app()) as client:
        answer = await client.get("/", headers={"accept": accept})
        told = answer.json()
        assert answer.status_code == 200
        assert (told["name"], told["api"]) == ("Relevo", "/api/v1/messaging")
        for place in ("docs", "openapi", "health"):
            assert (await client.get(told[place])).status_code == 200, place
        assert told["version"] == (await client.get(told["openapi"])).json()["info"]["version"]


async def test_whoever_may_not_read_is_not_told_which_provider_is_in_use(
    make_app: Any, in_process: Any, give_key: Any
) -> None:
    app = make_app()
    async with in_process(app) as client:
        reads = await give_key(app, relevo.Scope.READ)
        assert (await client.get("/", headers=BROWSER)).json()["name"] == "Relevo"
        assert (await client.get("/", headers=BROWSER | reads)).status_code == 303


async def test_a_server_with_no_page_for_its_accounts_shows_none(
    make_settings: Any, in_process: Any
) -> None:
    async with in_process(create_app(make_settings(accounts={}))) as client:
        assert (await client.get("/", headers=BROWSER)).status_code == 200


async def test_the_root_of_somebodys_application_stays_theirs(
    make_settings: Any, acme: Any, in_process: Any
) -> None:
    plugin = RelevoPlugin(make_settings(), providers=[acme])
    async with in_process(Litestar(plugins=[plugin])) as client:
        assert (await client.get("/", headers=BROWSER)).status_code == 404
