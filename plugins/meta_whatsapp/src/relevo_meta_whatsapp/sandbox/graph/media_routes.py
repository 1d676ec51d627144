"""Media: upload, the address that opens for five minutes, the bytes, and template handles."""

from __future__ import annotations

import secrets

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from relevo_meta_whatsapp.sandbox.desk import HttpAnswer, HttpRequest, desk_of
from relevo_meta_whatsapp.sandbox.graph.answers import (
    GraphRefusal,
    raise_bad_request,
    raise_unknown_object,
)
from relevo_meta_whatsapp.sandbox.graph.calls import Call, enter, is_token, token_of
from relevo_meta_whatsapp.sandbox.graph.envelope import check_product
from relevo_meta_whatsapp.sandbox.state.media import (
    RULES,
    UPLOADED_S,
    StoredMedia,
    bare_type,
    fault_of,
    kind_of,
)

MOST_BYTES = 110 * 1024 * 1024
"""Of a request's body; more than the largest document."""
_SESSION = "upload:"


@post("/{version:str}/{node:str}/media", status_code=200, request_max_body_size=MOST_BYTES)
async def upload_media(request: HttpRequest) -> HttpAnswer:
    """Keep a file under a new id, for 30 days."""
    call = enter(request)
    number = call.number()
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise_bad_request("The upload has to be multipart/form-data.")
    form = await request.form()
    check_product({key: value for key, value in form.items() if isinstance(value, str)})
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise_bad_request("The parameter file is required.")
    content = await file.read()
    mime_type = _type_of(file, form.get("type"))
    kind = kind_of(mime_type)
    if kind is None:
        known = sorted(one for rule in RULES.values() for one in rule.types)
        title = f"Param file must be a file with one of the following types: {', '.join(known)}. "
        raise_bad_request(f"{title}Received file of type '{mime_type}'.")
    if fault := fault_of(kind, mime_type, content):
        raise GraphRefusal(131053, f"file: {fault}")

    def keep() -> dict[str, str]:
        expires_at = call.now + UPLOADED_S
        stored = call.state.media.keep(content, mime_type, number.number_id, expires_at)
        return {"id": stored.media_id}

    return await call.carry_out("media", keep)


def _type_of(file: UploadFile, said: object) -> str:
    """Meta goes by the type of the part; the parameter `type` stands in for a missing one."""
    given = bare_type(file.content_type or "")
    if given in {"", "application/octet-stream"} and isinstance(said, str):
        return bare_type(said)
    return given


@get("/whatsapp_business/attachments/")
async def give_bytes(request: HttpRequest) -> HttpAnswer:
    """Give the bytes behind an address, to bearers of the token, while it opens."""
    state = desk_of(request).state
    if not is_token(token_of(request), state.number.access_token.get_secret_value()):
        return Response(b"", status_code=401)
    fault = state.next_fault("media")
    stored = state.media.open(request.query_params, state.clock.now())
    if fault is not None:
        await state.pause(fault.delay_s)
        return Response((fault.body or "").encode(), status_code=fault.status)
    if stored is None:
        return Response(b"", status_code=404)
    return Response(stored.content, media_type=stored.mime_type)


def find_media(call: Call) -> StoredMedia:
    """Give the media the path names, of the number that asks if it says which.

    Raises:
        GraphRefusal: There are none, or not any more, or they are another number's.
    """
    stored = call.state.media.find(call.node, call.now)
    owner = call.request.query_params.get("phone_number_id")
    if stored is None or (owner is not None and owner != stored.number_id):
        raise_unknown_object(call.request.method)
    return stored


@post("/{version:str}/{node:str}/uploads", status_code=200)
async def begin_upload(request: HttpRequest) -> HttpAnswer:
    """Begin the upload of a file for a template or a profile."""
    call = enter(request)
    if call.node not in {app.app_id for app in call.state.apps}:
        raise_unknown_object("post")
    told = await call.parameters()
    for name in ("file_length", "file_type"):
        if name not in told:
            raise_bad_request(f"The parameter {name} is required.")
    session = f"{_SESSION}{secrets.token_urlsafe(24)}"
    call.state.handles[session] = ""
    return call.answer({"id": session})


async def finish_upload(call: Call) -> HttpAnswer:
    """Take the bytes of an upload that was begun, and give their handle."""
    if call.state.handles.get(call.node) != "":
        raise_unknown_object("post")
    if call.request.headers.get("file_offset") != "0" or not await call.request.body():
        raise_bad_request("The header file_offset has to be 0, and the body the file.")
    handle = f"4::{secrets.token_urlsafe(32)}"
    call.state.handles[call.node] = handle
    return call.answer({"h": handle})
