"""Webhooks: a provider's handshake and its deliveries, raw bytes untouched."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, RequestBody, Schema
from litestar.params import FromPath

import relevo
from relevo_server.access.guards import OPEN_DOOR
from relevo_server.context import Server
from relevo_server.description.documents import operation, problems
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

TAGS = ["Webhooks"]
_OPT = {OPEN_DOOR: True, "scope": None}
# The account stands in the path here: one that nobody knows is a wrong address.
_NOBODY = {ProblemCode.UNKNOWN_ACCOUNT: 404}
_ANY_BODY = RequestBody(
    content={"*/*": OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))},
    description="As the provider sends it.",
)


@get(
    "/webhooks/{account:str}",
    opt=_OPT,
    tags=TAGS,
    summary="Answer a provider's handshake",
    response_description="What the provider wants to read.",
    media_type="text/plain",
    responses=problems(
        ProblemCode.BAD_REQUEST,
        ProblemCode.HANDSHAKE_REFUSED,
        ProblemCode.NOT_SUPPORTED,
        ProblemCode.ENGINE_UNAVAILABLE,
        otherwise=_NOBODY,
        guarded=False,
    ),
)
async def answer_handshake(
    account: FromPath[str], request: Request[Any, Any, Any], server: Server
) -> Response[bytes]:
    """Answer a provider that asks whether this URL is meant for it."""
    try:
        reply = server.runtime.receiver.challenge(account, _neutral(request, b""))
    except relevo.WebhookRejected as error:
        raise Problem(ProblemCode.HANDSHAKE_REFUSED, error.message) from error
    except relevo.UnknownAccount as error:
        raise _no_account(error) from error
    return _answer(reply)


@post(
    "/webhooks/{account:str}",
    status_code=200,
    opt=_OPT,
    tags=TAGS,
    summary="Take a provider's webhook",
    description=(
        "Checks the signature on the raw bytes, keeps the webhook durably and answers; what it "
        "means is worked out after. While the store is away it answers 503: providers try again."
    ),
    response_description="Kept.",
    media_type="text/plain",
    responses=problems(
        ProblemCode.INCOMPLETE_BODY,
        ProblemCode.WEBHOOK_REJECTED,
        ProblemCode.WEBHOOK_UNVERIFIABLE,
        ProblemCode.WEBHOOK_ERROR,
        ProblemCode.NOT_SUPPORTED,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
        otherwise=_NOBODY,
        guarded=False,
    ),
    operation_class=operation(body=_ANY_BODY),
)
async def take_webhook(
    account: FromPath[str], request: Request[Any, Any, Any], server: Server
) -> Response[bytes]:
    """Verify and keep a provider's webhook."""
    if account not in server.runtime.accounts:
        raise _no_account(relevo.UnknownAccount(f"No account {account!r} is configured here."))
    body = await request.body()
    try:
        reply = await server.runtime.receiver.receive(account, _neutral(request, body))
    except relevo.UnknownAccount as error:
        raise _no_account(error) from error
    return _answer(reply)


def _neutral(request: Request[Any, Any, Any], body: bytes) -> relevo.WebhookRequest:
    """Give the request without any framework. Any byte may stand in a header's value."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    query = {name: request.query_params.getall(name)[0] for name in request.query_params}
    # A HEAD is a GET whose body nobody wants; providers need not know of it.
    method = {"HEAD": "GET"}.get(request.method, request.method)
    return relevo.WebhookRequest(method, request.scope["path"], body, headers, query)


def _answer(reply: relevo.WebhookReply) -> Response[bytes]:
    # As a header: the framework would add a second charset to a media type.
    told = {"content-type": reply.content_type}
    return Response(reply.body, status_code=reply.status, headers=told)


def _no_account(error: relevo.UnknownAccount) -> Problem:
    code = ProblemCode.UNKNOWN_ACCOUNT
    return Problem(code, error.message, status=_NOBODY[code])


HANDLERS = (answer_handshake, take_webhook)
