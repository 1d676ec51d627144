"""The account's table, and the variables that hold its secrets."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from relevo import ConfigurationError

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Secret:
    """A secret of the account.

    Args:
        key: The table's key.
        variable: Holds it where the server runs.
        value: What it is.
        is_set: Whether the variable holds it here already.
        is_new: Whether the setup made it up, so that nobody has seen it yet.
    """

    key: str
    variable: str
    value: str = field(repr=False)
    is_set: bool = False
    is_new: bool = False


def account_table(
    name: str, values: Mapping[str, str | bool], secrets: Sequence[Secret], *, in_file: bool = False
) -> str:
    """Write the table; secrets stand in it only where that was asked for."""
    key = name if _BARE_KEY.fullmatch(name) else json.dumps(name)
    lines = [f"[accounts.{key}]", 'provider = "meta_whatsapp"']
    # JSON's strings are TOML's.
    lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    grouped: dict[str, list[str]] = {}
    for secret in secrets:
        told = secret.value if in_file else f"env:{secret.variable}"
        grouped.setdefault(secret.key, []).append(told)
    lines += [
        f"{key} = {json.dumps(told[0] if len(told) == 1 else told)}"
        for key, told in grouped.items()
    ]
    return "".join(f"{line}\n" for line in lines)


def export_lines(secrets: Sequence[Secret]) -> str:
    """Write what a shell has to be told; a secret that a person has is not repeated."""
    return "".join(
        f"export {one.variable}={shlex.quote(one.value)}\n"
        if one.is_new
        else f"export {one.variable}=...   # as you entered it\n"
        for one in secrets
        if one.is_new or not one.is_set
    )


def check_file(file: Path, name: str) -> str:
    """Check that the account can be added to a settings file, which may not exist yet.

    Returns:
        What the file holds.

    Raises:
        ConfigurationError: The file cannot be used, or has such an account already.
    """
    try:
        text = file.read_text("utf-8") if file.exists() else ""
        accounts = tomllib.loads(text).get("accounts", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{file} cannot be read as settings ({error}). Nothing was written."
        raise ConfigurationError(msg) from error
    if name in accounts:
        msg = f"{file} has an account {name!r} already. Nothing was written; give another name."
        raise ConfigurationError(msg)
    return text


def append_table(file: Path, name: str, table: str) -> None:
    """Add the table to a settings file.

    Raises:
        ConfigurationError: The file cannot be used, or has such an account already.
    """
    text = check_file(file, name)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    try:
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"{gap}{table}")
    except OSError as error:
        msg = f"{file} cannot be written: {error.strerror}."
        raise ConfigurationError(msg) from error
