"""The command: gather what is needed, check it step by step, write the account's table."""

from __future__ import annotations

import os
import secrets as randomness
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from relevo import ConfigurationError
from relevo_meta_whatsapp.config import GRAPH_URL, MetaWhatsAppConfig
from relevo_meta_whatsapp.setup.asking import Person, choose, read_secret, who_is_there
from relevo_meta_whatsapp.setup.calls import MetaCalls
from relevo_meta_whatsapp.setup.numbers import check_business, check_number
from relevo_meta_whatsapp.setup.report import Report
from relevo_meta_whatsapp.setup.steps import (
    check_address,
    check_secrets,
    check_token,
    check_webhook,
    subscribe,
)
from relevo_meta_whatsapp.setup.table import (
    Secret,
    account_table,
    append_table,
    check_file,
    export_lines,
)

_TOKEN, _SECRET, _VERIFY = "META_ACCESS_TOKEN", "META_APP_SECRET", "META_VERIFY_TOKEN"


_FORMS = {
    "api_version": "--api-version has to be a version of the Graph API, such as v25.0.",
    "webhook_url": "--webhook-url has to be an address, such as "
    "https://HOST/api/v1/messaging/webhooks/ACCOUNT.",
}


def meta() -> None:
    """Set up accounts of Meta's WhatsApp."""
    sys.stdout.write(
        "relevo meta setup walks you through an account. See: relevo meta setup --help\n"
    )


def setup(  # noqa: PLR0913 - each is an option
    account: str = "whatsapp",
    /,
    *,
    phone_number_id: str | None = None,
    waba_id: str | None = None,
    webhook_url: str | None = None,
    override: bool = False,
    leave_subscription: bool = False,
    token_env: str = _TOKEN,
    app_secret_env: tuple[str, ...] = (_SECRET,),
    verify_token_env: str = _VERIFY,
    api_version: str | None = None,
    base_url: str = GRAPH_URL,
    write: Path | None = None,
    secrets_in_file: bool = False,
    script: bool = False,
) -> int:
    """Set up an account: check token, number, app secret and webhook, and print its settings.

    Secrets come from variables, or are asked for; they are not shown. It sends no message.
    What is checked goes to the standard error; the settings alone to the standard output, as TOML.
    Exits with 1 if something cannot work, and then gives no settings.

    Args:
        account: What the account is to be called.
        phone_number_id: The number's id in the Graph API; left out, it is looked for.
        waba_id: The WhatsApp business account's id; left out, it is looked for.
        webhook_url: Where Meta reaches the server: https://HOST/api/v1/messaging/webhooks/ACCOUNT.
        override: Let Meta send this business account's messages there, whatever the app's address.
        leave_subscription: Leave it as it is whether the app hears of the business account.
        token_env: The variable with the access token.
        app_secret_env: The variable with the app secret; twice while it is being replaced.
        verify_token_env: The variable with the verify token; one is made up if it is empty.
        api_version: The version of the Graph API.
        base_url: Where the Graph API answers; the sandbox's address to try this.
        write: Add the table to this settings file, such as relevo.toml.
        secrets_in_file: Write the secrets themselves into the table, not the variables' names.
        script: Ask nothing, also at a terminal.
    """
    if override and (webhook_url is None or leave_subscription):
        msg = "--override subscribes at an address: give --webhook-url, not --leave-subscription."
        raise ConfigurationError(msg)
    if write is not None:
        check_file(write, account)
    person = who_is_there(script=script)
    token = _secret(person, "access_token", token_env, "Access token")
    if token is None:
        msg = f"There is no access token: set {token_env}, or name another variable by --token-env."
        raise ConfigurationError(msg)
    found = [
        _secret(person, "app_secret", name, "App secret (Enter: none)") for name in app_secret_env
    ]
    verify = _secret(person, "verify_token", verify_token_env, "Verify token (Enter: make one)")
    if verify is None:
        made = randomness.token_urlsafe(24)
        verify = Secret("verify_token", verify_token_env, made, is_new=True)
    app_secrets = [one for one in found if one is not None]
    values = {"base_url": base_url} if base_url != GRAPH_URL else {}
    values |= {"api_version": api_version} if api_version else {}
    values |= {"webhook_url": webhook_url} if webhook_url else {}
    config = _config(values, [token, *app_secrets, verify])
    report = Report(_say)
    plan = _Plan(
        account=account,
        person=person,
        report=report,
        config=config,
        app_secrets=app_secrets,
        verify=verify,
        number_id=phone_number_id,
        waba_id=waba_id,
        webhook_url=webhook_url,
        overrides=override,
        subscribes=not leave_subscription,
    )
    named = anyio.run(plan.check)
    if named is None or report.failed:
        _say("\nMend what is marked !!, and run the setup again: there are no settings yet.\n")
        return 1
    secrets = [token, *app_secrets, verify]
    table = account_table(account, {**named, **values}, secrets, in_file=secrets_in_file)
    _finish(account, table, [] if secrets_in_file else secrets, write)
    return 0


