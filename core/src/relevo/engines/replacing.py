"""A faster `dataclasses.replace` for the frozen, slotted rows that engines change all the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    RowT = TypeVar("RowT", bound=DataclassInstance)
else:
    RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to copy one class of rows: all its fields at once, then one slot after the other."""

    read: Callable[[Any], tuple[Any, ...]]
    slots: tuple[Callable[[Any, Any], None], ...]
    named: Mapping[str, Callable[[Any, Any], None]]


_plans: dict[type, _Plan] = {}


def replace(row: RowT, **changes: Any) -> RowT:
    """Copy a row with other values. The class must be slotted and check nothing when it is made."""
    kind = type(row)
    plan = _plans.get(kind) or _make_plan(kind)
    copy = object.__new__(kind)
    for put, value in zip(plan.slots, plan.read(row), strict=True):
        put(copy, value)
    for name, value in changes.items():
        plan.named[name](copy, value)
    return copy


def _make_plan(kind: type[DataclassInstance]) -> _Plan:
    names = [field.name for field in fields(kind)]
    slots = tuple(getattr(kind, name).__set__ for name in names)
    plan = _plans[kind] = _Plan(attrgetter(*names), slots, dict(zip(names, slots, strict=True)))
    return plan
