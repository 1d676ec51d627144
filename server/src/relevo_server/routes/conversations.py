"""Conversations: the threads with people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from pydantic import Field

import relevo
from relevo_server.access.known_accounts import check_accounts
from relevo_server.access.principals import Caller
from relevo_server.access.sight import thread_seen
from relevo_server.answers.person_rows import PreferenceRow, WindowRow, preference_rows, window_row
from relevo_server.answers.rows import person
from relevo_server.answers.wire import Row, json_response
from relevo_server.context import Server
from relevo_server.description.documents import operation, problems
from relevo_server.description.examples import CONVERSATION
from relevo_server.problem_table import ProblemCode
from relevo_server.requests.conditional import ETAG, UNCHANGED, answer_if_changed
from relevo_server.requests.paging import Cursor, Limit, cursors_of


class ConversationRow(Row):
    """A thread with one person on one account."""

    id: str
    account: str
    provider: str
    person: Annotated[str, Field(description="As `POST /messages` takes it.")]
    person_name: Annotated[str | None, Field(description="As the provider last told it.")] = None
    messages: Annotated[int, Field(description="How many, of both directions.")]
    last_message_id: str
    last_inbound_at: Annotated[
        datetime | None, Field(description="When the person last wrote, live and by themselves.")
    ] = None
    window: Annotated[WindowRow | None, Field(description="Left out: the provider has none.")] = (
        None
    )
    updated_at: datetime


class ConversationDetail(ConversationRow):
    """A thread, and what its person wants."""

    preferences: list[PreferenceRow]


class ConversationPage(Row):
    """Threads, newest activity first."""

    items: list[ConversationRow]
    next: Annotated[str | None, Field(description="Null on the last page.")]


@get(
    "/conversations",
    opt={"scope": relevo.Scope.READ},
    tags=["Conversations"],
    summary="List conversations",
    response_description="A page, newest activity first; `next` leads to older ones.",
    responses=problems(
        ProblemCode.INVALID_PARAMETER,
        ProblemCode.INVALID_CURSOR,
        ProblemCode.UNKNOWN_ACCOUNT,
        ProblemCode.ENGINE_UNAVAILABLE,
    ),
    operation_class=operation({200: {"page": {"items": [CONVERSATION], "next": None}}}),
)
async def list_conversations(
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
    account: Annotated[str | None, QueryParameter(name="account")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response[ConversationPage]:
    """List threads, newest activity first."""
    cursors = cursors_of(server, request)
    below = cursors.read_sequence(cursor)
    await check_accounts(server, principal, [account])
    page = await server.engine.conversations(
        account=account,
        visible=principal.accounts,
        cursor=None if below is None else str(below),
        limit=limit,
    )
    items = [ConversationRow(**_members(server, record)) for record in page.items]
    return json_response(ConversationPage(items=items, next=cursors.write(page.next)))


@get(
    "/conversations/{conversation_id:str}",
    opt={"scope": relevo.Scope.READ},
    tags=["Conversations"],
    summary="Look at one conversation",
    description=(
        "A thread that became a part of an older one, once both turned out to be with one person, "
        "answers with that one: its `id` is not the one that was asked for."
    ),
    response_description="The thread, with what its person wants to be sent.",
    response_headers=[ETAG],
    responses={
        **UNCHANGED,
        **problems(
            ProblemCode.INVALID_PARAMETER,
            ProblemCode.UNKNOWN_CONVERSATION,
            ProblemCode.ENGINE_UNAVAILABLE,
        ),
    },
    operation_class=operation({200: {"conversation": {**CONVERSATION, "preferences": []}}}),
)
async def show_conversation(
    conversation_id: FromPath[str],
    request: Request[Any, Any, Any],
    server: Server,
    principal: Caller,
) -> Response[ConversationDetail]:
    """Show a thread."""
    thread, known = await thread_seen(server, principal, conversation_id)
    return answer_if_changed(
        request,
        ConversationDetail(
            **_members(server, thread),
            preferences=preference_rows(known.preferences),
        ),
    )


def _members(server: Server, record: relevo.ConversationRecord) -> dict[str, Any]:
    return {
        "id": record.conversation_id,
        "account": record.account,
        "provider": record.provider,
        "person": person(record.person),
        "person_name": record.person_name,
        "messages": record.messages,
        "last_message_id": str(record.last_message_id),
        "last_inbound_at": record.last_inbound_at,
        "window": window_row(server.dispatcher.window(record)),
        "updated_at": record.updated_at,
    }


HANDLERS = (list_conversations, show_conversation)
