"""Keys: who may use the API, and what of it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.datastructures import Headers
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath
from pydantic import Field

import relevo
from relevo.keys import make_key, usable
from relevo_server.access.guards import check_loopback
from relevo_server.access.key_giving import check_giving, is_within
from relevo_server.access.principals import Caller, Principal
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.description.examples import KEY
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import KeyBody

logger = logging.getLogger("relevo.server")

TAGS = ["Keys"]
_FIRST = "This is the first key: from now on every request has to show one."


class KeyRow(Row):
    """A key, without what opens the door."""

    id: Annotated[str, Field(description="The part that may be seen.")]
    prefix: Annotated[str, Field(description="How the key itself begins.")]
    name: str
    scopes: list[relevo.Scope]
    accounts: Annotated[
        list[str] | None, Field(description="Only these are there for it; null: all.")
    ]
    rate: Annotated[int | None, Field(description="Requests a minute; left out, the server's.")] = (
        None
    )
    active: Annotated[bool, Field(description="Whether it opens anything now.")]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: Annotated[datetime | None, Field(description="About when it was last shown.")] = (
        None
    )


class NewKeyRow(KeyRow):
    """A key that was just made."""

    key: Annotated[str, Field(description="Told once; nobody can tell it again.")]
    notice: Annotated[str | None, Field(description="What changes with the first key.")] = None


class KeyList(Row):
    """All keys, newest first."""

    items: list[KeyRow]


@post(
    "/keys",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=201,
    tags=TAGS,
    summary="Make a key",
    description=(
        "The key itself is in this answer and nowhere else. The first key of a server ends its "
        "time without keys: from then on every request has to show one. A key that is limited "
        "to accounts makes only keys for these, with scopes it has itself, no faster and no longer."
    ),
    response_description="The key.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_BODY,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
)
async def add_key(
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    data: Annotated[KeyBody, Body(examples=[Example(id="key", value=KEY)])],
) -> Response[NewKeyRow]:
    """Make a key and tell it once."""
    _need_nearness(request, principal)
    now = datetime.now(UTC)
    given = check_giving(server, principal, data, now)
    secret, record = make_key(
        name=data.name,
        scopes=data.scopes,
        now=now,
        accounts=given.accounts,
        rate=given.rate,
        expires_at=given.expires_at,
    )
    first = server.open_to_all
    await server.engine.add_key(record)
    server.keys.forget()
    logger.info("Key %s was made by %s.", record.key_id, principal.key_id or principal.name)
    row = NewKeyRow(
        **_members(record, now),
        key=secret.get_secret_value(),
        notice=_FIRST if first else None,
    )
    return json_response(row, status=201)


@get(
    "/keys",
    opt={"scope": relevo.Scope.ADMIN},
    tags=TAGS,
    summary="List keys",
    description="Also those that were revoked or are over. A key that is limited to accounts "
    "sees those that are for no others.",
    response_description="All keys, newest first.",
    responses=problems(ProblemCode.INVALID_PARAMETER),
)
async def list_keys(
    request: Request[Any, Any, Any], server: Server, principal: Caller
) -> Response[KeyList]:
    """List the keys."""
    _need_nearness(request, principal)
    now = datetime.now(UTC)
    rows = [
        _key_row(server, one, now)
        for one in await server.engine.keys()
        if is_within(principal, one.accounts)
    ]
    return json_response(KeyList(items=rows))


@delete(
    "/keys/{key_id:str}",
    opt={"scope": relevo.Scope.ADMIN},
    status_code=204,
    tags=TAGS,
    summary="Revoke a key",
    description="It opens nothing any more: here at once, in other processes within two "
    "seconds. Streams that it began end as soon. Its row stays; a second time changes nothing.",
    response_description="It opens nothing any more.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER, ProblemCode.UNKNOWN_KEY, ProblemCode.ENGINE_BUSY
    ),
)
async def revoke_key(
    key_id: FromPath[str], request: Request[Any, Any, Any], server: Server, principal: Caller
) -> None:
    """Take a key back."""
    _need_nearness(request, principal)
    known = await server.engine.key(key_id)
    if known is None or not is_within(principal, known.accounts):
        msg = "No key has this id: GET /keys lists those there are."
        raise Problem(ProblemCode.UNKNOWN_KEY, msg)
    await server.engine.revoke_key(key_id)
    server.keys.forget()
    logger.info("Key %s was revoked by %s.", key_id, principal.key_id or principal.name)


def _need_nearness(request: Request[Any, Any, Any], principal: Principal) -> None:
    """Let only this machine make the first key, whoever else may use an open server.

    Raises:
        Problem: Somebody elsewhere would lock everybody else out.
    """
    if principal.key_id is None:
        check_loopback(request.scope, Headers.from_scope(request.scope))


def _key_row(server: Server, record: relevo.KeyRecord, now: datetime) -> KeyRow:
    used = (record.last_used_at, server.keys.used_at(record.key_id))
    members = _members(record, now)
    members["last_used_at"] = max((one for one in used if one is not None), default=None)
    return KeyRow(**members)


def _members(record: relevo.KeyRecord, now: datetime) -> dict[str, Any]:
    return {
        "id": record.key_id,
        "prefix": f"rlv_{record.key_id}",
        "name": record.name,
        "scopes": sorted(record.scopes),
        "accounts": None if record.accounts is None else sorted(record.accounts),
        "rate": record.rate,
        "active": usable(record, now),
        "created_at": record.created_at,
        "expires_at": record.expires_at,
        "revoked_at": record.revoked_at,
        "last_used_at": record.last_used_at,
    }


HANDLERS = (add_key, list_keys, revoke_key)
