"""The form of a scenario, and how it is read from TOML or JSON."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from relevo import ConfigurationError
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour, Fault
from relevo_meta_whatsapp.sandbox.control.faults import faults_in
from relevo_meta_whatsapp.sandbox.control.orders import AppOrder, NumberOrder, TemplateOrder
from relevo_meta_whatsapp.sandbox.webhooks.inbound import KINDS, Inbound

_CONFIG = ConfigDict(extra="forbid", hide_input_in_errors=True)
_ACTIONS = ("inbound", "behaviour", "faults", "template", "number")


class Step(BaseModel):
    """One thing that happens at a time, or several times."""

    model_config = _CONFIG

    at: float = Field(ge=0, description="Seconds of the sandbox's time after the start.")
    times: int = Field(default=1, ge=1, le=100_000)
    every_s: float = Field(default=0, ge=0, description="Seconds between these times.")
    inbound: Inbound | None = None
    behaviour: dict[str, JsonValue] | None = Field(
        default=None, description="Changes these parts of the behaviour."
    )
    faults: tuple[Fault, ...] | None = Field(default=None, description="Instead of all others.")
    template: TemplateOrder | None = None
    number: NumberOrder | None = None

    @model_validator(mode="after")
    def _check_one_action(self) -> Self:
        given = [name for name in _ACTIONS if getattr(self, name) is not None]
        if len(given) != 1:
            msg = f"a step does one thing of: {', '.join(_ACTIONS)}"
            raise ValueError(msg)
        if self.inbound is not None and self.inbound.kind not in KINDS:
            msg = f"inbound.kind has to be one of: {', '.join(KINDS)}"
            raise ValueError(msg)
        Behaviour.model_validate(self.behaviour or {})
        return self


class Scenario(BaseModel):
    """What there is at the start, and what happens when."""

    model_config = _CONFIG

    seed: int | None = None
    speed: float = Field(default=1, gt=0, le=100_000, description="Its seconds in a real one.")
    behaviour: dict[str, JsonValue] = {}
    numbers: tuple[NumberOrder, ...] = ()
    apps: tuple[AppOrder, ...] = ()
    steps: tuple[Step, ...] = ()

    @model_validator(mode="after")
    def _check_behaviour(self) -> Self:
        Behaviour.model_validate(self.behaviour)
        return self


def read_scenario(path: Path) -> Scenario:
    """Read a scenario from a file: JSON if its name ends so, else TOML.

    Raises:
        ConfigurationError: It cannot be read, or is none.
    """
    try:
        text = path.read_text("utf-8")
        written = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        return Scenario.model_validate(written)
    except OSError as error:
        msg = f"The scenario {path} cannot be read: {error.strerror}."
    except ValidationError as error:
        msg = f"The scenario {path} is wrong: {faults_in(error, Scenario, dotted=True)}"
    except ValueError as error:
        msg = f"The scenario {path} is neither TOML nor JSON: {error}."
    raise ConfigurationError(msg)
