"""Accounts: references resolved, settings checked, one client each, closed at the end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, cast

import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    Field,
    SecretBytes,
    SecretStr,
    field_validator,
)

import relevo
from relevo.accounts import Account, Accounts, AccountSettings, open_accounts
from relevo.accounts.config import check_config, literal_secrets
from relevo.http import open_transport

pytestmark = pytest.mark.anyio


class Login(BaseModel):
    user: str
    password: SecretStr


def as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class VaneConfig(BaseModel):
    token: SecretStr
    number: str = "0"
    base_url: str = "https://vane.example"
    secrets: Annotated[list[SecretStr], BeforeValidator(as_list)] = []
    login: Login | None = None
    colour: str = Field(default="red", alias="hue")

    @field_validator("number")
    @classmethod
    def _check_number(cls, number: str) -> str:
        if not number.isdigit():
            msg = f"{number} is no number"
            raise ValueError(msg)
        return number


class Vane(relevo.Provider[VaneConfig]):
    name = "vane"
    config_type = VaneConfig
    capabilities = frozenset({relevo.Capability.TEXT})

    @classmethod
    def client_settings(cls, config: VaneConfig) -> relevo.ClientSettings | None:
        return relevo.ClientSettings(config.base_url, {"authorization": config.token})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        raise NotImplementedError


class Nothing(BaseModel):
    pass


class Quiet(relevo.Provider[Nothing]):
    """A provider without HTTP."""

    name = "quiet"
    config_type = Nothing
    capabilities = frozenset({relevo.Capability.TEXT})

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        raise NotImplementedError


class Fragile(Quiet):
    name = "fragile"

    def __init__(self, *_: Any) -> None:
        msg = "canary"
        raise LookupError(msg)


class Boundless(Quiet):
    name = "boundless"

    def limits(self) -> relevo.Limits:
        return cast("relevo.Limits", {"rate": 5})


def find_provider(name: str, account: str) -> type[relevo.AnyProvider]:
    found: dict[str, type[relevo.AnyProvider]] = {
        provider.name: provider for provider in (Vane, Quiet, Fragile, Boundless)
    }
    if name not in found:
        msg = f"Account {account!r} uses provider {name!r}, which is not installed."
        raise relevo.PluginUnavailable(msg)
    return found[name]


async def open_all(tables: Mapping[str, Mapping[str, Any]], default: str | None = None) -> Accounts:
    """Open accounts, look at what they hold, and close them."""
    settings = {name: AccountSettings.model_validate(table) for name, table in tables.items()}
    async with (
        open_transport() as transport,
        open_accounts(
            settings, find_provider=find_provider, transport=transport, default=default
        ) as accounts,
    ):
        for account in accounts.values():
            if isinstance(account.provider, Vane):
                assert not account.provider.http.is_closed
        return accounts


async def refusal_of(table: Mapping[str, Any]) -> str:
    with pytest.raises(relevo.ConfigurationError) as refusal:
        await open_all({"shop": table})
    assert refusal.value.__context__ is None
    assert "canary" not in str(refusal.value)
    return str(refusal.value)


async def test_accounts_are_opened_with_their_own_clients_and_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VANE_TOKEN", "canary-one")
    accounts = await open_all(
        {
            "shop": {"provider": "vane", "token": "env:VANE_TOKEN"},
            "desk": {
                "provider": "vane",
                "token": "env:VANE_TOKEN",
                "base_url": "https://desk.example",
            },
            "mute": {"provider": "quiet"},
        }
    )
    shop, desk, mute = (
        accounts["shop"].provider,
        accounts["desk"].provider,
        accounts["mute"].provider,
    )
    assert isinstance(shop, Vane)
    assert shop.account == "shop"
    assert shop.config.token.get_secret_value() == "canary-one"
    assert str(shop.http.base_url) == "https://vane.example"
    assert str(desk.http.base_url) == "https://desk.example"
    assert shop.http.is_closed
    assert desk.http.is_closed
    with pytest.raises(relevo.ConfigurationError, match="client_settings"):
        _ = mute.http
    assert "canary" not in f"{accounts!r} {accounts['shop']!r}"


async def test_clients_are_closed_when_a_later_account_fails() -> None:
    built: list[Vane] = []

    class Watched(Vane):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            built.append(self)

    settings = {
        "shop": AccountSettings.model_validate({"provider": "vane", "token": "t"}),
        "desk": AccountSettings(provider="absent"),
    }

    def find(name: str, account: str) -> type[relevo.AnyProvider]:
        return Watched if name == "vane" else find_provider(name, account)

    async with open_transport() as transport:
        with pytest.raises(relevo.PluginUnavailable, match="'desk' uses provider 'absent'"):
            async with open_accounts(settings, find_provider=find, transport=transport):
                pytest.fail("It opened.")
    assert [provider.http.is_closed for provider in built] == [True]


async def test_references_are_resolved_in_tables_and_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEW_SECRET", "new")
    (tmp_path / "old").write_text("old\r\n")
    (tmp_path / "password").write_text("two words\n")
    accounts = await open_all(
        {
            "shop": {
                "provider": "vane",
                "token": "env:NEW_SECRET",
                "secrets": ["env:NEW_SECRET", f"file:{tmp_path / 'old'}"],
                "login": {"user": "ana", "password": f"file:{tmp_path / 'password'}"},
            }
        }
    )
    config = accounts["shop"].provider.config
    assert [secret.get_secret_value() for secret in config.secrets] == ["new", "old"]
    assert config.login.password.get_secret_value() == "two words"


async def test_reference_that_leads_nowhere_names_account_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    monkeypatch.setenv("EMPTY", "")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    said = await refusal_of(
        {
            "provider": "vane",
            "token": "env:NOT_THERE",
            "number": "env:EMPTY",
            "secrets": [f"file:{tmp_path / 'absent'}", f"file:{tmp_path / 'empty'}"],
            "login": {"user": f"file:{tmp_path / 'binary'}", "password": f"file:{tmp_path}"},
        }
    )
    assert said.startswith("Account 'shop': token: environment variable 'NOT_THERE' is not set. ")
    assert "number: environment variable 'EMPTY' is not set. Set it where Relevo starts" in said
    assert "secrets[0]: file" in said
    assert "(No such file or directory)" in said
    assert "empty' is empty. Write the value into it." in said
    assert "login.user: file" in said
    assert "(not UTF-8 text)" in said
    assert "(Is a directory). Check the path and its rights." in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token": None}, "Account 'shop': token: has to be text."),
        ({"tokn": "canary"}, "tokn: is no key of this provider. Did you mean 'token'?"),
        (
            {"zzz": "canary"},
            "Account 'shop': zzz: is no key of this provider. Known: token, number,",
        ),
        ({"passwrd": "canary"}, "is no key of this provider. Known: token,"),
        ({"login": {"user": "ana"}}, "login.password: is missing."),
        ({"secrets": [{"canary": 1}]}, "secrets.0: has to be text."),
        ({"number": "canary"}, "number: is refused (the reason is not shown"),
        ({"base_url": "ftp://vane.example"}, "Account 'shop': base_url has to begin with https"),
    ],
)
async def test_wrong_setting_names_account_and_key_and_no_value(
    change: dict[str, Any], words: str
) -> None:
    assert words in await refusal_of({"provider": "vane", "token": "env:HOME", **change})


async def test_missing_setting_names_account_and_key() -> None:
    assert await refusal_of({"provider": "vane"}) == "Account 'shop': token: is missing."


async def test_alias_is_a_known_key() -> None:
    accounts = await open_all({"shop": {"provider": "vane", "token": "env:HOME", "hue": "blue"}})
    assert accounts["shop"].provider.config.colour == "blue"


async def test_provider_that_cannot_be_built_is_named_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = await refusal_of({"provider": "fragile"})
    assert said.startswith("Account 'shop': provider 'fragile' could not be built: it raised Look")
    assert "in __init__" in caplog.text
    assert "LookupError: canary" not in caplog.text


async def test_provider_whose_limits_are_none_is_refused_when_its_account_is_opened() -> None:
    said = await refusal_of({"provider": "boundless"})
    assert said.startswith("Account 'shop': provider 'boundless': limits returned dict, not Limits")


async def test_secret_in_the_settings_works_and_warns(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEW_SECRET", "canary-new")
    with caplog.at_level(logging.WARNING, "relevo.accounts"):
        accounts = await open_all(
            {
                "shop": {
                    "provider": "vane",
                    "token": "canary-token",
                    "secrets": ["env:NEW_SECRET", "canary-old"],
                    "login": {"user": "ana", "password": "canary-password"},
                },
                "desk": {"provider": "vane", "token": "env:NEW_SECRET", "secrets": "canary-one"},
                "vault": {"provider": "vane", "token": SecretStr("canary-vault")},
            }
        )
    assert accounts["shop"].provider.config.token.get_secret_value() == "canary-token"
    assert [message.partition(" stands")[0] for message in caplog.messages] == [
        "Account 'shop': the secret 'token'",
        "Account 'shop': the secret 'secrets[1]'",
        "Account 'shop': the secret 'login.password'",
        "Account 'desk': the secret 'secrets'",
    ]
    assert "canary" not in caplog.text


class Spelled(BaseModel):
    key: SecretBytes = Field(validation_alias=AliasChoices("api_key", AliasPath("auth", "key")))
    rotated: dict[str, SecretStr]
    until: date | None = None
    strict: bool = True


@pytest.mark.parametrize(
    ("table", "literal"),
    [
        ({"api_key": "canary-1", "rotated": {"may": "env:HOME"}}, ["api_key"]),
        (
            {"auth": {"key": "canary-2"}, "rotated": {"may": "canary-3"}},
            ["auth.key", "rotated.may"],
        ),
        ({"api_key": "sandbox-app-secret", "rotated": {"may": "canary-4"}}, ["rotated.may"]),
        ({"api_key": "env:HOME", "rotated": {}, "until": date(2026, 1, 1), "strict": False}, []),
    ],
)
def test_every_way_to_write_a_secret_is_seen(table: dict[str, Any], literal: list[str]) -> None:
    config = check_config(Spelled, table, where="Account 'shop'")
    assert literal_secrets(config, table) == literal


class Anything(BaseModel, extra="allow"):
    pass


def test_type_that_takes_any_key_is_given_any_key() -> None:
    config = check_config(Anything, {"colour": "red"}, where="Account 'shop'")
    assert config.model_dump() == {"colour": "red"}


def lone(*names: str, default: str | None = None) -> Accounts:
    quiet = [Account(name, Quiet(name, Nothing(), None)) for name in names]
    return Accounts(quiet, default=default)


def test_named_account_is_resolved() -> None:
    assert lone("shop", "desk").resolve("desk").name == "desk"


def test_only_account_is_meant_where_none_is_named() -> None:
    assert lone("shop").resolve().name == "shop"


def test_default_account_is_meant_where_none_is_named() -> None:
    assert lone("shop", "desk", default="desk").resolve(None).name == "desk"


@pytest.mark.parametrize(
    ("accounts", "name", "words"),
    [
        (lone("shop", "desk"), None, "No account was named and none is the default. Name one of: "),
        (
            lone("shop", "desk"),
            "till",
            "Account 'till' is not configured. Name one of: shop, desk.",
        ),
        (lone("shop"), "shp", "Account 'shp' is not configured. Did you mean 'shop'?"),
        (lone("shop"), "", "Account '' is not configured."),
        (lone(), None, "No account is configured: write an [accounts.NAME] table"),
        (lone(), "shop", "No account is configured: write an [accounts.NAME] table"),
    ],
)
def test_unknown_account_is_refused_with_those_there_are(
    accounts: Accounts, name: str | None, words: str
) -> None:
    with pytest.raises(relevo.UnknownAccount) as refusal:
        accounts.resolve(name)
    assert words in str(refusal.value)


def test_default_account_has_to_be_configured() -> None:
    with pytest.raises(relevo.UnknownAccount, match="default_account names 'till'"):
        lone("shop", default="till")


def test_accounts_are_a_mapping() -> None:
    accounts = lone("shop", "desk")
    assert list(accounts) == ["shop", "desk"]
    assert len(accounts) == 2
    assert "shop" in accounts
    assert accounts.get("till") is None
