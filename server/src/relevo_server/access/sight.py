"""What a key that is limited to some accounts sees: of the others, nothing is there."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import relevo
from relevo.media import files_in
from relevo_server.access.principals import Principal
from relevo_server.context import ServerContext

DraftT = TypeVar("DraftT", bound=relevo.Message)


def accounts_seen(server: ServerContext, principal: Principal) -> relevo.Accounts:
    """Give the accounts that somebody sees, and which of them is meant where none is named."""
    accounts = server.dispatcher.accounts
    if principal.accounts is None:
        return accounts
    default = _default(accounts)
    seen = [one for name, one in accounts.items() if principal.sees(name)]
    return relevo.Accounts(
        seen, default=default if default is not None and principal.sees(default) else None
    )


async def message_seen(
    server: ServerContext, principal: Principal, message_id: UUID
) -> relevo.MessageRecord:
    """Give a message.

    Raises:
        UnknownMessage: No message has this id, or it is another account's.
    """
    record = await server.engine.message(message_id)
    if not principal.sees(record.account):
        msg = f"No message {message_id} is known here; check the id."
        raise relevo.UnknownMessage(msg)
    return record


async def thread_seen(
    server: ServerContext, principal: Principal, conversation_id: str
) -> tuple[relevo.ConversationRecord, relevo.PersonRecord]:
    """Give a thread, and what is known of its person.

    Raises:
        UnknownConversation: No thread has this id, or it is another account's.
    """
    found = await server.engine.conversation(conversation_id)
    if found.conversation is None or not principal.sees(found.conversation.account):
        msg = f"No conversation {conversation_id} is known here; check the id."
        raise relevo.UnknownConversation(msg)
    return found.conversation, found


async def file_seen(
    server: ServerContext, principal: Principal, media_id: UUID
) -> relevo.MediaRecord:
    """Give a file. One that belongs to no account is for keys without a limit.

    Raises:
        UnknownMedia: No file has this id, or it is not this key's to see.
    """
    media = await server.engine.media(media_id)
    if not principal.sees(media.account):
        msg = f"No file {media_id} is known here; check the id."
        raise relevo.UnknownMedia(msg)
    return media


async def webhook_seen(
    server: ServerContext, principal: Principal, webhook_id: int
) -> relevo.WebhookRecord:
    """Give a raw webhook.

    Raises:
        UnknownWebhook: None has this id, or it is another account's.
    """
    record = await server.runtime.receiver.webhook(webhook_id)
    if not principal.sees(record.account):
        msg = f"No webhook {webhook_id} is kept here, or no longer; check the id."
        raise relevo.UnknownWebhook(msg)
    return record


async def own_message(server: ServerContext, principal: Principal, message: DraftT) -> DraftT:
    """Give a message that is to be sent, with the account it is for; all in it is theirs to use.

    Raises:
        UnknownAccount: They see no such account.
        InvalidMessage: It names a file they do not see.
    """
    if principal.accounts is None:
        return message
    account = accounts_seen(server, principal).resolve(message.account)
    for mention in files_in(message.content):
        try:
            await file_seen(server, principal, UUID(mention.media))
        except (ValueError, relevo.UnknownMedia):
            msg = (
                f"{mention.field}: no file of ours has this id. Give the id that `POST /media` "
                "answered."
            )
            raise relevo.InvalidMessage(msg, field=mention.field) from None
    return message.model_copy(update={"account": account.name})


def _default(accounts: relevo.Accounts) -> str | None:
    try:
        return accounts.resolve().name
    except relevo.UnknownAccount:
        return None
