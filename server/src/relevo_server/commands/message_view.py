"""One message in full, for a person: its line, its words, its attempts, and why it is there."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.text import Text

import relevo
from relevo_server.commands.event_words import content_words, error_words, plain
from relevo_server.commands.relay_line import dot_of, long_line, offset_words, style_of
from relevo_server.commands.trail import Trail, read_time

_S = relevo.DeliveryStatus
_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        _S.SCHEDULED: "It waits until its time comes.",
        _S.QUEUED: "It waits for its turn, and goes on by itself.",
        _S.SENDING: "An attempt is under way.",
        _S.UNKNOWN: "It may have been sent: no answer came.",
        _S.CANCELLED: "It was withdrawn before it was handed over.",
        _S.EXPIRED: "Its time was over before it was handed over.",
        _S.ACCEPTED: "The provider took it. That is not delivery; its news will tell.",
        _S.SENT: "The provider sent it on.",
        _S.FAILED: "It was refused, given up or not delivered.",
        _S.DELIVERED: "It reached the person's device.",
        _S.READ: "The person opened it.",
        _S.PLAYED: "The person played it.",
    }
)
"""What each status means; why and what comes next, the server says."""
_DECIDED = "It counts as handed over, as a person decided."
_SETTLED: Mapping[str, str] = MappingProxyType(
    {
        relevo.Resolution.SENT: "it counts as sent",
        relevo.Resolution.NOT_SENT: "it counts as not sent",
        relevo.Resolution.RESEND: "the message was sent again",
    }
)
_BY: Mapping[str, str] = MappingProxyType(
    {
        "person": "a person decided so",
        "policy": "by its policy",
        "echo": "the provider repeated our id",
        "news": "the provider told news",
    }
)


def write_message(message: Mapping[str, Any]) -> None:
    """Write everything that is known about a message."""
    console = Console(file=sys.stdout, highlight=False)
    outbound = message["direction"] == relevo.Direction.OUT
    if outbound:
        console.print(long_line(Trail.of_message(message), console.width), soft_wrap=True)
        console.print()
    status = str(message["status"])
    meaning = _meaning(message, status) if outbound else "A person wrote it; it reached us."
    console.print(Text.assemble((status, style_of(status)), f"  {meaning}"), soft_wrap=True)
    if outbound and message.get("standing"):
        _write_standing(console, message["standing"])
    trouble = _trouble(message)
    if trouble:
        console.print(Text(trouble, "red"), soft_wrap=True)
    console.print()
    _write_facts(console, message, "to" if outbound else "from")
    began = read_time(message["created_at"])
    for attempt in message.get("attempts") or ():
        _write_attempt(console, attempt, began)
        if attempt.get("error") and attempt["error"] != message.get("error"):
            line = Text(f"{'':<12}{_whole_error(attempt['error'])}", "red")
            console.print(line, soft_wrap=True)
        if attempt.get("settled"):
            _write_settled(console, attempt["settled"], began)
    _write_statuses(console, message.get("statuses") or (), began)


def write_kept(message: Mapping[str, Any]) -> None:
    """Write in a line how a message is, and where to see more."""
    status = str(message["status"])
    line = Text.assemble(
        (f"{dot_of(status)} {status}", style_of(status)),
        f"  {message['id']}",
        (f"  to {plain(str(message.get('to')))} on {message['account']}", "dim"),
    )
    console = Console(file=sys.stdout, highlight=False)
    console.print(line, soft_wrap=True)
    if message.get("provider_message_id"):
        console.print(Text(f"  {plain(message['provider_message_id'])}", "dim"), soft_wrap=True)
    else:
        console.print(Text(f"  relevo messages show {message['id']}", "dim"), soft_wrap=True)


def _write_standing(console: Console, standing: Mapping[str, Any]) -> None:
    """Write why it is there and what comes next, as the server says it."""
    for sentence in standing.get("why") or ():
        console.print(Text(f"  {plain(str(sentence))}", "dim"), soft_wrap=True)
    at = standing.get("next_at")
    when = f" ({_exact(at)})" if at else ""
    console.print(Text(f"  {plain(str(standing.get('next') or ''))}{when}"), soft_wrap=True)


def _write_facts(console: Console, message: Mapping[str, Any], person: str) -> None:
    facts = {
        "id": message["id"],
        person: message.get("to") or message.get("sender"),
        "account": f"{message['account']} ({message['provider']})",
        "content": content_words(message.get("content")),
        "file": _file_words(message.get("media")),
        "at provider": message.get("provider_message_id"),
        "reply to": message.get("reply_to"),
        "created": _exact(message["created_at"]),
        "send at": _exact(message["send_at"]) if message.get("send_at") else None,
        "expires": _exact(message["expires_at"]) if message.get("expires_at") else None,
    }
    for name, value in facts.items():
        if value:
            console.print(Text.assemble((f"{name:<12}", "dim"), plain(str(value))), soft_wrap=True)


def _file_words(file: Mapping[str, Any] | None) -> str | None:
    """Say where the file of a message is, or why it is not here."""
    if file is None:
        return None
    told = [str(file["state"])]
    if file.get("url"):
        told.append(str(file["url"]))
    if file.get("error"):
        told.append(_whole_error(file["error"]))
    if file.get("next_at"):
        told.append(f"asked for next {_exact(file['next_at'])}, until {_exact(file['deadline'])}")
    return "; ".join(told)


def _write_attempt(console: Console, attempt: Mapping[str, Any], began: datetime) -> None:
    status = str(attempt["status"])
    line = Text.assemble(
        (f"{'attempt ' + str(attempt['number']):<12}", "dim"),
        (f"{status:<10}", style_of(status)),
        (f" {_offset(attempt['started_at'], began):>10}", "dim"),
    )
    if attempt.get("finished_at"):
        took = read_time(attempt["finished_at"]) - read_time(attempt["started_at"])
        line.append(f"  took {offset_words(took.total_seconds()).lstrip('+')}", "dim")
    if attempt.get("phase"):
        line.append(f"  {plain(str(attempt['phase']))}", "dim")
    console.print(line, soft_wrap=True)


def _write_settled(console: Console, settled: Mapping[str, Any], began: datetime) -> None:
    """Write how the doubt that an attempt left has ended."""
    because = _BY.get(str(settled["why"]), plain(str(settled["why"])))
    line = Text.assemble(
        f"{'':<12}then {_SETTLED.get(settled['resolution'], '')}: {because}",
        (f"  {_offset(settled['at'], began)}", "dim"),
    )
    console.print(line, soft_wrap=True)


def _meaning(message: Mapping[str, Any], status: str) -> str:
    """Say what a status means, and never that the provider took what only a person decided."""
    attempts = message.get("attempts") or [{}]
    decided = (attempts[-1].get("settled") or {}).get("why") == "person"
    if status == _S.ACCEPTED and decided and not message.get("provider_message_id"):
        return _DECIDED
    return _MEANINGS.get(status, "")


def _trouble(message: Mapping[str, Any]) -> str:
    """Say the error, or what the sentences above it left out of it."""
    error = message.get("error")
    if not error:
        return ""
    why = " ".join(map(str, (message.get("standing") or {}).get("why") or ()))
    if str(error.get("message")) not in why:
        return _whole_error(error)
    code = error.get("provider_code")
    return plain(f"The provider's code: {code}") if code else ""


def _write_statuses(
    console: Console, statuses: Iterable[Mapping[str, Any]], began: datetime
) -> None:
    for place, news in enumerate(statuses):
        status = str(news.get("status") or "other")
        line = Text.assemble(
            (f"{'told' if place == 0 else '':<12}", "dim"),
            (f"{status:<10}", style_of(status)),
            (f" {_offset(news['heard_at'], began):>10}", "dim"),
        )
        if not news.get("moved"):
            line.append("  moved nothing", "dim")
        if news.get("error"):
            line.append(f"  {error_words(news['error'])}", "red")
        console.print(line, soft_wrap=True)


def _whole_error(error: Mapping[str, Any]) -> str:
    theirs = (
        f" (the provider's code {error['provider_code']})" if error.get("provider_code") else ""
    )
    return error_words(error) + plain(theirs)


def _offset(time: str, began: datetime) -> str:
    return offset_words((read_time(time) - began).total_seconds())


def _exact(time: str) -> str:
    return f"{read_time(time).astimezone():%Y-%m-%d %H:%M:%S %z}"
