"""Whether the engine could be opened, or who has it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from relevo.cli.doctor.lines import Line, Verdict
from relevo.cli.doctor.server_lines import ServerLook
from relevo.engines.choosing import POSTGRES_SCHEMES, open_engine
from relevo.errors import AuthFailed, ConfigurationError, EngineError

if TYPE_CHECKING:
    from relevo.engines.sqlite import StoreLook

_ENGINE = "engine"
_OUTBOX = "outbox"
_ANY_TROUBLE = (Verdict.DOUBTFUL, "They are tried again; see: relevo messages --status queued")
_TROUBLES: Mapping[str, tuple[Verdict, str]] = MappingProxyType(
    {
        AuthFailed.code: (
            Verdict.BAD,
            "Its credentials are refused: correct [accounts.{account}] and restart.",
        ),
    }
)
"""What failed attempts of messages that wait come to, where it is not only a matter of time."""


async def look_at_engine(address: str, server: ServerLook) -> list[Line]:
    """Look at the engine an address names, and change nothing.

    Args:
        address: As in the settings.
        server: Whoever answers may be the one that holds the store.
    """
    scheme, _, where = address.partition("://")
    try:
        open_engine(address)
        if scheme in POSTGRES_SCHEMES:
            return await _look_at_postgres(address)
        return _LOOKS[scheme](where, server)
    except ConfigurationError as error:
        # Not the address: it may hold a password.
        return [Line(Verdict.BAD, _ENGINE, scheme, error.message, "Correct engine.")]
    except EngineError as error:
        return [Line(Verdict.BAD, _ENGINE, scheme, error.message)]


def _look_at_memory(where: str, server: ServerLook) -> list[Line]:
    del where, server
    seen = "keeps nothing when the process ends"
    advice = 'To keep messages and events, write engine = "sqlite:///relevo.db".'
    return [Line(Verdict.DOUBTFUL, _ENGINE, "memory", seen, advice)]


def _look_at_sqlite(where: str, server: ServerLook) -> list[Line]:
    from relevo.engines.sqlite import look_at_store  # noqa: PLC0415 - an extra

    look = look_at_store(Path(where[1:]))
    waiting = [_trouble_line(one.account, one.queued, one.code) for one in look.troubles]
    return [_store_line(look, server), *waiting]


async def _look_at_postgres(address: str) -> list[Line]:
    from relevo.engines.stores.finding import find_store  # noqa: PLC0415 - an extra

    state = await find_store(address).look()
    if state.revision is None:
        seen = f"{state.store}: made at the first start"
        return [Line(Verdict.GOOD, _ENGINE, "postgresql", seen)]
    if state.revision != state.newest:
        seen = f"{state.store}: revision {state.revision}; the next start upgrades it"
        return [Line(Verdict.DOUBTFUL, _ENGINE, "postgresql", seen, "See: relevo db upgrade")]
    waits = ", ".join(f"{count} {kind}" for kind, count in state.waiting.items() if count)
    seen = f"{state.store}: ready, revision {state.revision}; waits: {waits or 'nothing'}"
    return [Line(Verdict.GOOD, _ENGINE, "postgresql", seen)]


def _trouble_line(account: str, queued: int, code: str) -> Line:
    verdict, advice = _TROUBLES.get(code, _ANY_TROUBLE)
    seen = f"{queued} queued, last attempt {code} on account {account!r}"
    return Line(verdict, _OUTBOX, account, seen, advice.format(account=account))


def _store_line(look: StoreLook, server: ServerLook) -> Line:
    if look.in_use and server.answers:
        seen = f"{look.path}: in use, as it should be while a server runs"
        return Line(Verdict.GOOD, _ENGINE, "sqlite", seen)
    if look.in_use:
        seen = f"{look.path}: another process has it, and no server answers at {server.url}"
        advice = "If a server runs elsewhere, name it by --url; else find and stop that process."
        return Line(Verdict.DOUBTFUL, _ENGINE, "sqlite", seen, advice)
    if not os.access(look.path.parent, os.W_OK) or (
        look.schema is not None and not os.access(look.path, os.W_OK)
    ):
        advice = "Check the rights of file and folder."
        return Line(Verdict.BAD, _ENGINE, "sqlite", f"{look.path}: may not be written", advice)
    state = "made at the first start" if look.schema is None else f"ready, schema {look.schema}"
    return Line(Verdict.GOOD, _ENGINE, "sqlite", f"{look.path}: {state}")


_LOOKS: Mapping[str, Callable[[str, ServerLook], list[Line]]] = MappingProxyType(
    {"memory": _look_at_memory, "sqlite": _look_at_sqlite}
)
