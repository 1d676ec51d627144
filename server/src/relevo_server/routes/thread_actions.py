"""What we do in a thread besides sending: mark as read, show that we write, block."""

from __future__ import annotations

from litestar import post
from litestar.params import FromPath

import relevo
from relevo_server.access.principals import Caller, Principal
from relevo_server.access.sight import accounts_seen, message_seen, thread_seen
from relevo_server.context import Server
from relevo_server.description.documents import problems
from relevo_server.problem_table import ProblemCode
from relevo_server.requests.message_ids import read_message_id

_REFUSED = (
    ProblemCode.NOT_SUPPORTED,
    ProblemCode.REJECTED,
    ProblemCode.WINDOW_CLOSED,
    ProblemCode.AUTH_FAILED,
    ProblemCode.THROTTLED,
    ProblemCode.UNAVAILABLE,
    ProblemCode.OUTCOME_UNKNOWN,
    ProblemCode.UNKNOWN_ACCOUNT,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.ENGINE_UNAVAILABLE,
)
_OF_MESSAGE = problems(
    ProblemCode.INVALID_PARAMETER,
    ProblemCode.UNKNOWN_MESSAGE,
    ProblemCode.INVALID_MESSAGE,
    *_REFUSED,
)
_OF_PERSON = problems(ProblemCode.INVALID_PARAMETER, ProblemCode.UNKNOWN_CONVERSATION, *_REFUSED)


@post(
    "/messages/{message_id:str}/read",
    opt={"scope": relevo.Scope.SEND},
    status_code=204,
    tags=["Messages"],
    summary="Mark a person's message as read",
    description="The person sees that it, and whatever came before it, was read.",
    response_description="The provider took it.",
    responses=_OF_MESSAGE,
)
async def mark_read(message_id: FromPath[str], server: Server, principal: Caller) -> None:
    """Tell the person that their message was read."""
    provider, known = await _written_to_us(server, principal, message_id)
    await provider.mark_read(known)


@post(
    "/messages/{message_id:str}/typing",
    opt={"scope": relevo.Scope.SEND},
    status_code=204,
    tags=["Messages"],
    summary="Show that an answer is being written",
    description=(
        "For as long as the provider shows it, or until the next message. Some also mark the "
        "message as read by it."
    ),
    response_description="The provider took it.",
    responses=_OF_MESSAGE,
)
async def show_typing(message_id: FromPath[str], server: Server, principal: Caller) -> None:
    """Show the person who wrote a message that we write."""
    provider, known = await _written_to_us(server, principal, message_id)
    await provider.typing(known)


@post(
    "/conversations/{conversation_id:str}/block",
    opt={"scope": relevo.Scope.SEND},
    status_code=204,
    tags=["Conversations"],
    summary="Block a person",
    description="They can no longer write to the account, nor be written to.",
    response_description="The provider took it.",
    responses=_OF_PERSON,
)
async def block_person(conversation_id: FromPath[str], server: Server, principal: Caller) -> None:
    """Let a person no longer write to us."""
    provider, person = await _person_of(server, principal, conversation_id)
    await provider.block(person)


@post(
    "/conversations/{conversation_id:str}/unblock",
    opt={"scope": relevo.Scope.SEND},
    status_code=204,
    tags=["Conversations"],
    summary="Unblock a person",
    response_description="The provider took it.",
    responses=_OF_PERSON,
)
async def unblock_person(conversation_id: FromPath[str], server: Server, principal: Caller) -> None:
    """Let a blocked person write to us again."""
    provider, person = await _person_of(server, principal, conversation_id)
    await provider.unblock(person)


async def _written_to_us(
    server: Server, principal: Principal, message_id: str
) -> tuple[relevo.AnyProvider, str]:
    """Give the provider of a message, and the id by which it knows the message."""
    record = await message_seen(server, principal, read_message_id(message_id))
    known = record.provider_message_id
    if record.direction is not relevo.Direction.IN or known is None:
        msg = f"Message {record.message_id} is none that a person wrote; name one of theirs."
        raise relevo.InvalidMessage(msg)
    return accounts_seen(server, principal).resolve(record.account).provider, known


async def _person_of(
    server: Server, principal: Principal, conversation_id: str
) -> tuple[relevo.AnyProvider, relevo.Address]:
    """Give the provider of a thread, and whom it is with."""
    thread, _ = await thread_seen(server, principal, conversation_id)
    return accounts_seen(server, principal).resolve(thread.account).provider, thread.person


HANDLERS = (mark_read, show_typing, block_person, unblock_person)
