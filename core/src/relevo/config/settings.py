"""Settings: `relevo.toml`, and the environment over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from relevo.accounts.config import AccountSettings
from relevo.accounts.references import resolve_references
from relevo.config.media import MediaSettings
from relevo.config.retention import RetentionSettings
from relevo.config.sources import (
    DELIMITER,
    PREFIX,
    Source,
    blame,
    merge,
    meta_account,
    read_environment,
    read_file,
)
from relevo.errors import ConfigurationError
from relevo.findings import UNKNOWN_KEY, Finding, findings, with_hint
from relevo.layers import DEFAULT_ORDER

DEFAULT_FILE = Path("relevo.toml")
DEFAULT_ENGINE = "sqlite:///relevo.db"

_TABLE = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _split_names(value: object) -> object:
    """Let a variable list names as people write them: `console, meta_whatsapp`."""
    if not isinstance(value, str):
        return value
    return [name.strip() for name in value.split(",") if name.strip()]


Names = Annotated[list[str], BeforeValidator(_split_names)]
AccountName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
"""Stands in URLs (`/webhooks/{account}`), log lines and variables."""


class PluginSettings(BaseModel):
    """Which installed plugins are imported."""

    model_config = _TABLE

    enabled: Names | None = None
    """Only these; None: all that are installed."""
    disabled: Names = Field(default_factory=list)
    """Not these, even if they are listed above."""
    strict: bool = False
    """Refuse to start if any plugin fails, whether an account uses it or not."""


class PipelineSettings(BaseModel):
    """What runs around each attempt."""

    model_config = _TABLE

    layers: Names = Field(default_factory=lambda: list(DEFAULT_ORDER))
    """Outermost first."""


class WorkerSettings(BaseModel):
    """How messages are handed over and tried again."""

    model_config = _TABLE

    slots: PositiveInt = 32
    """Attempts that run at once."""
    attempt_s: PositiveFloat = 15
    lease_s: PositiveFloat = 20
    max_attempts: PositiveInt = 8
    retry_base_s: PositiveFloat = 2
    retry_cap_s: PositiveFloat = 300
    message_life_s: PositiveFloat = 86_400
    health_every_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 900
    """How often each account's provider is asked how it is; 0: never."""

    @model_validator(mode="after")
    def _check_order(self) -> WorkerSettings:
        for lower, upper in (("attempt_s", "lease_s"), ("retry_base_s", "retry_cap_s")):
            small, large = getattr(self, lower), getattr(self, upper)
            if small > large or (small == large and upper == "lease_s"):
                msg = f"{lower} ({small:g}) has to be less than {upper} ({large:g})"
                raise ValueError(msg)
        return self


class Settings(BaseModel):
    """Everything `relevo.toml` can say. Values that may be secret are not in its repr."""

    model_config = _TABLE

    engine: str | None = Field(default=None, repr=False)
    """`memory`, `sqlite:///relevo.db` or `postgresql://...`; None: in memory."""
    accounts: dict[AccountName, AccountSettings] = Field(default_factory=dict)
    default_account: str | None = None
    plugins: PluginSettings = Field(default_factory=PluginSettings)
    pipeline: PipelineSettings = Field(default_factory=PipelineSettings)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    media: MediaSettings = Field(default_factory=MediaSettings)
    server: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    """Kept for whoever serves HTTP, who checks it."""


class _Environment(Settings, BaseSettings):
    """Tell pydantic-settings which variables there are; nobody makes an instance."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=DELIMITER, env_ignore_empty=True
    )


def load_settings(path: Path | str | None = None) -> Settings:
    """Read the settings file and the environment over it.

    Args:
        path: Has to exist. Left out, `relevo.toml` is read if it is in the working directory.

    Without any account, Meta's own variables make one named `default`. Without
    an engine it is a SQLite file in the working directory.

    Raises:
        ConfigurationError: Names the file or variable, the key and the reason.
    """
    under, over = _read(path)
    values = merge(under.values, over.values)
    if not values.get("accounts") and (account := meta_account()):
        values["accounts"] = {"default": account}
    values.setdefault("engine", DEFAULT_ENGINE)
    return _check(values, lambda path: blame(path, under, over))


def load_table(name: str, path: Path | str | None = None) -> dict[str, Any]:
    """Read one table of the settings as written, whatever is wrong with the others.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    under, over = _read(path)
    table = merge(under.values, over.values).get(name)
    return dict(table) if isinstance(table, Mapping) else {}


def parse_settings(values: Mapping[str, Any]) -> Settings:
    """Make settings of tables a program wrote, as `relevo.toml` would hold them.

    Raises:
        ConfigurationError: Names the key and the reason.
    """
    return _check(values, lambda _: "settings")


def _read(path: Path | str | None) -> tuple[Source, Source]:
    """Read the file, if there is one or one is named, and the environment."""
    file = DEFAULT_FILE if path is None else Path(path)
    under = Source("settings", {})
    if path is not None or file.is_file():
        under = read_file(file)
    return under, read_environment(_Environment)


def _check(values: Mapping[str, Any], place_of: Callable[[tuple[str, ...]], str]) -> Settings:
    settings: Settings | None = None
    faults: list[str] = []
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        faults = [f"{place_of(finding.path)}: {_with_hint(finding)}" for finding in findings(error)]
    # Raised out here, so that no context carries pydantic's error and the input within it.
    if settings is None:
        raise ConfigurationError(" ".join(faults))
    if settings.engine is None:
        return settings
    engine = resolve_references({"engine": settings.engine}, where=place_of(("engine",)))
    return settings.model_copy(update=engine)


def _with_hint(finding: Finding) -> Finding:
    if finding.kind != UNKNOWN_KEY:
        return finding
    table: Any = Settings
    for part in finding.path[:-1]:
        table = table.model_fields[part].annotation
    return with_hint(finding, table.model_fields)
