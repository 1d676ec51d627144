"""One table of what a server can be asked, which both flavours of the client share.

An `Operation` is a method whose call is built without I/O. On a `Client` it
gives the answer, on an `AsyncClient` something to await; type checkers and
editors see the builder's own parameters in both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

from relevo.client.call import Call, ListCall
from relevo.client.calls import accounts as of_accounts
from relevo.client.calls import conversations as of_conversations
from relevo.client.calls import health as of_health
from relevo.client.calls import inbox as of_inbox
from relevo.client.calls import keys as of_keys
from relevo.client.calls import media as of_media
from relevo.client.calls import messages as of_messages
from relevo.client.calls import sandbox as of_sandbox
from relevo.client.calls import templates as of_templates

P = ParamSpec("P")
AnswerT = TypeVar("AnswerT")


class Asker(ABC):
    """Ask, and wait for the answer."""

    @abstractmethod
    def ask(self, call: Call[AnswerT]) -> AnswerT:
        """Give what the server answers."""

    @abstractmethod
    def rows(self, call: ListCall[AnswerT]) -> Iterator[AnswerT]:
        """Give the rows of a list, asking for its pages as they are needed."""


class AsyncAsker(ABC):
    """Ask, and let others work until the answer comes."""

    @abstractmethod
    async def ask(self, call: Call[AnswerT]) -> AnswerT:
        """Give what the server answers."""

    @abstractmethod
    def rows(self, call: ListCall[AnswerT]) -> AsyncIterator[AnswerT]:
        """Give the rows of a list, asking for its pages as they are needed."""


class Operation(Generic[P, AnswerT]):
    """One thing that can be asked."""

    def __init__(self, build: Callable[P, Call[AnswerT]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__
        self.__wrapped__ = build

    @overload
    def __get__(self, asker: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, asker: Asker, owner: type | None = None) -> Callable[P, AnswerT]: ...
    @overload
    def __get__(
        self, asker: AsyncAsker, owner: type | None = None
    ) -> Callable[P, Coroutine[Any, Any, AnswerT]]: ...
    def __get__(self, asker: Asker | AsyncAsker | None, owner: type | None = None) -> Any:
        if asker is None:
            return self

        def run(*args: P.args, **kwargs: P.kwargs) -> Any:
            return asker.ask(self.build(*args, **kwargs))

        return update_wrapper(run, self.build)


class Listing(Generic[P, AnswerT]):
    """One list that can be asked for."""

    def __init__(self, build: Callable[P, ListCall[AnswerT]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__
        self.__wrapped__ = build

    @overload
    def __get__(self, asker: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(
        self, asker: Asker, owner: type | None = None
    ) -> Callable[P, Iterator[AnswerT]]: ...
    @overload
    def __get__(
        self, asker: AsyncAsker, owner: type | None = None
    ) -> Callable[P, AsyncIterator[AnswerT]]: ...
    def __get__(self, asker: Asker | AsyncAsker | None, owner: type | None = None) -> Any:
        if asker is None:
            return self

        def run(*args: P.args, **kwargs: P.kwargs) -> Any:
            return asker.rows(self.build(*args, **kwargs))

        return update_wrapper(run, self.build)


class WholeList(Generic[P, AnswerT]):
    """One list that can be asked for, and comes at once."""

    def __init__(self, build: Callable[P, ListCall[AnswerT]]) -> None:
        self.build = build
        self.__doc__ = build.__doc__
        self.__wrapped__ = build

    @overload
    def __get__(self, asker: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(self, asker: Asker, owner: type | None = None) -> Callable[P, list[AnswerT]]: ...
    @overload
    def __get__(
        self, asker: AsyncAsker, owner: type | None = None
    ) -> Callable[P, Coroutine[Any, Any, list[AnswerT]]]: ...
    def __get__(self, asker: Asker | AsyncAsker | None, owner: type | None = None) -> Any:
        if asker is None:
            return self
        if isinstance(asker, Asker):
            return update_wrapper(_run_at_once(asker, self.build), self.build)
        return update_wrapper(_await_at_once(asker, self.build), self.build)


def _run_at_once(asker: Asker, build: Callable[P, ListCall[AnswerT]]) -> Callable[P, list[AnswerT]]:
    def run(*args: P.args, **kwargs: P.kwargs) -> list[AnswerT]:
        return list(asker.rows(build(*args, **kwargs)))

    return run


def _await_at_once(
    asker: AsyncAsker, build: Callable[P, ListCall[AnswerT]]
) -> Callable[P, Coroutine[Any, Any, list[AnswerT]]]:
    async def run(*args: P.args, **kwargs: P.kwargs) -> list[AnswerT]:
        return [row async for row in asker.rows(build(*args, **kwargs))]

    return run


class Operations:
    """Everything a server can be asked, except what is followed or transferred."""

    send = Operation(of_messages.send)
    send_batch = Operation(of_messages.send_batch)
    plan = Operation(of_messages.plan)
    messages = Listing(of_messages.messages)
    message = Operation(of_messages.message)
    cancel = Operation(of_messages.cancel)
    retry = Operation(of_messages.retry)
    replay = Operation(of_messages.replay)
    resolve = Operation(of_messages.resolve)
    read = Operation(of_messages.read)
    typing = Operation(of_messages.typing)
    conversations = Listing(of_conversations.conversations)
    conversation = Operation(of_conversations.conversation)
    block = Operation(of_conversations.block)
    unblock = Operation(of_conversations.unblock)
    accounts = WholeList(of_accounts.accounts)
    account_health = Operation(of_accounts.account_health)
    ask_account_health = Operation(of_accounts.ask_account_health)
    pause = Operation(of_accounts.pause)
    resume = Operation(of_accounts.resume)
    providers = WholeList(of_accounts.providers)
    templates = Listing(of_templates.templates)
    create_template = Operation(of_templates.create_template)
    delete_template = Operation(of_templates.delete_template)
    fetch_media = Operation(of_media.fetch_media)
    inbox = Listing(of_inbox.inbox)
    webhook = Operation(of_inbox.webhook)
    replay_inbox = Operation(of_inbox.replay_inbox)
    discard_inbox = Operation(of_inbox.discard_inbox)
    keys = WholeList(of_keys.keys)
    create_key = Operation(of_keys.create_key)
    revoke_key = Operation(of_keys.revoke_key)
    create_ticket = Operation(of_keys.create_ticket)
    live = Operation(of_health.live)
    ready = Operation(of_health.ready)
    sandbox = Operation(of_sandbox.sandbox)
    reply_in_sandbox = Operation(of_sandbox.reply_in_sandbox)
    switch_sandbox = Operation(of_sandbox.switch_sandbox)
