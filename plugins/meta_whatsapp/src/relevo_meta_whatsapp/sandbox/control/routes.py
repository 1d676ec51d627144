"""The sandbox's own routes, under `/sandbox`."""

from __future__ import annotations

from typing import TypeVar

from litestar import MediaType, Response, delete, get, patch, post, put
from litestar.exceptions import ValidationException
from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from relevo import ConfigurationError
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour
from relevo_meta_whatsapp.sandbox.control import orders
from relevo_meta_whatsapp.sandbox.control.faults import faults_in
from relevo_meta_whatsapp.sandbox.control.page import page
from relevo_meta_whatsapp.sandbox.control.views import view_state
from relevo_meta_whatsapp.sandbox.desk import (
    HttpAnswer,
    HttpRequest,
    control_answer,
    desk_of,
    is_json,
    json_answer,
    logger,
)
from relevo_meta_whatsapp.sandbox.scenario.player import begin_scenario
from relevo_meta_whatsapp.sandbox.scenario.script import Scenario
from relevo_meta_whatsapp.sandbox.webhooks.inbound import KINDS, Inbound, UnknownKind

ModelT = TypeVar("ModelT", bound=BaseModel)

_LISTED = 1000
_PART: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])
_WEEKS_S = 400 * 24 * 3600


class ClockOrder(BaseModel):
    """Move the sandbox's time on, or let it run faster."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    advance_s: float = Field(default=0, ge=0, le=_WEEKS_S)
    speed: float | None = Field(default=None, gt=0, le=100_000)


@get("/")
async def show_page(request: HttpRequest) -> HttpAnswer:
    """Say what this is."""
    return Response(page(desk_of(request).state).encode(), media_type=MediaType.HTML)


@get("/sandbox/behaviour")
async def show_behaviour(request: HttpRequest) -> HttpAnswer:
    """Show how the sandbox behaves; of each fault the times it has left."""
    return control_answer(behaviour=desk_of(request).state.behaviour_left().model_dump(mode="json"))


@put("/sandbox/behaviour")
async def change_behaviour(request: HttpRequest) -> HttpAnswer:
    """Change how the sandbox behaves; what is left out gets its default."""
    state = desk_of(request).state
    state.behave(await _read(request, Behaviour))
    logger.info("Sandbox: the behaviour was changed.")
    return control_answer(behaviour=state.behaviour.model_dump(mode="json"))


@patch("/sandbox/behaviour")
async def change_part(request: HttpRequest) -> HttpAnswer:
    """Change how the sandbox behaves; what is left out stays."""
    _check_json(request)
    try:
        changed = _PART.validate_json(await request.body())
        behaviour = orders.change_behaviour(desk_of(request), changed)
    except ValidationError as error:
        raise ValidationException(faults_in(error, Behaviour)) from None
    logger.info("Sandbox: the behaviour was changed.")
    return control_answer(behaviour=behaviour.model_dump(mode="json"))


@get("/sandbox/messages")
async def list_messages(request: HttpRequest) -> HttpAnswer:
    """List what was taken, the newest last, and count every `biz_opaque_callback_data`."""
    state = desk_of(request).state
    limit = request.query_params.get("limit", str(_LISTED))
    if not (limit.isascii() and limit.isdigit()):
        detail = "limit has to be a number."
        raise ValidationException(detail)
    listed = list(state.messages)[max(0, len(state.messages) - int(limit)) :]
    return control_answer(
        messages=[message.view() for message in listed],
        total=state.total,
        counts=dict(state.counts),
    )


@delete("/sandbox/messages", status_code=200)
async def forget_messages(request: HttpRequest) -> HttpAnswer:
    """Forget all messages and counts."""
    desk_of(request).state.forget()
    return control_answer(total=0)


@get("/sandbox/state")
async def show_state(request: HttpRequest) -> HttpAnswer:
    """Show what the sandbox knows beside messages: time, numbers, people, templates, apps."""
    return json_answer({"sandbox": True, **view_state(desk_of(request).state)})


@post("/sandbox/reset", status_code=200)
async def reset(request: HttpRequest) -> HttpAnswer:
    """Forget everything, and behave as at the start."""
    desk_of(request).state.reset()
    return control_answer(total=0)


@post("/sandbox/reply", status_code=200)
async def reply(request: HttpRequest) -> HttpAnswer:
    """Let a person write to the business number."""
    desk = desk_of(request)
    written = await _read(request, orders.Reply)
    try:
        return control_answer(id=orders.tell_reply(desk, written))
    except UnknownKind as error:
        raise ValidationException(str(error)) from None


@get("/sandbox/inbound")
async def list_kinds(request: HttpRequest) -> HttpAnswer:
    """List what can be let happen."""
    del request
    return control_answer(kinds=list(KINDS))


@post("/sandbox/inbound", status_code=200)
async def inbound(request: HttpRequest) -> HttpAnswer:
    """Let a person do something, or something happen to the account."""
    desk = desk_of(request)
    asked = await _read(request, Inbound)
    try:
        return control_answer(id=orders.tell_inbound(desk, asked))
    except UnknownKind as error:
        raise ValidationException(str(error)) from None


@post("/sandbox/templates", status_code=200)
async def change_template(request: HttpRequest) -> HttpAnswer:
    """Let something become of a template: its status, its quality, held or not."""
    desk = desk_of(request)
    order = await _read(request, orders.TemplateOrder)
    try:
        found = orders.order_template(desk, order)
    except UnknownKind as error:
        raise ValidationException(str(error)) from None
    return control_answer(templates=[template.view() for template in found])


@post("/sandbox/numbers", status_code=200)
async def change_number(request: HttpRequest) -> HttpAnswer:
    """Add a business number, or let something become of one."""
    desk = desk_of(request)
    order = await _read(request, orders.NumberOrder)
    try:
        number = orders.order_number(desk, order)
    except UnknownKind as error:
        raise ValidationException(str(error)) from None
    return control_answer(account=number.number.account(desk.state.base_url))


@post("/sandbox/apps", status_code=200)
async def change_app(request: HttpRequest) -> HttpAnswer:
    """Add an app that is told the news, or give one another address."""
    desk = desk_of(request)
    order = await _read(request, orders.AppOrder)
    try:
        orders.order_app(desk, order)
    except ConfigurationError as error:
        raise ValidationException(str(error)) from None
    return control_answer(apps=[app.app_id for app in desk.state.apps])


@post("/sandbox/clock", status_code=200)
async def move_clock(request: HttpRequest) -> HttpAnswer:
    """Move the sandbox's time on; what was to happen meanwhile has happened when it answers."""
    clock = desk_of(request).state.clock
    order = await _read(request, ClockOrder)
    if order.speed is not None:
        clock.run_at(order.speed)
    await clock.advance(order.advance_s)
    return control_answer(now=clock.now(), speed=clock.speed)


@post("/sandbox/scenario", status_code=200)
async def play(request: HttpRequest) -> HttpAnswer:
    """Play a scenario, from now on."""
    scenario = await _read(request, Scenario)
    try:
        begin_scenario(desk_of(request), scenario)
    except (UnknownKind, ConfigurationError) as error:
        raise ValidationException(str(error)) from None
    return control_answer(steps=len(scenario.steps))


@post("/sandbox/handshake", status_code=200)
async def shake_hands(request: HttpRequest) -> HttpAnswer:
    """Do Meta's handshake with the webhook URL."""
    return control_answer(answered=await desk_of(request).postman.shake_hands())


CONTROL_ROUTES = (
    show_page,
    show_behaviour,
    change_behaviour,
    change_part,
    list_messages,
    forget_messages,
    show_state,
    reset,
    reply,
    list_kinds,
    inbound,
    change_template,
    change_number,
    change_app,
    move_clock,
    play,
    shake_hands,
)


def _check_json(request: HttpRequest) -> None:
    if not is_json(request):
        detail = "The Content-Type has to be application/json."
        raise ValidationException(detail)


async def _read(request: HttpRequest, model: type[ModelT]) -> ModelT:
    _check_json(request)
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise ValidationException(faults_in(error, model)) from None
