"""The sandbox's own routes: a page that says what it is, and the knobs."""

from __future__ import annotations

from typing import TypeVar

from litestar import MediaType, Response, delete, get, post, put
from litestar.exceptions import ValidationException
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from relevo_meta_whatsapp.addresses import digits_of
from relevo_meta_whatsapp.sandbox.answers import wa_id_of
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour
from relevo_meta_whatsapp.sandbox.desk import (
    Desk,
    HttpAnswer,
    HttpRequest,
    control_answer,
    desk_of,
    is_json,
    logger,
)
from relevo_meta_whatsapp.sandbox.news import inbound_news
from relevo_meta_whatsapp.sandbox.page import page
from relevo_meta_whatsapp.sandbox.state import new_wamid

ModelT = TypeVar("ModelT", bound=BaseModel)

_LISTED = 1000


class Reply(BaseModel):
    """What a person writes, and who."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    person: str = Field(alias="from", pattern=r"^\+?[0-9][0-9 ()\-]{3,30}[0-9]$")
    text: str = Field(min_length=1, max_length=4096)
    name: str = "Sandbox person"


@get("/")
async def show_page(request: HttpRequest) -> HttpAnswer:
    """Say what this is."""
    return Response(page(desk_of(request).state).encode(), media_type=MediaType.HTML)


@get("/sandbox/behaviour")
async def show_behaviour(request: HttpRequest) -> HttpAnswer:
    """Show how the sandbox behaves."""
    return control_answer(behaviour=desk_of(request).state.behaviour.model_dump(mode="json"))


@put("/sandbox/behaviour")
async def change_behaviour(request: HttpRequest) -> HttpAnswer:
    """Change how the sandbox behaves; what is left out gets its default."""
    state = desk_of(request).state
    state.behave(await _read(request, Behaviour))
    logger.info("Sandbox: the behaviour was changed.")
    return control_answer(behaviour=state.behaviour.model_dump(mode="json"))


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


@post("/sandbox/reply", status_code=200)
async def reply(request: HttpRequest) -> HttpAnswer:
    """Let a person write to the business number."""
    return control_answer(id=tell_reply(desk_of(request), await _read(request, Reply)))


@post("/sandbox/handshake", status_code=200)
async def shake_hands(request: HttpRequest) -> HttpAnswer:
    """Do Meta's handshake with the webhook URL."""
    return control_answer(answered=await desk_of(request).postman.shake_hands())


CONTROL_ROUTES = (
    show_page,
    show_behaviour,
    change_behaviour,
    list_messages,
    forget_messages,
    reply,
    shake_hands,
)


def tell_reply(desk: Desk, written: Reply) -> str:
    """Take what a person wrote, put its webhook on its way, and give its id."""
    wamid = new_wamid()
    desk.state.inbound.add(wamid)
    person = wa_id_of(digits_of(written.person))
    desk.postman.tell(inbound_news(wamid, person, written.text, written.name))
    logger.info("Sandbox: a person wrote message %s.", wamid)
    return wamid


async def _read(request: HttpRequest, model: type[ModelT]) -> ModelT:
    if not is_json(request):
        detail = "The Content-Type has to be application/json."
        raise ValidationException(detail)
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        raise ValidationException(str(error)) from None
