"""`relevo inbox`: webhook items that were set aside, the raw webhook, another try, giving up."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
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
from relevo_server.commands.tables import Row, told_at, write_rows
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
    *webhook_ids: WebhookId,
    account: str | None = None,
    discarded: bool = False,
    as_json: AsJson = False,
    url: Url = None,
) -> int:
    """Work once more through webhooks with items set aside, as after an update of the plugin.

    Args:
        webhook_ids: These; left out, all there are, of every account or of `--account`.
        account: Only webhooks of this account.
        discarded: Bring back items of these webhooks that were discarded, too.
        as_json: Write the answer as one line of JSON.
        url: Where the server answers.
    """
    if discarded and not webhook_ids:
        msg = "Say which: --discarded needs the webhooks' ids."
        raise relevo.ConfigurationError(msg)
    with open_client(url) as client:
        replayed = client.replay_inbox(
            account=account,
            webhook_ids=webhook_ids or None,
            discarded=discarded or None,
            all_accounts=True if account is None and not webhook_ids else None,
        )
    answer = replayed.as_json()
    if as_json:
        print(json.dumps(answer))  # noqa: T201 - the answer
    else:
        _write_replayed(answer)
    _name_left(webhook_ids, answer["items"])
    return 0


def discard_inbox(
    *webhook_ids: WebhookId,
    account: str | None = None,
    key: str | None = None,
    as_json: AsJson = False,
    url: Url = None,
) -> int:
    """Give up items that were set aside and can never be applied, by webhook or by account.

    Args:
        webhook_ids: Items of these webhooks.
        account: Only items of this account; without ids, all of them that are set aside.
        key: Only the item with this key, as `relevo inbox --json` lists it.
        as_json: Write one JSON object per line.
        url: Where the server answers.
    """
    if account is None and not webhook_ids:
        msg = "Say which: ids of webhooks, or --account for all that is set aside of one."
        raise relevo.ConfigurationError(msg)
    with open_client(url) as client:
        given_up = client.discard_inbox(account=account, webhook_ids=webhook_ids or None, key=key)
    rows = [item.as_json() for item in given_up.items]
    write_rows(
        rows, _DISCARDED, as_json=as_json, styles=_STYLES, nothing="Nothing was set aside of that."
    )
    if given_up.more:
        note("there may be more: run it again")
    _name_left(webhook_ids, {row["webhook_id"] for row in rows}, key)
    return 0


def _name_left(asked: Iterable[int], done: Iterable[int], key: str | None = None) -> None:
    """Say of which webhooks nothing was there to be done."""
    if left := sorted(set(asked) - set(done)):
        what = "Nothing" if key is None else f"No item with the key {plain(key)}"
        see = "relevo inbox" if key is None else "relevo inbox --json"
        msg = f"{what} is set aside of webhook {', '.join(map(str, left))}. See: {see}"
        raise relevo.RelevoError(msg)


def _write_replayed(answer: Row) -> None:
    for one in answer["items"]:
        print(one)  # noqa: T201 - the answer
    if answer["items"]:
        note("worked through in a moment; what still fails is set aside again. See: relevo inbox")
    if sys.stdout.isatty():
        many = len(answer["items"])
        note("1 webhook is put back" if many == 1 else f"{many} webhooks are put back")
    if answer["more"]:
        note("there may be more: run it again")


def _write_webhook(webhook: Row) -> None:
    console = Console(file=sys.stdout, highlight=False)
    aside = ", ".join(f"{one['key']} ({one['fault']['code']})" for one in webhook["set_aside"])
    facts = {
        "id": webhook["id"],
        "account": webhook["account"],
        "arrived": f"{read_time(webhook['arrived_at']).astimezone():%Y-%m-%d %H:%M:%S %z}",
        "state": webhook["state"],
        **({"set aside": aside} if aside else {}),
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
        "when": lambda row: told_at(row["updated_at"]),
        "webhook": lambda row: str(row["webhook_id"]),
        "account": lambda row: str(row["account"]),
        "code": lambda row: str(row["fault"]["code"]),
        "why": lambda row: str(row["fault"]["message"]),
    }
)
_DISCARDED: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {
        "webhook": _COLUMNS["webhook"],
        "account": _COLUMNS["account"],
        "key": lambda row: str(row["key"]),
    }
)
_STYLES: Mapping[str, Callable[[Row], str]] = MappingProxyType(
    {"when": lambda _: "dim", "webhook": lambda _: "bold", "code": lambda _: "red"}
)
