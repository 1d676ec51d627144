"""What a web page tries from somebody's browser, which may reach this machine."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
EMBEDDED = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
GONE_TO = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        (EMBEDDED, False),
        (EMBEDDED | {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, False),
        (EMBEDDED | GONE_TO, True),
        (EMBEDDED | {"sec-fetch-site": "same-origin"}, True),
        (EMBEDDED | {"sec-fetch-site": "same-site"}, True),
        (GONE_TO | {"sec-fetch-site": "none"}, True),
    ],
)
async def test_a_page_of_another_site_embeds_nothing_of_a_server_without_keys(
    headers: dict[str, str], make_app: Any, in_process: Any, refused: Any, *, welcome: bool
) -> None:
    """An image that is none still lets the server ask the provider, or hold a stream open."""
    async with in_process(make_app()) as client:
        for path in ("/messages", "/accounts/shop/templates?max_age=0"):
            answer = await client.get(f"{API}{path}", headers=headers)
            if welcome:
                assert answer.status_code != 403, path
            else:
                refused(answer, 403, "foreign_origin")
        if not welcome:
            refused(await client.get(f"{API}/events", headers=headers), 403, "foreign_origin")


async def test_answers_are_no_part_of_other_sites(make_app: Any, in_process: Any) -> None:
    """Browsers then give them to no page of another site, not even as an image that fails."""
    async with in_process(make_app()) as client:
        for path in (f"{API}/messages", f"{API}/messages/none", "/health/live", "/nothing"):
            answer = await client.get(path)
            assert answer.headers["cross-origin-resource-policy"] == "same-site", path
