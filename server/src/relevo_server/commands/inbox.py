"""`relevo inbox`: webhook items that were set aside, the raw webhook, and another try."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.text import Text

import relevo
from relevo.cli.failures import note
from relevo.cli.server_address import Url
from relevo_server.commands.asking import open_client
from relevo_server.commands.event_words import plain
from relevo_server.commands.tables import Row, write_rows
from relevo_server.commands.trail import read_time

AsJson = Annotated[bool, Parameter(name="--json")]
WebhookId = Annotated[int, Parameter(validator=Number(gte=1))]
_PAGE = 200


def list_inbox(
    *,
    account: str | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1))] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> int:
    """List webhook items that were set aside, newest first, and why.

    Args:
        account: Only items of this account.
        limit: How many, at most.
        as_json: Write one JSON object per line, with the provider's own object.
        url: Where the server answers.
    """
    with open_client(url) as client:
        listed = client.inbox(account=account, limit=limit, page_size=_PAGE)
        rows = [row.as_json() for row in listed]
    write_rows(rows, _COLUMNS, as_json=as_json, styles=_STYLES, nothing="Nothing was set aside.")
    return 0


def show_webhook(webhook_id: WebhookId, /, *, as_json: AsJson = False, url: Url = None) -> int:
    """Show one raw webhook as it came, without what proves it.

    Args:
        webhook_id: As `relevo inbox` lists it.
        as_json: Write it as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    with open_client(url) as client:
        webhook = client.webhook(webhook_id).as_json()
    if as_json or not sys.stdout.isatty():
        print(json.dumps(webhook))  # noqa: T201 - the answer
    else:
        _write_webhook(webhook)
    return 0


def replay_inbox(
    *webhook_ids: WebhookId, account: str | None = None, as_json: AsJson = False, url: Url = None
) -> int:
    """Work once more through webhooks with items set aside, as after an update of the plugin.

    Args:
        webhook_ids: These; left out, all there are.
        account: Only webhooks of this account.
        as_json: Write the answer as one line of JSON.
        url: Where the server answers.
    """
    with open_client(url) as client:
        replayed = client.replay_inbox(account=account, webhook_ids=webhook_ids or None)
    answer = replayed.as_json()
    if as_json:
        print(json.dumps(answer))  # noqa: T201 - the answer
    else:
        _write_replayed(answer)
    if left := sorted(set(webhook_ids) - set(answer["items"])):
        msg = f"Nothing is set aside of webhook {', '.join(map(str, left))}. See: relevo inbox"
        raise relevo.RelevoError(msg)
    return 0


def _write_replayed(answer: Row) -> None:
    for one in answer["items"]:
        print(one)  # noqa: T201 - the answer
    if sys.stdout.isatty():
        many = len(answer["items"])
        note("1 webhook is worked through" if many == 1 else f"{many} webhooks are worked through")
    if answer["more"]:
        note("there may be more: run it again")


def _write_webhook(webhook: Row) -> None:
    console = Console(file=sys.stdout, highlight=False)
    facts = {
        "id": webhook["id"],
        "account": webhook["account"],
        "arrived": f"{read_time(webhook['arrived_at']).astimezone():%Y-%m-%d %H:%M:%S %z}",
        "state": webhook["state"],
        **webhook["headers"],
    }
    for name, value in facts.items():
        line = Text.assemble((f"{plain(str(name)):<22}", "dim"), plain(str(value)))
        console.print(line, soft_wrap=True)
    console.print()
    console.print(Text(_pretty(webhook)), soft_wrap=True)


def _pretty(webhook: Row) -> str:
    """Give the body for reading: JSON set out, anything else as it is."""
    body = webhook.get("body")
    if body is None:
        return f"(base64) {webhook.get('body_base64')}"
    try:
        return json.dumps(json.loads(body), indent=2)
    except ValueError:
        return plain(body)


_COLUMNS: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "when": lambda row: f"{read_time(row['updated_at']).astimezone():%Y-%m-%d %H:%M:%S}",
        "webhook": lambda row: str(row["webhook_id"]),
        "account": lambda row: str(row["account"]),
        "code": lambda row: str(row["fault"]["code"]),
        "why": lambda row: str(row["fault"]["message"]),
    }
)
_STYLES: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {"when": lambda _: "dim", "webhook": lambda _: "bold", "code": lambda _: "red"}
)
