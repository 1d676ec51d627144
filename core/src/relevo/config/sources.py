"""Where settings come from: a TOML file, the environment, and both on top of each other."""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource

from relevo.errors import ConfigurationError
from relevo.findings import nearest

logger = logging.getLogger("relevo.config")

PREFIX = "RELEVO_"
DELIMITER = "__"

META_PROVIDER = "meta_whatsapp"
META_REQUIRED: Mapping[str, str] = MappingProxyType(
    {"access_token": "META_VERTICE360_WABA_TOKEN", "phone_number_id": "PHONE_NUMBER_ID"}
)
META_OPTIONAL: Mapping[str, str] = MappingProxyType(
    {
        "app_secret": "META_APP_SECRET",
        "verify_token": "META_VERIFY_TOKEN",
        "api_version": "META_API_VERSION",
        "base_url": "META_BASE_URL",
    }
)


@dataclass(frozen=True)
class Source:
    """Settings from one place, and how to name that place for one key."""

    place: str
    values: Mapping[str, Any]

    def depth(self, path: Sequence[str]) -> int:
        """Tell how many leading parts of a key stand here."""
        inner: Any = self.values
        for count, part in enumerate(path):
            if not isinstance(inner, Mapping) or part not in inner:
                return count
            inner = inner[part]
        return len(path)


def read_file(path: Path) -> Source:
    """Read a TOML file.

    Raises:
        ConfigurationError: Names the file, and the line where it is malformed.
    """
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no valid path"
        msg = f"{path}: the settings file cannot be read ({reason})."
        raise ConfigurationError(msg) from None
    try:
        return Source(str(path), tomllib.loads(content.decode("utf-8")))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        msg = f"{path}: the settings file is not UTF-8 text (line {line})."
        raise ConfigurationError(msg) from None
    except (ValueError, RecursionError) as error:
        msg = f"{path}: this is no TOML: {error}."
        raise ConfigurationError(msg) from None


def read_environment(settings_type: type[BaseSettings]) -> Source:
    """Read the variables that name keys of these settings: `RELEVO_WORKER__SLOTS`."""
    _warn_of_near_misses(settings_type)
    return Source("the environment", _Variables(settings_type)())


def meta_account() -> dict[str, Any] | None:
    """Describe the account that Meta's variables alone make; None without its required ones."""
    if not all(os.environ.get(variable) for variable in META_REQUIRED.values()):
        return None
    variables = {**META_REQUIRED, **META_OPTIONAL}
    return {
        "provider": META_PROVIDER,
        **{key: f"env:{name}" for key, name in variables.items() if os.environ.get(name)},
    }


def merge(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one source over another, table by table."""
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def blame(path: Sequence[str], under: Source, over: Source) -> str:
    """Tell which place a key came from, so that an error can name it."""
    in_over = over.depth(path)
    if in_over < under.depth(path) or not in_over:
        return under.place
    if in_over == under.depth(path) < len(path):
        return under.place
    return f"environment variable {PREFIX}{DELIMITER.join(path[:in_over]).upper()}"


class _Variables(EnvSettingsSource):
    """Take a variable as text unless it is a JSON list or object.

    Digits stay text: an id of digits must not become a number on its way to a
    provider whose model wants text; where a number is wanted, text of digits
    will do.
    """

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            decoded = super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value
        return decoded if isinstance(decoded, list | dict) else value


def _warn_of_near_misses(settings_type: type[BaseSettings]) -> None:
    """Other variables may begin with our prefix, so a likely slip warns and stops nobody."""
    fields = settings_type.model_fields
    for variable in sorted(os.environ):
        if not variable.upper().startswith(PREFIX):
            continue
        head, *rest = variable[len(PREFIX) :].lower().split(DELIMITER)
        if head in fields:
            continue
        table = next((field for field in fields if head.startswith(f"{field}_")), None)
        if table is not None:
            rest = [head.removeprefix(f"{table}_"), *rest]
        meant = table or nearest(head, fields)
        if meant is not None:
            meant = PREFIX + DELIMITER.join([meant, *rest]).upper()
            logger.warning("%s names no setting and is ignored. Did you mean %s?", variable, meant)
