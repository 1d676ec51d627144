"""What all routes of the sandbox share: its state, its postman, the form of its answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.datastructures import State

from relevo_meta_whatsapp.sandbox.state import SandboxState
from relevo_meta_whatsapp.sandbox.webhooks.postman import Postman
from relevo_meta_whatsapp.sandbox.webhooks.teller import Teller

logger = logging.getLogger("relevo_meta_whatsapp.sandbox")

JSON = "application/json"
HttpRequest = Request[Any, Any, State]
HttpAnswer = Response[bytes]


class Desk(NamedTuple):
    """What the routes work with."""

    state: SandboxState
    postman: Postman
    teller: Teller


def desk_of(request: HttpRequest) -> Desk:
    """Find the desk of the application that a request reached."""
    desk: Desk = request.app.state["desk"]
    return desk


def is_json(request: HttpRequest) -> bool:
    """Tell whether a request says that it carries JSON."""
    content_type = request.headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower() == JSON


def json_answer(
    document: Mapping[str, Any], *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpAnswer:
    """Answer with JSON."""
    text = json.dumps(dict(document), separators=(",", ":"))
    return Response(text.encode(), status_code=status, headers=headers, media_type=JSON)


def control_answer(status: int = 200, **told: Any) -> HttpAnswer:
    """Answer on a control route; every such answer says whose it is."""
    return json_answer({"sandbox": True, **told}, status=status)
