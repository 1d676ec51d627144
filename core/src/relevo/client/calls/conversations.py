"""Threads with people."""

from __future__ import annotations

from types import NoneType

from relevo.client.answers.people import ConversationDetail, ConversationPage, ConversationRow
from relevo.client.call import Call, ListCall, asked

PAGE = 200


def conversations(
    *, account: str | None = None, limit: int | None = None, page_size: int = PAGE
) -> ListCall[ConversationRow]:
    """List threads, newest activity first; pages are fetched as they are needed.

    Args:
        account: Of this account.
        limit: How many in all; left out, all there are.
        page_size: How many are asked for at once, 200 at most.
    """

    def page(size: int, cursor: str | None) -> Call[ConversationPage]:
        params = asked(account=account, limit=size, cursor=cursor)
        return Call("GET /conversations", ConversationPage, params=params, repeatable=True)

    return ListCall(page, limit, page_size)


def conversation(conversation_id: str, /) -> Call[ConversationDetail]:
    """Look at one thread, and what its person wants to be sent.

    Raises:
        UnknownConversation: No thread has this id.
    """
    places = {"conversation_id": conversation_id}
    return Call("GET /conversations/{conversation_id}", ConversationDetail, places, repeatable=True)


def block(conversation_id: str, /) -> Call[None]:
    """Let a person no longer write to the account, nor be written to.

    Raises:
        UnknownConversation: No thread has this id.
        NotSupported: The provider cannot block.
    """
    places = {"conversation_id": conversation_id}
    return Call("POST /conversations/{conversation_id}/block", NoneType, places, repeatable=True)


def unblock(conversation_id: str, /) -> Call[None]:
    """Let a blocked person write again.

    Raises:
        UnknownConversation: No thread has this id.
        NotSupported: The provider cannot block.
    """
    places = {"conversation_id": conversation_id}
    return Call("POST /conversations/{conversation_id}/unblock", NoneType, places, repeatable=True)
