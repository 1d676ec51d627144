"""An account's settings: as written, checked against what its provider asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

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
from relevo.accounts.terms import TERMS_KEYS, TermsSettings
from relevo.errors import ConfigurationError
from relevo.findings import UNKNOWN_KEY, findings, meant_or_known

ModelT = TypeVar("ModelT", bound=BaseModel)
MADE_UP = "sandbox-"
"""How a sandbox's secrets begin."""


class AccountSettings(BaseModel):
    """One account as written: its provider's name, its provider's keys, and its terms."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)
    provider: str

    @property
    def values(self) -> dict[str, Any]:
        """All other keys, references not yet resolved."""
        return dict(self.__pydantic_extra__ or {})

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Leave all other keys out: their values may be secrets."""
        yield "provider", self.provider


def check_account(
    config_type: type[BaseModel], values: Mapping[str, Any], *, where: str
) -> tuple[BaseModel, TermsSettings]:
    """Validate an account's resolved values: its provider's keys, and those every account has.

    Raises:
        ConfigurationError: Names `where`, each key and its reason, never a value.
    """
    ours = {key: value for key, value in values.items() if key in TERMS_KEYS}
    theirs = {key: value for key, value in values.items() if key not in TERMS_KEYS}
    taken = sorted(TERMS_KEYS & set(_known_keys(config_type)))
    faults = [
        f"{key}: is a key that every account has, and the provider's own too. Its author has to "
        "rename it."
        for key in taken
    ]
    hidden = _hidden_in(values)
    config = _checked(config_type, theirs, hidden, faults, also_known=TermsSettings.model_fields)
    terms = _checked(TermsSettings, ours, hidden, faults)
    if faults or config is None or terms is None:
        raise _refusal(where, faults)
    return config, terms


def check_config(
    config_type: type[BaseModel], values: Mapping[str, Any], *, where: str
) -> BaseModel:
    """Validate resolved values with the provider's `config_type`.

    A key the type does not know is an error even where the type would ignore
    it: a misspelt key must not be an option that does nothing.

    Raises:
        ConfigurationError: Names `where`, each key and its reason, never a value.
    """
    faults: list[str] = []
    config = _checked(config_type, values, _hidden_in(values), faults)
    if faults or config is None:
        raise _refusal(where, faults)
    return config


def literal_secrets(config: BaseModel, values: Mapping[str, Any]) -> list[str]:
    """List the keys whose secret stands in the settings themselves.

    One that begins with `sandbox-` says that it is made up and opens nothing: it may stand there.

    Args:
        config: The validated settings, which know what is secret.
        values: The same settings as written, with their references.
    """
    secrets = {secret for secret in _secrets_in(config) if not secret.startswith(MADE_UP)}
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


def _checked(
    model: type[ModelT],
    values: Mapping[str, Any],
    hidden: Iterable[str],
    faults: list[str],
    *,
    also_known: Iterable[str] = (),
) -> ModelT | None:
    """Validate, or say in `faults` why not: no error leaves here that may hold a secret."""
    faults += _unknown_keys(model, values, also_known)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults += [
            str(finding)
            for finding in findings(error, hidden)
            if finding.kind != UNKNOWN_KEY or len(finding.path) > 1
        ]
    return None


def _refusal(where: str, faults: Iterable[str]) -> ConfigurationError:
    msg = f"{where}: {' '.join(faults)}"
    return ConfigurationError(msg)


def _hidden_in(values: Mapping[str, Any]) -> list[str]:
    return [*(word for _, word in _words_in(values)), *_secrets_in(values)]


def _unknown_keys(
    model: type[BaseModel], values: Mapping[str, Any], also_known: Iterable[str]
) -> list[str]:
    if model.model_config.get("extra") == "allow":
        return []
    known = [*_known_keys(model), *also_known]
    return [
        f"{key}: is no key of this provider. {meant_or_known(key, known)}"
        for key in values
        if key not in known
    ]


def _known_keys(model: type[BaseModel]) -> list[str]:
    return list(dict.fromkeys(word for words in _spellings(model) for word in words))


def _spellings(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Give each field's name and aliases."""
    for name, field in model.model_fields.items():
        yield name, *_aliases(field.alias), *_aliases(field.validation_alias)


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
