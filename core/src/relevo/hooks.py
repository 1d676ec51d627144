"""Hooks: what a plugin may offer.

A plugin is an object, usually a module, that an entry point in the group
`relevo.plugins` names. It implements one or more of the functions below:

    @relevo.hookimpl
    def relevo_providers():
        return [AcmeSms]

Hooks are synchronous, fire at start-up and return a list of objects (empty for
nothing). Whatever happens later is an ordinary call on those objects. Keep
hooks cheap: build what is heavy when it is first used. An implementation may
leave out parameters it does not need. One that raises, or returns anything
else, takes its own plugin out and no other.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import pluggy
from pydantic import JsonValue

from relevo.config import Settings
from relevo.contents import InboundContent
from relevo.errors import ConfigurationError
from relevo.findings import Finding
from relevo.handlers import EventReader
from relevo.middleware import Layer
from relevo.providers import AnyProvider

PROJECT = "relevo"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as the implementation of the hook it is named after."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

_COMMAND_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MOUNT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")


@dataclass(frozen=True, slots=True)
class Command:
    """One command for the `relevo` command line.

    Args:
        name: Lower case, words joined by hyphens.
        run: A typed function, async or not: its parameters become the command's.
        help: One sentence; left out, the first line of the function's docstring.
        subcommands: Commands below this one, as in `relevo messages show`; `run`
            is then what the name alone does.
    """

    name: str
    run: Callable[..., object]
    help: str = ""
    subcommands: tuple[Command, ...] = ()

    def __post_init__(self) -> None:
        if not _COMMAND_NAME.fullmatch(self.name):
            msg = f"{self.name!r} is no command name: write lower case words joined by hyphens."
            raise ConfigurationError(msg)


@dataclass(frozen=True, slots=True)
class Mount:
    """One ASGI application, served by whoever serves HTTP.

    Args:
        path: Where it is served, such as `/sandbox`.
        app: The application; it sees paths below its own.
        name: What logs and lists call it.
    """

    path: str
    app: AsgiApp
    name: str

    def __post_init__(self) -> None:
        if not _MOUNT_PATH.fullmatch(self.path):
            msg = f"{self.path!r} is no path to mount at: write it as /name, without a last slash."
            raise ConfigurationError(msg)


@dataclass(frozen=True, slots=True)
class SettingsTable:
    """A table of the settings that a plugin reads, and the check of it.

    Args:
        name: The table's key, such as `server`.
        check: Lists what is wrong with it, nothing if it can work. It is given all
            settings, accounts as written, so do not keep or print them.
    """

    name: str
    check: Callable[[Settings], Sequence[Finding]]


class RunningSandbox(Protocol):
    """A stand-in for a vendor that is up."""

    @property
    def url(self) -> str:
        """Where it answers."""
        ...

    @property
    def account(self) -> dict[str, JsonValue]:
        """An account's settings, `provider` included, that send to the stand-in."""
        ...

    async def reply(self, text: str, person: str) -> None:
        """Let a person answer as the customer; it comes back as a webhook."""
        ...


@dataclass(frozen=True, slots=True)
class SandboxSwitch:
    """One thing a sandbox can be told to do otherwise.

    Args:
        name: Stable, such as `throttled`; pages have words of their own for it.
        label: What it does, in a few English words.
        on: Whether it is on now.
        once: It meets the next send, and is off again.
    """

    name: str
    label: str
    on: bool
    once: bool = False


@runtime_checkable
class SteerableSandbox(RunningSandbox, Protocol):
    """A sandbox whose people can write everything, and whose behaviour can be changed."""

    async def write(
        self, content: InboundContent, person: str, *, reply_to: str | None = None
    ) -> None:
        """Let a person write this; it comes back as a webhook.

        Files are the sandbox's own samples, whatever the content names.

        Args:
            content: What they write.
            person: Who, as `POST /messages` takes it.
            reply_to: The provider_message_id of the message they quote or answer.

        Raises:
            UnsupportedContent: Nobody can write this there.
        """
        ...

    def switches(self) -> Sequence[SandboxSwitch]:
        """List what can be switched, as it is now."""
        ...

    def turn(self, name: str, *, on: bool) -> None:
        """Turn a switch on or off.

        Raises:
            KeyError: There is no such switch.
        """
        ...


@runtime_checkable
class Sandbox(Protocol):
    """A stand-in for a vendor, for demos and tests: it never reaches a real person."""

    @property
    def name(self) -> str:
        """The name of the provider whose vendor it stands in for."""
        ...

    def start(self, webhook_url: str) -> AbstractAsyncContextManager[RunningSandbox]:
        """Run it until the block ends, posting its webhooks to this URL."""
        ...


@hookspec
def relevo_providers() -> Sequence[type[AnyProvider]]:
    """Offer a provider. Fires once, when plugins are loaded.

    The class is named as the entry point is; a second provider needs a second
    entry point, with an object of its own.
    """
    raise NotImplementedError


@hookspec
def relevo_middleware(settings: Settings) -> Sequence[Layer]:
    """Offer layers for the pipeline. Fires once per start, after settings are read.

    A layer runs only where `pipeline.layers` names it. The settings hold
    accounts as written, so do not keep or print them.
    """
    raise NotImplementedError


@hookspec
def relevo_event_handlers(settings: Settings) -> Sequence[EventReader]:
    """Offer event handlers and sinks. Fires once per start, after settings are read.

    Their names are one space with those the application gives. They run wherever
    messages are handed over, without being named in the settings; the settings
    hold accounts as written, so do not keep or print them.
    """
    raise NotImplementedError


@hookspec
def relevo_commands() -> Sequence[Command]:
    """Offer commands. Fires once, when plugins are loaded."""
    raise NotImplementedError


@hookspec
def relevo_sandboxes() -> Sequence[Sandbox]:
    """Offer sandboxes. Fires once, when plugins are loaded; none is started by that."""
    raise NotImplementedError


@hookspec
def relevo_mounts() -> Sequence[Mount]:
    """Offer ASGI applications. Fires once, when plugins are loaded."""
    raise NotImplementedError


@hookspec
def relevo_settings() -> Sequence[SettingsTable]:
    """Offer the check of a table of the settings. Fires once, when plugins are loaded.

    `relevo doctor` runs the check. Run it at your own start too.
    """
    raise NotImplementedError
