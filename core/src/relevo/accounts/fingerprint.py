"""A fingerprint of how an account is configured: it tells "changed", and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import SecretBytes, SecretStr

_SALT = b"relevo: account settings"
_COST = 2**12
"""About ten milliseconds: nothing at a start, much for whoever guesses a weak secret by it."""


def fingerprint_of(account: str, provider: str, values: Mapping[str, Any]) -> str:
    """Hash an account's resolved settings, secrets included, one way and slowly.

    The same settings give the same fingerprint on every machine, in whatever
    order they are written.
    """
    written = json.dumps([account, provider, values], sort_keys=True, default=_plain)
    digest = hashlib.scrypt(written.encode(), salt=_SALT, n=_COST, r=8, p=1, dklen=16)
    return digest.hex()


def _plain(value: object) -> Any:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case SecretBytes():
            return value.get_secret_value().hex()
        case set() | frozenset():
            return sorted(value, key=str)
        case _:
            return str(value)
