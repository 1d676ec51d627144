"""What the sandbox shows of itself."""

from __future__ import annotations

from pydantic import JsonValue

from relevo_meta_whatsapp.sandbox.state import NumberState, SandboxState
from relevo_meta_whatsapp.sandbox.state.people import Person


def view_state(state: SandboxState) -> dict[str, JsonValue]:
    """Write what the sandbox knows beside messages; no secrets."""
    now = state.clock.now()
    return {
        "now": now,
        "speed": state.clock.speed,
        "lost": state.lost,
        "numbers": [_view_number(number, now) for number in state.numbers.values()],
        "templates": {
            waba_id: [{**template.view(), "held": template.is_held} for template in store]
            for waba_id, store in state.templates.items()
        },
        "apps": [
            {
                "app_id": app.app_id,
                "name": app.name,
                "url": app.url,
                "subscribed": app.is_subscribed,
                "fields": None if app.fields is None else [*sorted(app.fields)],
                "by_number": {key: one.url for key, one in app.by_number.items()},
                "by_waba": {key: one.url for key, one in app.by_waba.items()},
            }
            for app in state.apps
        ],
        "groups": [*sorted(state.groups)],
    }


def _view_number(number: NumberState, now: float) -> dict[str, JsonValue]:
    return {
        "phone_number_id": number.number_id,
        "display_number": number.number.display_number,
        "waba_id": number.number.waba_id,
        "registered": number.is_registered,
        "per_second": number.throughput.per_second,
        "people": [_view_person(person, now) for person in number.people],
    }


def _view_person(person: Person, now: float) -> dict[str, JsonValue]:
    return {
        "wa_id": person.wa_id,
        "user_id": person.user_id,
        "username": person.username,
        "hides_number": person.hides_number,
        "window": "open" if person.window_is_open(now) else "closed",
        "blocked": person.is_blocked,
        "opted_out": person.is_opted_out,
        "wrote_at": person.wrote_at,
        "read": None if person.read_id is None else {"id": person.read_id, "at": person.read_at},
        "typing": now < person.typing_until,
    }
