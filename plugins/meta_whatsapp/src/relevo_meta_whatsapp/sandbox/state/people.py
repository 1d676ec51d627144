"""The people one business number knows: windows, blocks, opt-outs, who hides their number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relevo_meta_whatsapp.addresses import canonical_digits
from relevo_meta_whatsapp.sandbox.state.spelling import user_id_of

TYPING_S = 25.0
"""How long people see that a number writes, unless a message comes before."""
WINDOW_S = 24 * 3600.0
"""How long a number may write freely after a person wrote."""
MOST_BLOCKED = 64_000


@dataclass
class Person:
    """One person, as one business number knows them."""

    wa_id: str | None
    user_id: str
    name: str = "Sandbox person"
    username: str | None = None
    hides_number: bool = False
    wrote_at: float | None = None
    is_blocked: bool = False
    is_opted_out: bool = False
    identity: str = "h1"
    read_id: str | None = None
    """The last message of theirs that was marked as read, and with it all before it."""
    read_at: float | None = None
    typing_until: float = 0
    """Until when they see us write."""

    @property
    def key(self) -> str:
        """What distinguishes them: the canonical number, or the user id."""
        return self.user_id if self.wa_id is None else canonical_digits(self.wa_id)

    def hear(self, at: float) -> None:
        """Note when they wrote; a window never closes earlier for a message that comes late."""
        self.wrote_at = at if self.wrote_at is None else max(self.wrote_at, at)

    def see_read(self, wamid: str, now: float, *, typing: bool) -> None:
        """Note that we read a message of theirs, and perhaps write now."""
        self.read_id, self.read_at = wamid, now
        self.typing_until = now + TYPING_S if typing else self.typing_until

    def window_is_open(self, now: float) -> bool:
        """Tell whether they wrote within the last 24 hours."""
        return self.wrote_at is not None and now - self.wrote_at < WINDOW_S


class People:
    """Find people by number or user id; whoever is asked for exists."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def __iter__(self) -> Iterator[Person]:
        """Go over everybody once."""
        seen: set[int] = set()
        for person in self._people.values():
            if id(person) not in seen:
                seen.add(id(person))
                yield person

    def find(self, *, wa_id: str | None = None, user_id: str | None = None) -> Person:
        """Give the one person with this number or user id; both seen together are one."""
        keys = [key for key in (wa_id and canonical_digits(wa_id), user_id) if key]
        person = next((self._people[key] for key in keys if key in self._people), None)
        if person is None:
            person = Person(wa_id, user_id or user_id_of(str(wa_id)))
        person.wa_id = person.wa_id or wa_id
        person.user_id = user_id or person.user_id
        for key in (*keys, person.user_id):
            self._people[key] = person
        return person

    def recipient(self, named: Mapping[str, str]) -> Person | None:
        """Give the person a message goes to; none for a group."""
        if "group_id" in named:
            return None
        return self.find(wa_id=named.get("wa_id"), user_id=named.get("user_id"))

    def rename(self, person: Person, *, wa_id: str | None = None, user_id: str) -> None:
        """Give a person another number or user id; the old ones name nobody from now on."""
        for key in [key for key, one in self._people.items() if one is person]:
            del self._people[key]
        person.wa_id, person.user_id = wa_id or person.wa_id, user_id
        self.find(wa_id=person.wa_id, user_id=user_id)
        for key in (person.key, user_id):
            self._people[key] = person

    def blocked(self) -> list[Person]:
        """List whom the business has blocked."""
        return [person for person in self if person.is_blocked]
