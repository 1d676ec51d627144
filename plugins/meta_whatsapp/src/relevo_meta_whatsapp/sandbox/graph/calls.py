"""One call of the Graph API: who calls, what about, and how it is answered or goes wrong."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from litestar import MediaType, Response
from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.behaviour import Fault, Meets
from relevo_meta_whatsapp.sandbox.desk import (
    Desk,
    HttpAnswer,
    HttpRequest,
    desk_of,
    is_json,
    json_answer,
    logger,
)
from relevo_meta_whatsapp.sandbox.graph.answers import (
    METHOD,
    GraphRefusal,
    error_body,
    raise_unknown_object,
)
from relevo_meta_whatsapp.sandbox.graph.versions import version_that_answers
from relevo_meta_whatsapp.sandbox.serving import cut_connection
from relevo_meta_whatsapp.sandbox.state import NumberState, SandboxState
from relevo_meta_whatsapp.sandbox.state.templates import TemplateStore
from relevo_meta_whatsapp.vendor_json import load_json

_UNAUTHORIZED = 401
_PROOF_S = 300
VERSION_HEADER = "facebook-api-version"


@dataclass(frozen=True)
class Call:
    """A call whose caller is known: the token is right, the version is one."""

    request: HttpRequest
    desk: Desk
    version: str
    node: str

    @property
    def state(self) -> SandboxState:
        """What the sandbox remembers."""
        return self.desk.state

    @property
    def now(self) -> float:
        """The sandbox's time."""
        return self.state.clock.now()

    def number(self) -> NumberState:
        """Give the business number the path names, or refuse it."""
        number = self.state.numbers.get(self.node)
        if number is None:
            raise_unknown_object(self.request.method)
        return number

    def templates(self) -> TemplateStore:
        """Give the templates of the account the path names, or refuse it."""
        store = self.state.templates.get(self.node)
        if store is None:
            raise_unknown_object(self.request.method)
        return store

    def spend(self, number: NumberState | None = None) -> None:
        """Count a management call.

        Raises:
            GraphRefusal: There were too many within an hour.
        """
        behaviour = self.state.behaviour
        owner = number or next(iter(self.state.numbers.values()))
        if behaviour.limits and not owner.budget.spend(behaviour.management_budget, self.now):
            details = "Too many management calls within an hour."
            raise GraphRefusal(80007, details)

    async def payload(self) -> dict[str, JsonValue]:
        """Read the JSON object that came."""
        if not is_json(self.request):
            title = "(#100) The parameter messaging_product is required."
            details = "Sandbox: the Content-Type has to be application/json."
            raise GraphRefusal(100, details, title=title)
        try:
            payload = load_json(await self.request.body())
        except ValueError:
            details = "The request's body is no JSON."
            raise GraphRefusal(100, details) from None
        if not isinstance(payload, dict):
            details = "The request's body is no JSON object."
            raise GraphRefusal(100, details)
        return payload

    async def parameters(self) -> dict[str, JsonValue]:
        """Read parameters wherever they stand: Graph takes query, form or JSON."""
        read: dict[str, JsonValue] = dict(self.request.query_params.items())
        if is_json(self.request):
            return {**read, **await self.payload()}
        if self.request.headers.get("content-type", "").startswith("application/x-www-form"):
            form = await self.request.form()
            return {**read, **{key: str(value) for key, value in form.items()}}
        return read

    def answer(self, document: Mapping[str, JsonValue]) -> HttpAnswer:
        """Answer with JSON, naming the version that answered."""
        return json_answer(document, headers={VERSION_HEADER: self.version})

    async def carry_out(
        self, meets: Meets, act: Callable[[], Mapping[str, JsonValue]]
    ) -> HttpAnswer:
        """Do what was asked and answer, unless a fault meets it."""
        fault = self.state.next_fault(meets)
        told: Mapping[str, JsonValue] = {}
        if fault is None or fault.taken or fault.truncated:
            told = act()
        wait_s = self.state.behaviour.answer_delay_s if meets == "send" else 0
        await self.state.pause(wait_s + (fault.delay_s if fault else 0))
        if fault is None:
            return self.answer(told)
        logger.info("Sandbox: a fault met a request (taken: %s, cut: %s).", fault.taken, fault.cut)
        return await _answer_badly(self.request, fault, self.answer(told))


