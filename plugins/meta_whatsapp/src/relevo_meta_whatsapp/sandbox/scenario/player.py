"""Plays a scenario on the sandbox's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pydantic import ValidationError

from relevo_meta_whatsapp.sandbox.control import orders
from relevo_meta_whatsapp.sandbox.desk import Desk, logger
from relevo_meta_whatsapp.sandbox.scenario.script import Scenario, Step
from relevo_meta_whatsapp.sandbox.state.templates import TemplateStore
from relevo_meta_whatsapp.sandbox.webhooks.inbound import UnknownKind


def begin_scenario(desk: Desk, scenario: Scenario) -> None:
    """Set up what there is at the start, and let the steps happen from now on.

    Raises:
        UnknownKind: A field of a number does not exist, or a template that a step names.
        ConfigurationError: An address leaves this machine.
    """
    _check_templates(desk, scenario)
    seed = {} if scenario.seed is None else {"seed": scenario.seed}
    orders.change_behaviour(desk, {**seed, **scenario.behaviour})
    for number in scenario.numbers:
        orders.order_number(desk, number)
    for app in scenario.apps:
        orders.order_app(desk, app)
    desk.state.clock.run_at(scenario.speed)
    desk.teller.start(_play, desk, scenario)


def _check_templates(desk: Desk, scenario: Scenario) -> None:
    """Refuse a step for a template that nobody will have made until then."""
    for place, step in enumerate(scenario.steps):
        order = step.template
        if order is None:
            continue
        # An account that comes later begins with the same templates.
        waba_id = order.waba_id or desk.state.number.waba_id
        found = (desk.state.templates.get(waba_id) or TemplateStore()).named(order.name)
        if not any(order.language in {None, one.language} for one in found):
            spoken = "" if order.language is None else f" in {order.language!r}"
            msg = f"steps.{place}: there is no template {order.name!r}{spoken}."
            raise UnknownKind(msg)


async def _play(desk: Desk, scenario: Scenario) -> None:
    clock = desk.state.clock
    start, epoch = clock.now(), desk.state.epoch
    planned = sorted(
        (
            (step.at + step.every_s * time, place, step)
            for place, step in enumerate(scenario.steps)
            for time in range(step.times)
        ),
        key=lambda one: one[:2],
    )
    for at, place, step in planned:
        await clock.sleep(max(0.0, start + at - clock.now()))
        if epoch != desk.state.epoch:
            return
        try:
            _take(desk, step)
        except (UnknownKind, ValidationError) as error:
            logger.warning("Sandbox: step %d cannot happen (%s).", place, type(error).__name__)
    logger.info("Sandbox: the scenario has been played.")


def _take(desk: Desk, step: Step) -> None:
    for name, act in _ACTS.items():
        if getattr(step, name) is not None:
            act(desk, step)


def _let_in(desk: Desk, step: Step) -> None:
    if step.inbound is not None:
        orders.tell_inbound(desk, step.inbound)


def _behave(desk: Desk, step: Step) -> None:
    orders.change_behaviour(desk, step.behaviour or {})


def _set_faults(desk: Desk, step: Step) -> None:
    faults = [fault.model_dump(mode="json", exclude_unset=True) for fault in step.faults or ()]
    orders.change_behaviour(desk, {"faults": list(faults)})


def _order_template(desk: Desk, step: Step) -> None:
    if step.template is not None:
        orders.order_template(desk, step.template)


def _order_number(desk: Desk, step: Step) -> None:
    if step.number is not None:
        orders.order_number(desk, step.number)


_ACTS: Mapping[str, Callable[[Desk, Step], None]] = MappingProxyType(
    {
        "inbound": _let_in,
        "behaviour": _behave,
        "faults": _set_faults,
        "template": _order_template,
        "number": _order_number,
    }
)
"""What each kind of step does."""
