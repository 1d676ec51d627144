"""Keys to the API, and tickets to its event stream."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from types import NoneType

from relevo.client.answers.keys import KeyList, KeyRow, NewKeyRow, TicketRow
from relevo.client.call import Call, ListCall, given
from relevo.client.calls.events import EventTypes, MessageIds, Several, listed
from relevo.engines.records import Scope


def keys() -> ListCall[KeyRow]:
    """List the keys to the API, newest first, those that were taken back included."""

    def page(size: int, cursor: str | None) -> Call[KeyList]:
        del size, cursor  # all at once
        return Call("GET /keys", KeyList, repeatable=True)

    return ListCall(page)


def create_key(
    name: str,
    /,
    *,
    scopes: Collection[Scope | str],
    accounts: Collection[str] | None = None,
    rate: int | None = None,
    expires_at: datetime | None = None,
) -> Call[NewKeyRow]:
    """Make a key. Its text is in the answer, and is never told again.

    Args:
        name: Who or what it is for.
        scopes: What it allows.
        accounts: Only these are seen and used; left out, all.
        rate: Requests a minute; left out, as the server is configured.
        expires_at: From this moment it opens nothing; with its time zone.
    """
    body = given(
        name=name,
        scopes=sorted(scopes),
        accounts=None if accounts is None else sorted(accounts),
        rate=rate,
        expires_at=expires_at,
    )
    return Call("POST /keys", NewKeyRow, body=body)


def revoke_key(key_id: str, /) -> Call[None]:
    """Take a key back: it opens nothing from now on.

    Raises:
        RequestRefused: No key has this id, or it was taken back before.
    """
    return Call("DELETE /keys/{key_id}", NoneType, {"key_id": key_id})


def create_ticket(
    *,
    type: EventTypes | None = None,  # noqa: A002 - the parameter's name on the wire
    account: Several | None = None,
    message_id: MessageIds | None = None,
    conversation_id: Several | None = None,
    ttl_s: int | None = None,
) -> Call[TicketRow]:
    """Make a short-lived ticket with which a browser may follow events.

    Args:
        type: Only events of this type; or of several.
        account: Only of this account; or of several.
        message_id: Only about this message; or about several.
        conversation_id: Only of this thread; or of several.
        ttl_s: Seconds for which the ticket is taken; left out, as the server chooses.
    """
    body = given(
        type=listed(type),
        account=listed(account),
        message_id=listed(message_id),
        conversation_id=listed(conversation_id),
        ttl_s=ttl_s,
    )
    return Call("POST /events/tickets", TicketRow, body=body)
