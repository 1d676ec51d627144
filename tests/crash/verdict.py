"""What is true after a drill, by what the vendor took and what the store says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tests.crash.ground import Ground
from tests.crash.people import Acknowledged
from tests.crash.readers import Reader
from tests.crash.vendor import Taken

from relevo.engines.choosing import open_engine
from relevo.engines.records import Direction, EnginePulse, MessageQuery, MessageRecord
from relevo.events import DeliveryStatus, Event, EventType

_PAGE = 500


@dataclass(frozen=True)
class Store:
    """All that an engine keeps, read after its processes have ended."""

    pulse: EnginePulse
    messages: dict[UUID, MessageRecord]
    events: list[Event]

    @property
    def unknown(self) -> set[UUID]:
        """The messages in doubt."""
        return {
            message_id
            for message_id, record in self.messages.items()
            if record.status is DeliveryStatus.UNKNOWN
        }

    @property
    def doubted(self) -> Counter[str]:
        """How often each message came to be in doubt."""
        return Counter(
            str(event.subject)
            for event in self.events
            if event.type is EventType.OUTBOUND
            and event.data.get("status") == DeliveryStatus.UNKNOWN.value
            and "error" in event.data
        )

    @property
    def settled(self) -> Counter[str]:
        """How many doubts ended by what."""
        return Counter(
            f"{event.data.get('resolution', 'sent')} by {event.data.get('why', 'news')}"
            for event in self.events
            if event.data.get("settled")
        )


async def read_store(address: str) -> Store:
    """Read everything; the processes must have ended."""
    async with open_engine(address) as engine:
        messages: dict[UUID, MessageRecord] = {}
        before: int | None = None
        while True:
            page = await engine.messages(
                MessageQuery(direction=Direction.OUT, before=before, limit=_PAGE)
            )
            messages |= {record.message_id: record for record in page.items}
            if page.next is None:
                break
            before = int(page.next)
        events: list[Event] = []
        while more := await engine.events(events[-1].position if events else 0, limit=_PAGE):
            events += more
        return Store(await engine.pulse(), messages, events)


@dataclass(frozen=True)
class Verdict:
    """A drill's counts, and what the rules ask of them."""

    ground: Ground
    acknowledged: Sequence[Acknowledged]
    taken: Sequence[Taken]
    store: Store

    @property
    def takings(self) -> Counter[UUID]:
        """How often the vendor took each message."""
        return Counter(one.message_id for one in self.taken)

    @property
    def lost(self) -> list[Acknowledged]:
        """Acknowledged messages that never arrived."""
        takings = self.takings
        return [one for one in self.acknowledged if one.message_id not in takings]

    @property
    def doubled(self) -> dict[UUID, int]:
        """Messages that arrived more than once."""
        return {message_id: times for message_id, times in self.takings.items() if times > 1}

    def first_numbers(self, person: str) -> list[int]:
        """Give the numbers one person got, each when it first came."""
        return list(dict.fromkeys(int(one.text) for one in self.taken if one.person == person))

    @property
    def people(self) -> list[str]:
        """Everybody who was written to."""
        return list(dict.fromkeys(one.person for one in self.acknowledged))

    def numbers(self, person: str) -> list[int]:
        """Give the numbers acknowledged for one person, in that order."""
        return [one.number for one in self.acknowledged if one.person == person]

    def words(self) -> str:
        """Say the counts in one line."""
        marks = Counter(self.ground.kills)
        at_random = marks.pop("at random", 0) + marks.pop("by hand", 0)
        settled = ", ".join(f"{n} {how}" for how, n in sorted(self.store.settled.items()))
        return (
            f"acknowledged {len(self.acknowledged)}, taken {len(self.taken)}, "
            f"lost {len(self.lost)}, doubles {len(self.doubled)}; "
            f"kills {sum(marks.values())} at points and {at_random} at random; "
            f"doubts {self.store.doubted.total()} ({settled or 'none settled'}), "
            f"open {len(self.store.unknown)}; events {len(self.store.events)}"
        )

    def check_kept(self) -> None:
        """Check that what was acknowledged is there, once, and nothing stays under way."""
        for one in self.acknowledged:
            record = self.store.messages.get(one.message_id)
            assert record is not None, f"{one} was acknowledged and is gone"
            assert record.person.value.lstrip("+") == one.person
            assert getattr(record.content, "body", None) == str(one.number)
        assert len({one.message_id for one in self.acknowledged}) == len(self.acknowledged)
        assert len(self.store.messages) == len(self.acknowledged), "a key made two messages"
        assert self.store.pulse.sending == 0
        assert self.store.pulse.queued == 0

    def check_handovers(self) -> None:
        """Check that every double is seen and counted by us."""
        for message_id, times in self.doubled.items():
            assert self.store.messages[message_id].handovers == times

    def check_log(self) -> None:
        """Check that the log has no gap."""
        positions = [event.position for event in self.store.events]
        assert positions == list(range(1, len(positions) + 1))

    def check_reader(self, reader: Reader, head: int) -> None:
        """Check that a reader saw every event up to `head` once, in order, as it is in the log."""
        told = [(event["id"], event["type"], event.get("subject")) for event in reader.events]
        kept = [(event.id, event.type.value, event.subject) for event in self.store.events]
        assert len(told) >= head
        assert told == kept[: len(told)]