def enter(request: HttpRequest) -> Call:
    """Check the caller in Meta's order: token, version, proof.

    Raises:
        GraphRefusal: One of them is wrong.
    """
    desk = desk_of(request)
    _check_token(request, desk.state)
    asked = request.path_params["version"]
    version = version_that_answers(asked, desk.state.clock.now())
    if version is None:
        details = "The version segment has to name a version, such as v25.0."
        raise GraphRefusal(2500, details)
    _check_proof(request, desk.state)
    return Call(request, desk, version, request.path_params.get("node", ""))


def refuse(request: HttpRequest, refusal: GraphRefusal) -> HttpAnswer:
    """Answer a refusal as the Graph API does."""
    logger.info("Sandbox: refused a request with code %d.", refusal.code)
    headers = {}
    asked = request.path_params.get("version")
    version = version_that_answers(asked, desk_of(request).state.clock.now()) if asked else None
    if version is not None:
        headers[VERSION_HEADER] = version
    if refusal.status == _UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'OAuth "Facebook Platform" "invalid_token"'
    return json_answer(error_body(refusal), status=refusal.status, headers=headers)


def token_of(request: HttpRequest) -> str:
    """Give the token a request carries, wherever it stands."""
    given = request.headers.get("authorization", "")
    if given.startswith("Bearer "):
        return given.removeprefix("Bearer ")
    return request.query_params.get("access_token") or ""


def is_token(given: str, wanted: str) -> bool:
    """Compare tokens in constant time."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def _check_token(request: HttpRequest, state: SandboxState) -> None:
    given = token_of(request)
    app = state.apps[0]
    by_app = f"{app.app_id}|{app.secret.get_secret_value()}"
    is_apps_own = request.url.path.endswith(("/subscriptions", "/debug_token"))
    if is_token(given, state.number.access_token.get_secret_value()):
        return
    if is_apps_own and is_token(given, by_app):
        return
    details = "The access token is missing or is not the sandbox's."
    raise GraphRefusal(190, details)


def _check_proof(request: HttpRequest, state: SandboxState) -> None:
    """Check the proof that is there; demand one only where the app's switch says so."""
    given = request.query_params.get("appsecret_proof")
    if given is None:
        if state.behaviour.demand_proof:
            _refuse_proof("API calls from the server require an appsecret_proof argument")
        return
    token = token_of(request)
    taken_at = request.query_params.get("appsecret_time")
    words = token if taken_at is None else f"{token}|{taken_at}"
    secret = state.apps[0].secret.get_secret_value().encode()
    wanted = hmac.new(secret, words.encode(), hashlib.sha256).hexdigest()
    is_late = taken_at is not None and (
        not (taken_at.isascii() and taken_at.isdigit())
        or abs(state.clock.now() - int(taken_at)) > _PROOF_S
    )
    if is_late or not is_token(given, wanted):
        _refuse_proof("Invalid appsecret_proof provided in the API argument")


def _refuse_proof(title: str) -> NoReturn:
    raise GraphRefusal(100, title, title=title, kind=METHOD)


async def _answer_badly(request: HttpRequest, fault: Fault, right: HttpAnswer) -> HttpAnswer:
    if fault.cut:
        cut_connection(request.scope)
        # The disconnect arrives here; from then on uvicorn misses no answer.
        await request.receive()
        return Response(b"")
    if fault.truncated:
        right.content = right.content[: len(right.content) // 2]
        right.status_code = fault.status if "status" in fault.model_fields_set else 200
        return right
    headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    if fault.code is None:
        body = (fault.body or "").encode()
        return Response(body, status_code=fault.status, headers=headers, media_type=MediaType.HTML)
    refusal = GraphRefusal(fault.code, "The sandbox was told to fail.", status=fault.status)
    return json_answer(error_body(refusal), status=fault.status, headers=headers)
