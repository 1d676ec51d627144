"""The Graph API's route for sends and read receipts, and what can go wrong with it."""

from __future__ import annotations

import hmac
import re

from litestar import MediaType, Response, post
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.answers import METHOD, GraphRefusal, acceptance, error_body
from relevo_meta_whatsapp.sandbox.behaviour import Fault
from relevo_meta_whatsapp.sandbox.checks import (
    check_product,
    check_read_receipt,
    check_send,
    is_read_receipt,
)
from relevo_meta_whatsapp.sandbox.desk import (
    HttpAnswer,
    HttpRequest,
    desk_of,
    is_json,
    json_answer,
    logger,
)
from relevo_meta_whatsapp.sandbox.serving import cut_connection
from relevo_meta_whatsapp.sandbox.state import SandboxNumber
from relevo_meta_whatsapp.vendor_json import load_json

_VERSION = re.compile(r"v[0-9]{1,3}\.[0-9]{1,2}")
_UNAUTHORIZED = 401
LOCKED = 131031
"""Meta's code for sends of a locked account."""


@post("/{version:str}/{number:str}/messages", status_code=200)
async def send_message(request: HttpRequest) -> HttpAnswer:
    """Take a message or a read receipt."""
    state, postman = desk_of(request)
    version, number = request.path_params["version"], request.path_params["number"]
    check_caller(request, state.number, version, number)
    if state.behaviour.can_send == "BLOCKED":
        raise GraphRefusal(LOCKED, "Sandbox: the account was told to be locked.")
    payload = await _read_payload(request)
    check_product(payload)
    if is_read_receipt(payload):
        check_read_receipt(payload, state.inbound)
        return json_answer({"success": True})
    recipient = check_send(payload)
    fault = state.next_fault()
    answer = {}
    if fault is None or fault.taken:
        message = state.take(payload, recipient)
        logger.info("Sandbox: took message %s (%s).", message.wamid, message.kind)
        postman.tell_story(message)
        answer = acceptance(message)
    await state.pause(state.behaviour.answer_delay_s + (fault.delay_s if fault else 0))
    if fault is None:
        return json_answer(answer, headers={"facebook-api-version": version})
    logger.info("Sandbox: a fault met a send (taken: %s, cut: %s).", fault.taken, fault.cut)
    return await _answer_badly(request, fault)


def refuse(request: HttpRequest, refusal: GraphRefusal) -> HttpAnswer:
    """Answer a refusal as the Graph API does."""
    del request
    logger.info("Sandbox: refused a request with code %d.", refusal.code)
    headers = {}
    if refusal.status == _UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token"'
    return json_answer(error_body(refusal), status=refusal.status, headers=headers)


def check_caller(request: HttpRequest, ours: SandboxNumber, version: str, number: str) -> None:
    """Check token, version and number, in Meta's order.

    Raises:
        GraphRefusal: One of them is wrong.
    """
    given = request.headers.get("authorization", "")
    wanted = f"Bearer {ours.access_token.get_secret_value()}"
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        details = "The access token is missing or is not the sandbox's."
        raise GraphRefusal(190, details, status=_UNAUTHORIZED)
    if not _VERSION.fullmatch(version):
        details = "The version segment has to look like v25.0."
        raise GraphRefusal(2500, details)
    if number != ours.phone_number_id:
        title = (
            f"Unsupported {request.method.lower()} request. Object with this ID does not exist, "
            "cannot be loaded due to missing permissions, or does not support this operation"
        )
        raise GraphRefusal(100, title, title=title, subcode=33, kind=METHOD)


async def _read_payload(request: HttpRequest) -> dict[str, JsonValue]:
    if not is_json(request):
        title = "(#100) The parameter messaging_product is required."
        details = "Sandbox: the Content-Type has to be application/json."
        raise GraphRefusal(100, details, title=title)
    try:
        payload = load_json(await request.body())
    except ValueError:
        details = "The request's body is no JSON."
        raise GraphRefusal(100, details) from None
    if not isinstance(payload, dict):
        details = "The request's body is no JSON object."
        raise GraphRefusal(100, details)
    return payload


async def _answer_badly(request: HttpRequest, fault: Fault) -> HttpAnswer:
    if fault.cut:
        cut_connection(request.scope)
        # The disconnect arrives here; from then on uvicorn misses no answer.
        await request.receive()
        return Response(b"")
    headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    if fault.code is None:
        body = (fault.body or "").encode()
        return Response(body, status_code=fault.status, headers=headers, media_type=MediaType.HTML)
    refusal = GraphRefusal(fault.code, "The sandbox was told to fail.", status=fault.status)
    return json_answer(error_body(refusal), status=fault.status, headers=headers)
