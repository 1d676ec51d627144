"""What every group of verbs stands on: an account's name, and honest refusals."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from relevo.errors import NotSupported


class Refusing:
    """Refuse what a provider does not have, in a sentence."""

    name: ClassVar[str]
    """The entry point's name, the config key and the log field: one word."""
    account: str
    """The account's name."""

    def _refuse(self, what: str) -> NoReturn:
        msg = f"Account {self.account!r}: provider {self.name!r} has no {what}."
        raise NotSupported(msg)
