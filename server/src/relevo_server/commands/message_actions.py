"""`relevo messages cancel|retry|resolve|replay`: what a person does with messages."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import anyio
from cyclopts import Parameter
from cyclopts.validators import Number

import relevo
from relevo.cli.failures import note
from relevo.cli.server_address import Url
from relevo_server.commands.asking import MESSAGES_PATH, ask, open_client
from relevo_server.commands.message_view import write_kept

AsJson = Annotated[bool, Parameter(name="--json")]
_MOST = 1_000


def cancel_message(message_id: UUID, /, *, as_json: AsJson = False, url: Url = None) -> int:
    """Withdraw a message that waits.

    Args:
        message_id: Ours, as `relevo messages` lists it.
        as_json: Write the message as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    return _do(url, f"{message_id}/cancel", message_id, as_json=as_json)


def retry_message(message_id: UUID, /, *, as_json: AsJson = False, url: Url = None) -> int:
    """Send a message again that was given up before any handover.

    Args:
        message_id: Ours, as `relevo messages` lists it.
        as_json: Write the message as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    return _do(url, f"{message_id}/retry", message_id, as_json=as_json)


def resolve_message(
    message_id: UUID,
    resolution: relevo.Resolution,
    /,
    *,
    as_json: AsJson = False,
    url: Url = None,
) -> int:
    """End the doubt about a message of which nobody knows whether it was sent.

    Args:
        message_id: Ours, as `relevo messages --status unknown` lists it.
        resolution: `sent`: it was. `not-sent`: it was not, and is given up. `resend`: send it
            again, though it may arrive twice.
        as_json: Write the message as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    body = {"resolution": resolution.value}
    return _do(url, f"{message_id}/resolve", message_id, body, as_json=as_json)


def replay_messages(
    *message_ids: UUID,
    account: str | None = None,
    error_code: str | None = None,
    closed_from: datetime | None = None,
    closed_until: datetime | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=_MOST))] = _MOST,
    as_json: AsJson = False,
    url: Url = None,
) -> int:
    """Send messages again that were given up before any handover, chosen by ids or filters.

    Args:
        message_ids: These. One that cannot be sent again refuses all.
        account: Of this account.
        error_code: Whose last error has this code, such as `unavailable`.
        closed_from: Given up at this moment or later; without a zone, this machine's.
        closed_until: Given up before this moment.
        limit: How many, at most.
        as_json: Write the answer as one line of JSON.
        url: Where the server answers.
    """
    filters: dict[str, Any] = {
        "ids": [str(one) for one in message_ids] or None,
        "account": account,
        "error_code": error_code,
        "closed_from": _moment(closed_from),
        "closed_until": _moment(closed_until),
    }
    chosen = {name: value for name, value in filters.items() if value is not None}
    if not chosen:
        msg = "Say which: ids, or --account, --error-code, --closed-from or --closed-until."
        raise relevo.ConfigurationError(msg)
    answer = anyio.run(partial(_replay, url, {**chosen, "limit": limit}))
    if as_json:
        print(json.dumps(answer))  # noqa: T201 - the answer
        return 0
    for one in answer["items"]:
        print(one)  # noqa: T201 - the answer
    if sys.stdout.isatty():
        many = len(answer["items"])
        note("1 message is sent again" if many == 1 else f"{many} messages are sent again")
    if answer["more"]:
        note("there may be more: run it again")
    return 0


def _moment(moment: datetime | None) -> str | None:
    return (
        None if moment is None else (moment if moment.tzinfo else moment.astimezone()).isoformat()
    )


def _do(url: str | None, path: str, message_id: UUID, body: Any = None, *, as_json: bool) -> int:
    message = anyio.run(partial(_post_and_read, url, path, message_id, body))
    if as_json or not sys.stdout.isatty():
        print(json.dumps(message))  # noqa: T201 - the answer
    else:
        write_kept(message)
    return 0


async def _post_and_read(url: str | None, path: str, message_id: UUID, body: Any) -> dict[str, Any]:
    async with open_client(url) as client:
        given = {} if body is None else {"json": body}
        await ask(client, "POST", f"{MESSAGES_PATH}/{path}", **given)
        return await ask(client, "GET", f"{MESSAGES_PATH}/{message_id}")


async def _replay(url: str | None, body: dict[str, Any]) -> dict[str, Any]:
    async with open_client(url) as client:
        return await ask(client, "POST", f"{MESSAGES_PATH}/replay", json=body)
