"""The canonical demo: one text through one provider, answered in the vendor's own words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from litestar import Response, post
from litestar.openapi.spec import Example
from litestar.params import Body, FromPath

import relevo
from relevo_server.access.principals import Caller, Principal
from relevo_server.access.sight import accounts_seen
from relevo_server.answers.wire import json_response
from relevo_server.context import Server
from relevo_server.description.documents import operation, problems
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem
from relevo_server.requests.bodies import DemoBody

PATH = "/api/demo/messaging/{family:str}/{product:str}/send"
LIFE_S = 20
_VENDOR_ANSWER = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "15550100001", "wa_id": "15550100001"}],
    "messages": [{"id": "wamid.HBgLMTU1NTAxMDAwMDEVAgARGBI"}],
}


@post(
    PATH,
    opt={"scope": relevo.Scope.SEND},
    status_code=200,
    tags=["Demo"],
    summary="Send a text at once, once",
    description=(
        "Makes one attempt through the provider `<family>_<product>` and answers with the "
        "vendor's own JSON. A refusal is passed on with the vendor's status and JSON. A message "
        f"that is not handed over within {LIFE_S} s is cancelled."
    ),
    response_description="The vendor's own JSON.",
    responses=problems(
        ProblemCode.MALFORMED_JSON,
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.UNSUPPORTED_MEDIA_TYPE,
        ProblemCode.BODY_TOO_LARGE,
        ProblemCode.INVALID_BODY,
        ProblemCode.INVALID_ADDRESS,
        ProblemCode.UNSUPPORTED_CONTENT,
        ProblemCode.NO_DEMO_ACCOUNT,
        ProblemCode.SEVERAL_DEMO_ACCOUNTS,
        ProblemCode.REJECTED,
        ProblemCode.PROVIDER_ANSWER_UNREADABLE,
        ProblemCode.NOT_HANDED_OVER,
        ProblemCode.ENGINE_BUSY,
        ProblemCode.ENGINE_UNAVAILABLE,
        ProblemCode.OUTCOME_UNKNOWN,
    ),
    operation_class=operation({200: {"meta_whatsapp": _VENDOR_ANSWER}}),
)
async def send_demo(
    family: FromPath[str],
    product: FromPath[str],
    server: Server,
    principal: Caller,
    data: Annotated[
        DemoBody, Body(examples=[Example(value={"to": "15550100001", "text": "Hello"})])
    ],
) -> Response[Any]:
    """Send one text and pass on what the vendor answers."""
    message = relevo.Message(
        account=_account(server, principal, f"{family}_{product}"),
        to=relevo.Address.parse(data.to),
        text=data.text,
        expires_at=datetime.now(UTC) + timedelta(seconds=LIFE_S),
        max_attempts=1,
        on_unknown=relevo.UnknownPolicy.HOLD,
    )
    await server.dispatcher.accept(message)
    try:
        receipt = await _handover(server, message)
    except relevo.OutcomeUnknown as error:
        raise Problem.of(error, message.message_id) from error
    except relevo.SendError as error:
        return _refusal(error, message)
    if receipt.raw is None:
        msg = "The provider took the message, but its answer could not be read. Do not send again."
        raise Problem(ProblemCode.PROVIDER_ANSWER_UNREADABLE, msg, message_id=message.message_id)
    return json_response(receipt.raw)


def _account(server: Server, principal: Principal, provider: str) -> str:
    """Choose the account: the configured one, else the only one of the provider."""
    accounts = accounts_seen(server, principal)
    names = [name for name, account in accounts.items() if account.provider.name == provider]
    if server.settings.demo_account in names:
        return server.settings.demo_account
    if not names:
        there = ", ".join(sorted({one.provider.name for one in accounts.values()})) or "none"
        msg = (
            f"No account uses the provider {provider!r} (in use: {there}). Install it and write "
            f'an [accounts.NAME] table with provider = "{provider}".'
        )
        raise Problem(ProblemCode.NO_DEMO_ACCOUNT, msg)
    if len(names) > 1:
        msg = (
            f"Several accounts use the provider {provider!r}: {', '.join(sorted(names))}. "
            "Set demo_account under [server] to one of them."
        )
        raise Problem(ProblemCode.SEVERAL_DEMO_ACCOUNTS, msg)
    return names[0]


async def _handover(server: Server, message: relevo.Message) -> relevo.Receipt:
    try:
        with server.lasting.until_stopped():
            return await server.dispatcher.wait(message.message_id, wait_s=LIFE_S)
    except relevo.StillPending:
        pass
    outcome = await server.dispatcher.cancel(message.message_id)
    if outcome is relevo.CancelOutcome.CANCELLED:
        msg = f"Account {message.account!r}: no attempt began in time, so it was cancelled."
        raise Problem(ProblemCode.NOT_HANDED_OVER, msg, message_id=message.message_id)
    try:
        # It may have been settled just now.
        return await server.dispatcher.wait(message.message_id, wait_s=0)
    except relevo.StillPending:
        msg = f"Account {message.account!r}: an attempt is under way and has not ended yet."
        raise Problem(ProblemCode.OUTCOME_UNKNOWN, msg, message_id=message.message_id) from None


def _refusal(error: relevo.SendError, message: relevo.Message) -> Response[Any]:
    """Pass the vendor's answer on; where there is none, say what is known."""
    if error.raw is None and isinstance(error, relevo.Unavailable):
        raise Problem(
            ProblemCode.NOT_HANDED_OVER, error.message, message_id=message.message_id
        ) from error
    problem = Problem.of(error, message.message_id)
    if error.raw is None:
        problem.status = HTTPStatus.BAD_GATEWAY
        raise problem from error
    status = error.http_status or 0
    if status < HTTPStatus.BAD_REQUEST:
        status = HTTPStatus.BAD_GATEWAY
    return json_response(error.raw, status=status, headers=problem.headers)


HANDLERS = (send_demo,)
