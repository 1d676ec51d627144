"""How a server is, and its sandbox, as the API tells it."""

from __future__ import annotations

from pydantic import Field

from relevo.client.answers.model import Answer
from relevo.contents import InboundContent


class Liveness(Answer):
    """The process answers."""

    status: str


class EngineRow(Answer):
    """How the store is, and what waits in it."""

    engine: str
    epoch: str
    head: int
    queued: int
    sending: int
    unknown: int
    pending_webhooks: int
    pending_media: int
    failed_media: int


class HandlerRow(Answer):
    """How far an event handler or sink is. `worker` None: nobody hands to it."""

    name: str
    position: int
    behind: int
    worker: str | None = None
    failures: int
    error: str | None = None


class Readiness(Answer):
    """That it can do its work, and what works less than it should: for keys that may know."""

    status: str
    engine: EngineRow | None = None
    handlers: list[HandlerRow] | None = None
    warnings: list[str] | None = None


class SwitchRow(Answer):
    """One thing the sandbox can be told to do otherwise."""

    name: str
    label: str
    on: bool
    once: bool


class SandboxRow(Answer):
    """Whether a sandbox is on. Then nothing of its account leaves the server's machine."""

    on: bool
    provider: str | None = None
    account: str | None = None
    url: str | None = None
    switches: list[SwitchRow] | None = None


class ReplyRow(Answer):
    """A reply that is on its way back, as a webhook."""

    account: str
    sender: str = Field(repr=False)
    text: str | None = Field(default=None, repr=False)
    content: InboundContent | None = None
