"""`/{number}/block_users`: block, unblock, and the list."""

from __future__ import annotations

from litestar import delete, get, post
from pydantic import JsonValue

from relevo_meta_whatsapp.addresses import digits_of
from relevo_meta_whatsapp.sandbox.desk import HttpAnswer, HttpRequest
from relevo_meta_whatsapp.sandbox.graph.answers import CODES, GraphRefusal
from relevo_meta_whatsapp.sandbox.graph.calls import Call, enter
from relevo_meta_whatsapp.sandbox.graph.envelope import check_product
from relevo_meta_whatsapp.sandbox.graph.paging import page_of
from relevo_meta_whatsapp.sandbox.graph.rules import a_list, anything, fields, one_of, text
from relevo_meta_whatsapp.sandbox.state import NumberState
from relevo_meta_whatsapp.sandbox.state.people import MOST_BLOCKED, Person
from relevo_meta_whatsapp.sandbox.state.spelling import wa_id_of

_PATH = "/{version:str}/{node:str}/block_users"
_ASKED = fields(
    {
        "messaging_product": one_of("whatsapp"),
        "block_users": a_list(fields({"user": text()}, {"messaging_product": anything}), 1, 1000),
    }
)
_NOT_IN_TIME = 131047
_NO_PERSON = 131009


@get(_PATH)
async def list_blocked(request: HttpRequest) -> HttpAnswer:
    """List who is blocked, in pages."""
    call = enter(request)
    number = call.number()
    rows = [{"messaging_product": "whatsapp", **_named(one)} for one in number.people.blocked()]
    return call.answer(page_of(rows, request, call.state.base_url))


@post(_PATH, status_code=200)
async def block(request: HttpRequest) -> HttpAnswer:
    """Block people who wrote within the last 24 hours."""
    return await _change(enter(request), is_blocked=True)


@delete(_PATH, status_code=200)
async def unblock(request: HttpRequest) -> HttpAnswer:
    """Unblock people."""
    return await _change(enter(request), is_blocked=False)


async def _change(call: Call, *, is_blocked: bool) -> HttpAnswer:
    number = call.number()
    payload = await call.payload()
    check_product(payload)
    _ASKED(payload, "block_users")
    asked = payload["block_users"]
    users = (
        [str(one["user"]) for one in asked if isinstance(one, dict)]
        if isinstance(asked, list)
        else []
    )
    done: list[JsonValue] = []
    failed: list[JsonValue] = []
    for user in users:
        person, code = _judge(call, number, user, is_blocked=is_blocked)
        if person is None or code is not None:
            failed.append({"input": user, "errors": [_error(code or _NO_PERSON)]})
            continue
        person.is_blocked = is_blocked
        done.append({"input": user, **_named(person)})
    key = "added_users" if is_blocked else "removed_users"
    told: dict[str, JsonValue] = {
        "messaging_product": "whatsapp",
        "block_users": {key: done, "failed_users": failed},
    }
    if failed:
        raise GraphRefusal(139100, "Some users could not be changed.", beside=told)
    return await call.carry_out("manage", lambda: told)


def _judge(
    call: Call, number: NumberState, user: str, *, is_blocked: bool
) -> tuple[Person | None, int | None]:
    digits = digits_of(user)
    if digits.isascii() and digits.isdigit():
        person = number.people.find(wa_id=wa_id_of(digits))
    elif "." in user:
        person = number.people.find(user_id=user)
    else:
        return None, _NO_PERSON
    if not is_blocked:
        return person, None
    if not person.window_is_open(call.now):
        return person, _NOT_IN_TIME
    if len(number.people.blocked()) >= MOST_BLOCKED:
        return person, 139101
    return person, None


def _named(person: Person) -> dict[str, JsonValue]:
    return {"user_id": person.user_id} if person.wa_id is None else {"wa_id": person.wa_id}


def _error(code: int) -> dict[str, JsonValue]:
    details = {_NOT_IN_TIME: "The person has not written within the last 24 hours."}
    return {
        "code": code,
        "message": CODES[code].title,
        "error_data": {"details": details.get(code, CODES[code].title)},
    }


BLOCK_ROUTES = (list_blocked, block, unblock)
