"""What a sandbox can be told to let happen; by its routes, a scenario or a test."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from relevo import ConfigurationError
from relevo_meta_whatsapp.addresses import digits_of
from relevo_meta_whatsapp.sandbox.addresses import is_local
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour
from relevo_meta_whatsapp.sandbox.desk import Desk, logger
from relevo_meta_whatsapp.sandbox.graph.number_fields import SETTABLE
from relevo_meta_whatsapp.sandbox.state import NumberState, SandboxNumber
from relevo_meta_whatsapp.sandbox.state.apps import SubscribedApp
from relevo_meta_whatsapp.sandbox.state.templates import Template
from relevo_meta_whatsapp.sandbox.webhooks.inbound import Inbound, UnknownKind, write_inbound

_CONFIG = ConfigDict(extra="forbid", hide_input_in_errors=True)
_DIGITS = r"^[0-9]{1,32}$"
TemplateStatus = Literal["APPROVED", "REJECTED", "PENDING", "PAUSED", "DISABLED", "ARCHIVED"]


class Reply(BaseModel):
    """What a person writes, and who."""

    model_config = _CONFIG

    person: str = Field(alias="from", pattern=r"^\+?[0-9][0-9 ()\-]{3,30}[0-9]$")
    text: str = Field(min_length=1, max_length=4096)
    name: str = "Sandbox person"
    phone_number_id: str | None = None


class TemplateOrder(BaseModel):
    """What becomes of a template; in all its languages unless one is named."""

    model_config = _CONFIG

    name: str
    language: str | None = None
    status: TemplateStatus | None = None
    quality: Literal["GREEN", "YELLOW", "RED", "UNKNOWN"] | None = None
    held: bool | None = Field(
        default=None, description="true: sends wait; false: what waited is sent."
    )
    waba_id: str | None = Field(default=None, pattern=_DIGITS)


class NumberOrder(BaseModel):
    """A number that is new, or what becomes of one there is."""

    model_config = _CONFIG

    phone_number_id: str = Field(pattern=_DIGITS)
    display_number: str | None = Field(default=None, pattern=r"^[0-9]{5,15}$")
    waba_id: str | None = Field(default=None, pattern=_DIGITS)
    facts: dict[str, JsonValue] = Field(
        default={}, description="Fields that `GET /{number}` shows otherwise from now on."
    )
    per_second: int | None = Field(default=None, ge=1, le=1000)
    upgrade: bool = Field(default=False, description="A minute of 131057, then 1000 per second.")


class AppOrder(BaseModel):
    """One more app that is told the news, or another address of one there is."""

    model_config = _CONFIG

    app_id: str = Field(pattern=_DIGITS)
    url: str
    secret: SecretStr | None = None
    verify_token: SecretStr | None = None
    name: str = "Another app"
    fields: frozenset[str] | None = None


def tell_reply(desk: Desk, written: Reply) -> str:
    """Take what a person wrote, put its webhook on its way, and give its id."""
    asked = Inbound.model_validate(
        {
            "kind": "text",
            "from": digits_of(written.person),
            "name": written.name,
            "content": {"body": written.text},
            "phone_number_id": written.phone_number_id,
        }
    )
    return tell_inbound(desk, asked)


def tell_inbound(desk: Desk, asked: Inbound) -> str:
    """Let something happen, put its webhook on its way, and give the id of the message.

    Raises:
        UnknownKind: The kind or the number does not exist.
    """
    wamid, news = write_inbound(desk.state, asked)
    desk.postman.tell(news, asked.times)
    logger.info("Sandbox: something came in (%s, %s).", asked.kind, wamid)
    return wamid


def change_behaviour(desk: Desk, changed: dict[str, JsonValue]) -> Behaviour:
    """Change a part of the behaviour; what is not named stays, the chance of it begins anew.

    Raises:
        pydantic.ValidationError: It cannot be like that.
    """
    now = desk.state.behaviour_left().model_dump(mode="json", exclude_unset=True)
    desk.state.behave(Behaviour.model_validate({**now, **changed}))
    return desk.state.behaviour


def order_template(desk: Desk, order: TemplateOrder) -> list[Template]:
    """Let something become of a template, and tell of it.

    Raises:
        UnknownKind: There is no such template.
    """
    waba_id = order.waba_id or desk.state.number.waba_id
    store = desk.state.templates.get(waba_id)
    found = [
        one
        for one in (store.named(order.name) if store else ())
        if order.language in {None, one.language}
    ]
    if not found:
        msg = f"There is no template {order.name!r} in this language on account {waba_id}."
        raise UnknownKind(msg)
    for template in found:
        if order.quality is not None:
            _tell_quality(desk, waba_id, template, order.quality)
        if order.status is not None:
            desk.teller.change_template(waba_id, template, order.status)
            if template.is_held and order.status in {"PAUSED", "DISABLED"}:
                desk.teller.release(template, send=False)
        if order.held:
            template.is_held = True
        elif order.held is False:
            desk.teller.release(template, send=True)
    return found


def _tell_quality(desk: Desk, waba_id: str, template: Template, quality: str) -> None:
    value: dict[str, JsonValue] = {
        "previous_quality_score": template.quality,
        "new_quality_score": quality,
        "message_template_id": int(template.template_id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }
    template.quality = quality
    desk.teller.tell_account(waba_id, "message_template_quality_update", value)


def order_number(desk: Desk, order: NumberOrder) -> NumberState:
    """Add a number, or let something become of one.

    Raises:
        UnknownKind: A field is named that no number has.
    """
    state = desk.state
    if odd := sorted(set(order.facts) - SETTABLE):
        msg = f"No such field: {', '.join(odd)}. There are: {', '.join(sorted(SETTABLE))}."
        raise UnknownKind(msg)
    number = state.numbers.get(order.phone_number_id)
    if number is None:
        asked = order.model_dump(include={"phone_number_id", "display_number", "waba_id"})
        first = state.number.model_dump()
        given = {key: value for key, value in asked.items() if value is not None}
        # A number of its own account unless told: then news of both come in one webhook.
        number = state.add_number(SandboxNumber.model_validate({**first, **given}))
    number.facts |= order.facts
    number.throughput.per_second = order.per_second or number.throughput.per_second
    if order.upgrade:
        desk.teller.upgrade(number.number_id)
    return number


def order_app(desk: Desk, order: AppOrder) -> SubscribedApp:
    """Add an app, or give one there is another address.

    Raises:
        ConfigurationError: The address leaves this machine.
    """
    check_webhook_url(order.url)
    apps = desk.state.apps
    known = next((app for app in apps if app.app_id == order.app_id), None)
    if known is None:
        first = apps[0]
        known = SubscribedApp(order.app_id, order.name, first.secret, order.url, first.verify_token)
        apps.append(known)
    known.url = order.url
    known.secret = order.secret or known.secret
    known.verify_token = order.verify_token or known.verify_token
    known.fields = order.fields
    return known


def check_webhook_url(webhook_url: str) -> None:
    """Refuse an address that leaves this machine.

    Raises:
        ConfigurationError: It does.
    """
    if not is_local(webhook_url):
        msg = (
            "The sandbox posts webhooks to this machine only: give a URL such as "
            "http://127.0.0.1:7062/webhooks/demo."
        )
        raise ConfigurationError(msg)
