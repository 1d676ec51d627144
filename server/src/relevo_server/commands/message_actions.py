"""`relevo messages cancel|retry|resolve|replay`: what a person does with messages."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from cyclopts import Parameter
from cyclopts.validators import Number

import relevo
from relevo.cli.failures import note
from relevo.cli.server_address import Url
from relevo_server.commands.asking import open_client
from relevo_server.commands.message_view import write_kept

if TYPE_CHECKING:
    from relevo.client import Client

AsJson = Annotated[bool, Parameter(name="--json")]
_MOST = 1_000
_Dead = Literal["failed", "expired"]


def cancel_message(message_id: UUID, /, *, as_json: AsJson = False, url: Url = None) -> int:
    """Withdraw a message that waits.

    Args:
        message_id: Ours, as `relevo messages` lists it.
        as_json: Write the message as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    with open_client(url) as client:
        client.cancel(message_id)
        return _show(client, message_id, as_json=as_json)


def retry_message(message_id: UUID, /, *, as_json: AsJson = False, url: Url = None) -> int:
    """Send a message again that was given up before any handover.

    Args:
        message_id: Ours, as `relevo messages` lists it.
        as_json: Write the message as one line of JSON, as a pipe gets it.
        url: Where the server answers.
    """
    with open_client(url) as client:
        client.retry(message_id)
        return _show(client, message_id, as_json=as_json)


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
    with open_client(url) as client:
        client.resolve(message_id, resolution)
        return _show(client, message_id, as_json=as_json)


def replay_messages(  # noqa: PLR0913 - each is a filter
    *message_ids: UUID,
    account: str | None = None,
    to: str | None = None,
    status: _Dead | None = None,
    conversation_id: str | None = None,
    error_code: str | None = None,
    created_from: datetime | None = None,
    created_until: datetime | None = None,
    closed_from: datetime | None = None,
    closed_until: datetime | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lte=_MOST))] = _MOST,
    as_json: AsJson = False,
    url: Url = None,
) -> int:
    """Send messages again that were given up before any handover, chosen by ids or filters.

    Args:
        message_ids: These, without any filter. One that cannot be sent again refuses all.
        account: Of this account.
        to: To this person.
        status: That are there now.
        conversation_id: Of this thread.
        error_code: Whose last error has this code, such as `unavailable`.
        created_from: Kept at this moment or later; without a zone, this machine's.
        created_until: Kept before this moment.
        closed_from: Given up at this moment or later.
        closed_until: Given up before this moment.
        limit: How many, at most.
        as_json: Write the answer as one line of JSON.
        url: Where the server answers.
    """
    filters: dict[str, Any] = {
        "ids": message_ids or None,
        "account": account,
        "to": to,
        "status": status,
        "conversation_id": conversation_id,
        "error_code": error_code,
        "created_from": _moment(created_from),
        "created_until": _moment(created_until),
        "closed_from": _moment(closed_from),
        "closed_until": _moment(closed_until),
    }
    chosen = {name: value for name, value in filters.items() if value is not None}
    if not chosen:
        msg = (
            "Say which: ids, or --account, --to, --status, --conversation-id, --error-code, "
            "--created-from, --created-until, --closed-from or --closed-until."
        )
        raise relevo.ConfigurationError(msg)
    if message_ids and set(chosen) != {"ids"}:
        msg = "Give ids alone, or leave them out and choose by filters."
        raise relevo.ConfigurationError(msg)
    with open_client(url) as client:
        answer = client.replay(**chosen, limit=limit).as_json()
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


def _moment(moment: datetime | None) -> datetime | None:
    return moment if moment is None or moment.tzinfo else moment.astimezone()


def _show(client: Client, message_id: UUID, *, as_json: bool) -> int:
    message = client.message(message_id).as_json()
    if as_json or not sys.stdout.isatty():
        print(json.dumps(message))  # noqa: T201 - the answer
    else:
        write_kept(message)
    return 0
