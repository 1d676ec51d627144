"""Canaries in every secret place, a canary person and canary words, through every route.

Every logger writes from DEBUG on. What is looked for must be found in no log line, no
number, no span, no problem and no representation; and it must have been in the answers
that are meant to carry it, or nothing was looked for.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import anyio
import httpx
import pytest
from litestar import Litestar
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import SecretStr

import relevo
from relevo_meta_whatsapp.sandbox import MetaSandbox, SandboxNumber
from relevo_server import create_app, stop_streams
from relevo_server.commands.listening import open_socket, serving, url_of
from relevo_server.logs.configuring import make_handler
from relevo_server.operating import LogFormat

pytest_plugins = ["tests.server.tracing"]
pytestmark = pytest.mark.anyio

API = "/api/v1/messaging"
TOKEN = "CanaryTokenEAAx7f3k2"
APP_SECRET = "c0ffee0canary0app0secret00001234"
VERIFY = "canary-verify-token-5521"
PERSON = "549113355779900"
WORDS = "canary words that only one person reads"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
_OURS = ("relevo", "uvicorn")
_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_PLACES = {"family": "meta", "product": "whatsapp", "account": "shop"}
"""Of path parameters; any other has an id that nobody knows."""
FAULTS: tuple[dict[str, Any], ...] = (
    {"code": 131026, "status": 400},
    {"code": 190, "status": 401},
    {"code": 131056, "status": 400},
    {"status": 429, "code": 130429, "retry_after_s": 1},
    {"status": 500, "body": f"<html>no page for {PERSON}: {WORDS} {TOKEN}</html>"},
    {"status": 502, "body": "<html>502 Bad Gateway</html>"},
    {"status": 400, "body": f"{{'error': '{PERSON}'"},
    {"status": 200, "truncated": True},
    {"cut": True},
    {"cut": True, "taken": True},
)


DEBUGGING = ("claimed by worker-", " ms; again in ", "ms after it came", "The store fails, as ")
"""What only whoever debugs reads of an attempt and of a webhook, and what an outage says."""


class Found(list[str]):
    """Everything that was written where no canary may be."""

    def look_for(self, canaries: dict[str, str]) -> list[str]:
        """Name each canary that is in it, with the line."""
        return [
            f"{name}: {line[:300]}"
            for line in self
            for name, canary in canaries.items()
            if canary in line
        ]


@contextmanager
def _all_logged() -> Iterator[tuple[io.StringIO, io.StringIO, io.StringIO]]:
    """Write what every logger says from DEBUG on: as we write it, and as anybody would."""
    as_json, as_text, plain = io.StringIO(), io.StringIO(), io.StringIO()
    handlers = [make_handler(LogFormat.JSON, as_json), make_handler(LogFormat.TEXT, as_text)]
    usual = logging.StreamHandler(plain)
    usual.setFormatter(logging.Formatter("%(name)s %(message)s"))
    # Other libraries write whole addresses; within somebody's program that is theirs to hide.
    usual.addFilter(lambda record: record.name.startswith(_OURS))
    handlers.append(usual)
    root = logging.getLogger()
    known = [logging.getLogger(name) for name in list(logging.root.manager.loggerDict)]
    before = [(one, one.level, one.disabled) for one in (root, *known)]
    for one in (root, *known):
        one.setLevel(logging.DEBUG)
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield as_json, as_text, plain
    finally:
        for handler in handlers:
            root.removeHandler(handler)
        for one, level, disabled in before:
            one.setLevel(level)
            one.disabled = disabled


def _routes(app: Litestar) -> Iterator[tuple[str, str]]:
    """Give every method and path template that the application has."""
    for route in app.routes:
        if route.path.startswith(("/schema", "/problems", "/demo/messaging/lab")):
            continue
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(getattr(handler, "http_methods", ())):
                if method != "OPTIONS":
                    yield method, route.path_format


def _path(template: str) -> str:
    return _PARAMETER.sub(lambda found: _PLACES.get(found[1], str(uuid4())), template)


# Values only: a problem names the fields and parameters that it does not know.
BODIES: tuple[Any, ...] = (
    {"to": PERSON, "text": WORDS},
    {"to": PERSON, "text": WORDS, "content": {"type": WORDS, "body": PERSON}},
    {"items": [{"to": PERSON, "text": WORDS}, {"to": WORDS}]},
    [PERSON, WORDS, TOKEN],
    None,
)
QUERIES: tuple[dict[str, str], ...] = (
    {},
    {"person": PERSON, "limit": WORDS, "status": TOKEN, "ticket": f"rlt_{TOKEN}", "after": PERSON},
)


async def _ask_everything(
    client: httpx.AsyncClient,
    app: Litestar,
    headers: dict[str, str],
    *,
    bodies: tuple[Any, ...] = BODIES,
    queries: tuple[dict[str, str], ...] = QUERIES,
) -> list[httpx.Response]:
    """Send canaries to every route, right and wrong; give all answers but streams."""
    answers: list[httpx.Response] = []
    for method, template in _routes(app):
        for body in bodies if method != "GET" else (None,):
            for query in queries:
                with anyio.move_on_after(2):
                    answers.append(
                        await client.request(
                            method,
                            _path(template),
                            params=query,
                            content=None if body is None else json.dumps(body),
                            headers={
                                "content-type": "application/json",
                                "accept": "application/json",
                                "x-request-id": PERSON,
                                "traceparent": WORDS,
                                **headers,
                            },
                        )
                    )
    return answers


async def _send_through_faults(client: httpx.AsyncClient, running: Any, app: Litestar) -> list[str]:
    """Let each fault meet a message to a person of its own; give what the errors said.

    One's doubt would keep others waiting. The numbers differ in their last digits.
    """
    said: list[str] = []
    dispatcher: relevo.Dispatcher = app.state["relevo_server"].dispatcher
    for number, fault in enumerate(FAULTS):
        running.state.behave(
            running.state.behaviour.model_validate({"status_after_s": 0, "faults": [fault]})
        )
        sent = await client.post(
            f"{API}/messages",
            json={"to": f"{PERSON}{number}"[-15:], "text": WORDS},
        )
        assert sent.status_code == 202, sent.text
        with anyio.move_on_after(1):
            try:
                await dispatcher.wait(UUID(sent.json()["id"]), wait_s=0.25)
            except relevo.RelevoError as error:
                said.append(f"{error} {error!r}")
        await dispatcher.resume("shop")
    running.state.behave(running.state.behaviour.model_validate({"status_after_s": 0}))
    return said


async def _take_the_store_away(client: httpx.AsyncClient, app: Litestar) -> None:
    """Let nothing be written for a moment: who waits for the store says so."""
    runtime = app.state["relevo_server"].runtime
    connection = runtime.engine._parts.store.connection
    connection.execute("PRAGMA query_only = ON")
    sent = await client.post(f"{API}/messages", json={"to": PERSON, "text": WORDS})
    assert sent.status_code == 503
    with anyio.fail_after(30):
        while runtime.store_watch._since is None:
            await anyio.sleep(0.05)
    connection.execute("PRAGMA query_only = OFF")


async def test_canaries_reach_nothing_that_others_read(
    spans: InMemorySpanExporter, tmp_path: Any, give_key: Any
) -> None:
    """Secrets nowhere; a person and their words only where they are meant to be."""
    number = SandboxNumber(
        access_token=SecretStr(TOKEN),
        app_secret=SecretStr(APP_SECRET),
        verify_token=SecretStr(VERIFY),
    )
    found, carried = Found(), ""
    with _all_logged() as logs, open_socket("127.0.0.1", 0) as listener:
        hook = f"{url_of(listener)}{API}/webhooks/shop"
        async with MetaSandbox(number=number).start(hook) as running:
            settings = relevo.Settings.model_validate(
                {
                    "engine": f"sqlite:///{tmp_path}/canary.db",
                    "accounts": {
                        "shop": {**running.account, "appsecret_proof": True, "pair_pace": False}
                    },
                }
            )
            found.append(repr(settings))
            app = create_app(settings, sandbox=running)
            async with (
                app.lifespan(),
                serving(app, listener, before_stop=lambda: stop_streams(app)),
                httpx.AsyncClient(base_url=url_of(listener), timeout=20) as client,
            ):
                few = {"bodies": BODIES[:1], "queries": QUERIES[1:]}
                unasked = await _ask_everything(client, app, {}, **few)
                shown = await give_key(app)
                key = shown["authorization"].removeprefix("Bearer ")
                client.headers.update(shown)
                ticket = (await client.post(f"{API}/events/tickets", json={})).json()["ticket"]
                said = await _send_through_faults(client, running, app)
                assert len(said) >= len(FAULTS) - 2
                found += said
                running_answers = await _ask_everything(client, app, shown)
                wrong = {"authorization": f"Bearer {key}x"}
                refused = await _ask_everything(client, app, wrong, **few)
                await running.inbound(kind="text", **{"from": PERSON[:13]}, content={"body": WORDS})
                body = json.dumps({"object": PERSON, "entry": [WORDS]}).encode()
                digest = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
                for signature in (digest, "sha256=" + digest, WORDS):
                    await client.post(
                        f"{API}/webhooks/shop",
                        content=body,
                        headers={"x-hub-signature-256": signature},
                    )
                await client.get(
                    f"{API}/webhooks/shop",
                    params={"hub.mode": "subscribe", "hub.verify_token": VERIFY + "x"},
                )
                with anyio.move_on_after(1):
                    async with client.stream(
                        "GET", f"{API}/events", params={"ticket": ticket, "after": "0"}
                    ) as stream:
                        async for line in stream.aiter_lines():
                            carried += line
                await _take_the_store_away(client, app)
                found.append((await client.get("/metrics")).text)
                found += [repr(app.state["relevo_server"].runtime.accounts)]
                answers = [*unasked, *running_answers, *refused]
                problems = [
                    one
                    for one in answers
                    if one.headers.get("content-type") == "application/problem+json"
                ]
                found += [one.text for one in problems]
                assert {one.status_code for one in problems} >= {400, 401, 404, 422}
                assert 500 not in {one.status_code for one in answers}
    for log in logs:
        lines = log.getvalue().splitlines()
        assert len(lines) > 50
        found += lines
        for words in DEBUGGING:
            assert any(words in line for line in lines), words
    found += [one.to_json() for one in spans.get_finished_spans()]
    secrets = {
        "token": TOKEN,
        "app secret": APP_SECRET,
        "verify token": VERIFY,
        "proof": PROOF,
        "signature": digest,
        "key": key.rpartition("_")[2],
        "ticket": ticket.rpartition("_")[2],
    }
    people = {"person": PERSON[1:13], "words": WORDS}
    assert found.look_for(secrets | people) == []
    # What carries them carries them, or none of this looked at anything.
    assert WORDS in carried
    assert PERSON[1:13] in carried
    in_answers = "".join(one.text for one in running_answers)
    assert not [name for name, one in secrets.items() if one in in_answers + carried]
