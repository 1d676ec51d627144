"""The sandbox of a server that runs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relevo.client.answers.health import ReplyRow, SandboxRow
from relevo.client.call import Call, given
from relevo.contents import InboundContent


def sandbox() -> Call[SandboxRow]:
    """Tell whether a sandbox stands in for a provider, and for whose account."""
    return Call("GET /sandbox", SandboxRow, repeatable=True)


def reply_in_sandbox(
    person: str,
    /,
    *,
    text: str | None = None,
    content: InboundContent | Mapping[str, Any] | None = None,
    reply_to: str | None = None,
) -> Call[ReplyRow]:
    """Let a person answer in the sandbox; it comes back as a `messaging.inbound` event.

    Args:
        person: Who writes: a phone number, or `scheme:value`.
        text: Short for a text content.
        content: Any kind of content that people send.
        reply_to: The provider_message_id of the message they answer.

    Raises:
        RequestRefused: No sandbox is on (`problem.code` is `no_sandbox`).
    """
    body = {"from": person, **given(text=text, content=content, reply_to=reply_to)}
    return Call("POST /sandbox/replies", ReplyRow, body=body)


def switch_sandbox(name: str, /, *, on: bool) -> Call[SandboxRow]:
    """Let the sandbox behave otherwise, as one of its switches says.

    Raises:
        RequestRefused: No sandbox is on, or it has no such switch.
    """
    return Call("POST /sandbox/switches", SandboxRow, body=given(name=name, on=on), repeatable=True)