@dataclass(frozen=True)
class _Plan:
    """Everything one setup goes by."""

    account: str
    person: Person
    report: Report
    config: MetaWhatsAppConfig
    app_secrets: Sequence[Secret]
    verify: Secret
    number_id: str | None
    waba_id: str | None
    webhook_url: str | None
    overrides: bool
    subscribes: bool

    async def check(self) -> dict[str, str | bool] | None:
        """Check step by step; give the ids, None where nothing can be set up."""
        report, url = self.report, self.webhook_url
        async with MetaCalls(self.account, self.config) as calls:
            wabas = await check_token(calls, self.app_secrets, report)
            if wabas is None:
                return None
            waba_id = self.waba_id or choose(
                self.person, "WhatsApp business account", "--waba-id", wabas
            )
            numbers = await check_business(calls, waba_id, report)
            if numbers is None:
                return None
            number_id = self.number_id or choose(
                self.person, "number", "--phone-number-id", [one.choice for one in numbers]
            )
            facts = await check_number(calls, number_id, numbers, report)
            if not facts:
                return None
            await check_secrets(calls, number_id, self.app_secrets, report)
            reached = url is not None and await check_webhook(url, self.verify, report)
            there = {"override_callback_uri": url, "verify_token": self.verify.value}
            if self.subscribes:
                override = there if self.overrides and reached else None
                await subscribe(calls, waba_id, report, override=override)
            if url is not None and reached:
                if self.overrides:
                    facts = await check_number(calls, number_id, (), Report(lambda _: None))
                check_address(facts, url, report)
        ids: dict[str, str | bool] = {"phone_number_id": number_id, "waba_id": waba_id}
        return ids | ({"appsecret_proof": True} if calls.proving else {})


def _secret(person: Person, key: str, variable: str, question: str) -> Secret | None:
    value = read_secret(person, variable, question)
    return Secret(key, variable, value, is_set=bool(os.environ.get(variable))) if value else None


def _config(values: dict[str, str], secrets: list[Secret]) -> MetaWhatsAppConfig:
    """Check what was given before any of it is sent anywhere.

    Raises:
        ConfigurationError: Names each key and why, not its value.
    """
    told = {one.key: one.value for one in secrets}
    faults = ""
    try:
        return MetaWhatsAppConfig.model_validate({"phone_number_id": "0", **values, **told})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        faults = " ".join(_fault(fault) for fault in found if fault["loc"])
    # Out here, so that no context carries an error that may hold a secret.
    raise ConfigurationError(faults)


def _fault(fault: ErrorDetails) -> str:
    key = str(fault["loc"][0])
    if fault["type"] == "string_pattern_mismatch" and key in _FORMS:
        return _FORMS[key]
    return f"{key}: {fault['msg'].removeprefix('Value error, ')}."


def _finish(account: str, table: str, secrets: list[Secret], write: Path | None) -> None:
    """Give what is to be used on the standard output, and what to do with it beside."""
    exports = export_lines(secrets)
    if write is not None:
        append_table(write, account, table)
        _say(f"\n{write} has the account now.\n")
    else:
        _say("\nPut this into relevo.toml:\n\n")
        _give(table)
    if exports:
        _say("\nLet the server's environment have:\n\n")
        # Beside a table they are comments of it, so that the whole output is one file.
        _give(exports if write else "".join(f"# {line}\n" for line in exports.splitlines()))
    _say(f"\nThen: relevo serve, and relevo send --account {account} NUMBER TEXT\n")


def _give(data: str) -> None:
    sys.stdout.write(data)
    sys.stdout.flush()


def _say(words: str) -> None:
    sys.stderr.write(words)
    sys.stderr.flush()
