"""`POST /{number}/messages` and `/marketing_messages`: sends, read receipts, typing."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import post
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.desk import HttpAnswer, HttpRequest, logger
from relevo_meta_whatsapp.sandbox.graph.answers import GraphRefusal, raise_invalid
from relevo_meta_whatsapp.sandbox.graph.calls import Call, enter
from relevo_meta_whatsapp.sandbox.graph.envelope import (
    check_product,
    check_read_receipt,
    check_send,
    is_read_receipt,
)
from relevo_meta_whatsapp.sandbox.graph.fate import Case, decide, media_in
from relevo_meta_whatsapp.sandbox.graph.template_rules import check_template
from relevo_meta_whatsapp.sandbox.state import NumberState, TakenMessage
from relevo_meta_whatsapp.sandbox.state.templates import Template

LOCKED = 131031
"""Meta's code for sends of a locked account."""


@post("/{version:str}/{node:str}/messages", status_code=200)
async def send_message(request: HttpRequest) -> HttpAnswer:
    """Take a message or a read receipt."""
    call = enter(request)
    number = call.number()
    _check_ready(call, number)
    payload = await call.payload()
    check_product(payload)
    if is_read_receipt(payload):
        check_read_receipt(payload, number.inbound, call.now)
        return await call.carry_out("read", lambda: _read(call, number, payload))
    return await _send(call, number, payload)


@post("/{version:str}/{node:str}/marketing_messages", status_code=200)
async def send_marketing(request: HttpRequest) -> HttpAnswer:
    """Take a marketing template by the route of its own."""
    call = enter(request)
    number = call.number()
    _check_ready(call, number)
    payload = await call.payload()
    check_product(payload)
    if payload.get("type") != "template":
        raise_invalid("type", "must be 'template' on this route")
    if not isinstance(payload.get("message_activity_sharing", True), bool):
        raise_invalid("message_activity_sharing", "must be true or false")
    return await _send(call, number, payload, only="MARKETING")


def _read(
    call: Call, number: NumberState, payload: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue]:
    """Let the person see that their message was read, and perhaps that we write."""
    wamid = str(payload["message_id"])
    if writer := number.writers.get(wamid):
        writer.see_read(wamid, call.now, typing="typing_indicator" in payload)
    return {"success": True}


def _check_ready(call: Call, number: NumberState) -> None:
    if call.state.behaviour.can_send == "BLOCKED":
        raise GraphRefusal(LOCKED, "Sandbox: the account was told to be locked.")
    if call.now < number.maintained_until:
        raise GraphRefusal(131057, "The number's throughput is being upgraded.")
    if not number.is_registered:
        raise GraphRefusal(133010, "The number is not registered.")


async def _send(
    call: Call, number: NumberState, payload: dict[str, JsonValue], only: str | None = None
) -> HttpAnswer:
    recipient = check_send(payload, call.state.groups)
    template = _template(call, number, payload, recipient, only)
    person = number.people.recipient(recipient)
    if recipient.get("wa_id") == number.number.display_number:
        raise GraphRefusal(131021, "to is the business number itself")
    if person is not None and person.is_blocked:
        raise GraphRefusal(130403, "The person is blocked; unblock them first.")
    for kind, media in media_in(payload):
        media_id = media.get("id")
        if media_id is not None and call.state.media.find(str(media_id), call.now) is None:
            raise_invalid(f"{kind}.id", "is no media of this number, or it has expired")
    _check_limits(call, number, person.key if person else None)

    def take() -> Mapping[str, JsonValue]:
        message = call.state.take(number.number_id, payload, recipient)
        if person is not None:
            person.typing_until = 0
        decide(Case(call.state, number, message, person, template))
        logger.info("Sandbox: took message %s (%s).", message.wamid, message.kind)
        call.desk.teller.tell_story(message)
        with_user_id = call.state.behaviour.user_ids and person is not None
        return acceptance(message, person.user_id if with_user_id and person else None)

    return await call.carry_out("send", take)


def _template(
    call: Call,
    number: NumberState,
    payload: Mapping[str, JsonValue],
    recipient: Mapping[str, str],
    only: str | None,
) -> Template | None:
    sent = payload.get("template")
    if payload.get("type") != "template" or not isinstance(sent, dict):
        return None
    template = check_template(sent, call.state.templates[number.number.waba_id])
    if template.category == "AUTHENTICATION" and "user_id" in recipient:
        details = "recipient: an authentication template needs a phone number in `to`"
        raise GraphRefusal(131062, details)
    if only is not None and template.category != only:
        raise GraphRefusal(134100, f"The template is of category {template.category}.")
    return template


def _check_limits(call: Call, number: NumberState, person: str | None) -> None:
    if not call.state.behaviour.limits:
        return
    if not number.throughput.spend(call.now):
        details = "More messages per second than the number's throughput."
        raise GraphRefusal(130429, details, subcode=2494055)
    if person is not None and not number.pairs.spend(person, call.now):
        details = "Too many messages from this number to the same person in a short time."
        raise GraphRefusal(131056, details)


def acceptance(message: TakenMessage, user_id: str | None = None) -> dict[str, JsonValue]:
    """Write the answer to a message that was taken."""
    asked = message.payload.get("to") or message.payload.get("recipient")
    told: dict[str, JsonValue] = {"id": message.wamid}
    contact: dict[str, JsonValue] = {"input": asked, **message.recipient}
    if "group_id" in message.recipient:
        told["group_id"] = message.recipient["group_id"]
        contact = {"input": asked, "wa_id": asked}
    elif user_id is not None:
        contact["user_id"] = user_id
    if message.kind == "template":
        held = message.held_by is not None
        told["message_status"] = "held_for_quality_assessment" if held else "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [told]}
