#!/usr/bin/env python3
"""Measure the inbox: webhooks kept, then split, parsed and applied, small ones and large ones.

    uv run benchmarks/receiving.py sqlite
    uv run benchmarks/receiving.py postgresql://postgres@127.0.0.1:5432/test?search_path=bench

Every message gets `sent`, `delivered` and `read`, as WhatsApp tells them: first in webhooks of
one status each, then in webhooks of 1,000, both from one account and from four at once.
Timings of different runs or machines do not compare; ratios within one run do.
The PostgreSQL schema named by `search_path` is made for the run and dropped after it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from engines import accepted, store, together

import relevo
from relevo.accounts import Account
from relevo.engines.port import Engine
from relevo.terms import AccountTerms
from relevo_meta_whatsapp import MetaWhatsApp, MetaWhatsAppConfig

WORDS = ("sent", "delivered", "read")
ACCOUNTS = ("shop", "clinic", "school", "garage")
LARGE = 1_000
_SLOTS = 200
_NUMBER = "106540352242922"

ValueT = TypeVar("ValueT")


async def main() -> int:
    """Measure and print."""
    arguments = read_arguments()
    for accounts in (ACCOUNTS[:1], ACCOUNTS):
        for size in (1, LARGE):
            async with store(arguments.engine, 0) as open_engine, open_engine() as engine:
                await measure(engine, accounts, arguments.messages, size)
    return 0


async def measure(engine: Engine, accounts: Sequence[str], messages: int, size: int) -> None:
    """Send messages, then hear all about them in webhooks of this size."""
    known = {name: await send(engine, name, messages // len(accounts)) for name in accounts}
    posts = [
        (name, relevo.WebhookRequest("POST", f"/webhooks/{name}", body_of(some)))
        for name, ids in known.items()
        for some in chunks(list(statuses_of(ids)), size)
    ]
    items = sum(len(ids) for ids in known.values()) * len(WORDS)
    receiver = relevo.Receiver(engine, {name: Account(name, provider(name)) for name in accounts})
    began = time.perf_counter()
    for some in chunks(posts, _SLOTS):
        await together([partial(engine.keep_webhook, *post) for post in some])
    kept = time.perf_counter()
    while await receiver.process_pending():
        pass
    ended = time.perf_counter()
    told = await engine.head()
    print(
        f"{len(accounts)} accounts, {size:>5,} statuses each: "
        f"kept {len(posts) / (kept - began):>6,.0f} webhooks/s   "
        f"applied {len(posts) / (ended - kept):>8,.1f} webhooks/s {items / (ended - kept):>6,.0f} "
        f"items/s   ({told:,} events)",
        flush=True,
    )


async def send(engine: Engine, account: str, messages: int) -> list[str]:
    """Hand messages over; give the provider's ids."""
    terms = {account: AccountTerms()}
    for numbers in chunks(range(messages), _SLOTS):
        await together([partial(accept, engine, account, number) for number in numbers])
    ids: list[str] = []
    while len(ids) < messages:
        claims = await engine.claim("bench", limit=_SLOTS, lease_s=60, terms=terms)
        done = [accepted(claim) for claim in claims]
        await engine.complete(done)
        ids += [one.receipt.provider_message_id or "" for one in done if one.receipt is not None]
    return ids


async def accept(engine: Engine, account: str, number: int) -> None:
    """Accept a message to somebody else each time."""
    message = relevo.Message(account=account, to=f"54911{number:08}", text="Your order is here.")
    await engine.accept(message, provider="meta_whatsapp", lane_key=f"tel:54911{number:08}")


def chunks(values: Sequence[ValueT], size: int) -> Iterator[Sequence[ValueT]]:
    """Give so many at a time."""
    for first in range(0, len(values), size):
        yield values[first : first + size]


def statuses_of(ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Tell of each message in turn that it was sent, of each that it was delivered, and read."""
    for word in WORDS:
        for one in ids:
            yield {
                "id": one,
                "status": word,
                "timestamp": "1790000000",
                "recipient_id": "5491100000000",
            }


def body_of(statuses: Sequence[dict[str, Any]]) -> bytes:
    """Write a webhook as Meta does."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": _NUMBER},
        "statuses": list(statuses),
    }
    entry = {"id": "8856996819413533", "changes": [{"value": value, "field": "messages"}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def provider(account: str) -> MetaWhatsApp:
    """Make a provider that only translates."""
    config = MetaWhatsAppConfig.model_validate(
        {"phone_number_id": _NUMBER, "access_token": "EAAnotused", "app_secret": "not used"}
    )
    return MetaWhatsApp(account, config, None)


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("engine", help="sqlite, or postgresql://...?search_path=NAME")
    parser.add_argument("--messages", type=int, default=2_000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
