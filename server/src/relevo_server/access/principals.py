"""Who asks, and what they may do and see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency

import relevo
from relevo_server.problem_table import ProblemCode
from relevo_server.problems import Problem

STATE_KEY: Final = "relevo_principal"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks: the holder of a key or a ticket, or anybody on a server without keys.

    Args:
        key_id: The key they showed; None: none.
        name: What the key is called.
        scopes: What they may do.
        accounts: Whose things they see and use; None: those of all accounts.
        rate: Requests a minute; None: as the server is configured.
        expires_at: When their key opens nothing any more; None: it has no end.
    """

    key_id: str | None
    name: str
    scopes: frozenset[relevo.Scope]
    accounts: frozenset[str] | None = None
    rate: int | None = None
    expires_at: datetime | None = None

    def sees(self, account: str | None) -> bool:
        """Tell whether what belongs to an account is theirs to see; None: it belongs to none."""
        return self.accounts is None or account in self.accounts

    def may(self, scope: relevo.Scope) -> bool:
        """Tell whether they have a scope."""
        return scope in self.scopes

    @property
    def oversees(self) -> bool:
        """Whether what concerns the whole server is theirs: `admin`, not limited to accounts."""
        return self.accounts is None and self.may(relevo.Scope.ADMIN)

    def demand(self, scope: relevo.Scope) -> None:
        """Refuse whoever has not this scope.

        Raises:
            Problem: They have not; it names the scope.
        """
        if scope in self.scopes:
            return
        msg = (
            f"The key {self.name!r} has not the scope {scope.value!r} that this needs. "
            "Use a key that has it."
        )
        challenge = f'Bearer realm="relevo", error="insufficient_scope", scope="{scope.value}"'
        raise Problem(ProblemCode.MISSING_SCOPE, msg, headers={"WWW-Authenticate": challenge})

    def demand_all(self) -> None:
        """Refuse whoever is limited to some accounts.

        Raises:
            Problem: They are.
        """
        if self.accounts is not None:
            msg = (
                f"The key {self.name!r} is limited to some accounts, and this tells of all. "
                "Use a key without a limit."
            )
            raise Problem(ProblemCode.LIMITED_KEY, msg)


OPEN: Final = Principal(None, "open", frozenset(relevo.Scope))
"""Whoever asks a server that has no keys: what may reach it may do everything."""
NOBODY: Final = Principal(None, "nobody", frozenset(), frozenset())
"""Whoever shows no key where none is needed; they see what everybody may."""
UNCHECKED: Final = Principal(None, "unchecked", frozenset(), frozenset())
"""Whoever shows a key, where none is needed, that the store cannot be asked about now."""

Caller: TypeAlias = NamedDependency[Principal]
"""How a handler asks for it: a parameter `principal: Caller`."""


def give_principal(request: Request[Any, Any, Any]) -> Principal:
    """Give a handler who asks."""
    return principal_of(request)


def principal_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Principal:
    """Give who asks, as it was found before the handler; nobody where nothing was."""
    found = connection.scope["state"].get(STATE_KEY)
    return found if isinstance(found, Principal) else NOBODY
