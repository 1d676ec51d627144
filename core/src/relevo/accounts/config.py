"""An account's settings: as written, checked against what its provider asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    SecretBytes,
    SecretStr,
    ValidationError,
)

from relevo.accounts.references import is_reference
from relevo.errors import ConfigurationError
from relevo.findings import UNKNOWN_KEY, did_you_mean, findings


class AccountSettings(BaseModel):
    """One account as written: its provider's name, and keys that only the provider knows."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    provider: str

    @property
    def values(self) -> dict[str, Any]:
        """The provider's keys, references not yet resolved."""
        return dict(self.__pydantic_extra__ or {})

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Leave the provider's keys out: their values may be secrets."""
        yield "provider", self.provider


def check_config(
    config_type: type[BaseModel], values: Mapping[str, Any], *, where: str
) -> BaseModel:
    """Validate resolved values with the provider's `config_type`.

    A key the type does not know is an error even where the type would ignore
    it: a misspelt key must not be an option that does nothing.

    Raises:
        ConfigurationError: Names `where`, each key and its reason, never a value.
    """
    faults = _unknown_keys(config_type, values)
    hidden = [*(word for _, word in _words_in(values)), *_secrets_in(values)]
    config: BaseModel | None = None
    try:
        config = config_type.model_validate(values)
    except ValidationError as error:
        faults += [
            str(finding)
            for finding in findings(error, hidden)
            if finding.kind != UNKNOWN_KEY or len(finding.path) > 1
        ]
    # Raised out here, so that no context carries pydantic's error and the input within it.
    if faults or config is None:
        msg = f"{where}: {' '.join(faults)}"
        raise ConfigurationError(msg)
    return config


def literal_secrets(config: BaseModel, values: Mapping[str, Any]) -> list[str]:
    """List the keys whose secret stands in the settings themselves.

    Args:
        config: The validated settings, which know what is secret.
        values: The same settings as written, with their references.
    """
    secrets = set(_secrets_in(config))
    return [
        key for key, word in _words_in(values) if not is_reference(word) and word.strip() in secrets
    ]


def _secrets_in(checked: object) -> Iterator[str]:
    match checked:
        case SecretStr():
            yield checked.get_secret_value().strip()
        case SecretBytes():
            yield checked.get_secret_value().decode("utf-8", "replace").strip()
        case BaseModel():
            for _, inner in checked:
                yield from _secrets_in(inner)
        case Mapping():
            for inner in checked.values():
                yield from _secrets_in(inner)
        case list() | tuple() | set() | frozenset():
            for inner in checked:
                yield from _secrets_in(inner)
        case _:
            return


def _unknown_keys(config_type: type[BaseModel], values: Mapping[str, Any]) -> list[str]:
    if config_type.model_config.get("extra") == "allow":
        return []
    known: set[str] = set().union(*_spellings(config_type).values())
    return [
        f"{key}: is no key of this provider.{did_you_mean(key, known)}"
        for key in values
        if key not in known
    ]


def _spellings(model: type[BaseModel]) -> dict[str, set[str]]:
    """Give each field's name and aliases."""
    return {
        name: {name, *_aliases(field.alias), *_aliases(field.validation_alias)}
        for name, field in model.model_fields.items()
    }


def _aliases(alias: str | AliasPath | AliasChoices | None) -> Iterable[str]:
    match alias:
        case str():
            yield alias
        case AliasPath():
            yield str(alias.path[0])
        case AliasChoices():
            for choice in alias.choices:
                yield from _aliases(choice)
        case None:
            return


def _words_in(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Give every text with its key."""
    match value:
        case str():
            yield key, value
        case Mapping():
            for name, inner in value.items():
                yield from _words_in(inner, f"{key}.{name}" if key else name)
        case list():
            for index, inner in enumerate(value):
                yield from _words_in(inner, f"{key}[{index}]")
        case _:
            return
