"""Everything one sandbox remembers, in one place."""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Mapping, Sequence

import anyio
from pydantic import JsonValue

from relevo_meta_whatsapp.addresses import canonical_digits, digits_of
from relevo_meta_whatsapp.sandbox.behaviour import Behaviour, Fault, Meets
from relevo_meta_whatsapp.sandbox.clock import VirtualClock
from relevo_meta_whatsapp.sandbox.state.apps import SubscribedApp
from relevo_meta_whatsapp.sandbox.state.limits import PairPace
from relevo_meta_whatsapp.sandbox.state.media import MediaStore
from relevo_meta_whatsapp.sandbox.state.messages import TakenMessage, new_wamid
from relevo_meta_whatsapp.sandbox.state.numbers import NumberState, SandboxNumber
from relevo_meta_whatsapp.sandbox.state.templates import TemplateStore

_KEPT = 100_000
"""Messages kept for the list; the counts go on."""
APP_ID = "660044002200"
"""The app that the token belongs to."""


class SandboxState:
    """Hold everything that one sandbox remembers."""

    def __init__(
        self, numbers: Sequence[SandboxNumber], behaviour: Behaviour, webhook_url: str
    ) -> None:
        self.clock = VirtualClock()
        self.base_url = ""
        self.webhook_url = webhook_url
        self.closing = anyio.Event()
        self._first = tuple(numbers)
        self._behaviour = behaviour
        self.epoch = 0
        """How often everything was forgotten; what is older tells nothing more."""
        self.reset()

    def reset(self) -> None:
        """Forget everything; the numbers, secrets and behaviour are those of the start."""
        first = self._first[0]
        self.epoch += 1
        self.messages: deque[TakenMessage] = deque(maxlen=_KEPT)
        self.total = 0
        self.lost = 0
        """News that nobody took for a week."""
        self.counts: Counter[str] = Counter()
        self.media = MediaStore()
        self.groups: set[str] = set()
        self.held: dict[str, list[TakenMessage]] = {}
        """Messages that wait for an assessment of their template, by its id."""
        self.handles: dict[str, str] = {}
        self.fetched: dict[str, tuple[float, bool]] = {}
        """When a link was fetched, and whether what came could be sent."""
        self.numbers: dict[str, NumberState] = {}
        self.templates: dict[str, TemplateStore] = {}
        for number in self._first:
            self.add_number(number)
        self.apps = [
            SubscribedApp(
                APP_ID, "Relevo sandbox", first.app_secret, self.webhook_url, first.verify_token
            )
        ]
        self.behave(self._behaviour)

    def add_number(self, number: SandboxNumber) -> NumberState:
        """Add a business number, and its account if that is new; the token opens it, too."""
        self.templates.setdefault(number.waba_id, TemplateStore())
        self.numbers[number.phone_number_id] = state = NumberState(number)
        return state

    @property
    def number(self) -> SandboxNumber:
        """The first number, whose secrets are the app's."""
        return self._first[0]

    @property
    def inbound(self) -> set[str]:
        """The ids of all messages people wrote."""
        return {wamid for one in self.numbers.values() for wamid in one.inbound}

    def behave(self, behaviour: Behaviour) -> None:
        """Behave like this from now on; chance starts anew from the seed."""
        self.behaviour = behaviour
        self.chance = random.Random(behaviour.seed)  # noqa: S311 - repeatable, not secret
        self._left = [fault.times for fault in behaviour.faults]

    def behaviour_left(self) -> Behaviour:
        """Tell how it behaves from now on: each fault with the times it has left, none used up."""
        left = zip(self.behaviour.faults, self._left, strict=True)
        faults = tuple(
            fault.model_copy(update={"times": times}) for fault, times in left if times != 0
        )
        return self.behaviour.model_copy(update={"faults": faults})

    def next_fault(self, meets: Meets = "send") -> Fault | None:
        """Draw the fault that meets this request, if any, and use it up by one."""
        for place, fault in enumerate(self.behaviour.faults):
            left = self._left[place]
            if fault.meets != meets or left == 0 or self.chance.random() >= fault.rate:
                continue
            self._left[place] = None if left is None else left - 1
            return fault
        return None

    def take(
        self, number_id: str, payload: dict[str, JsonValue], recipient: dict[str, str]
    ) -> TakenMessage:
        """Take a message: from now on it exists, whatever becomes of the answer."""
        message = TakenMessage(new_wamid(), recipient, payload, number_id, self.clock.now())
        self.messages.append(message)
        self.total += 1
        if message.echo is not None:
            self.counts[message.echo] += 1
        return message

    def forget(self) -> None:
        """Forget all messages, counts and paces; people, windows and media stay."""
        self.messages.clear()
        self.total = 0
        self.counts.clear()
        for number in self.numbers.values():
            number.pairs = PairPace()

    def is_known(self, number: NumberState, wamid: str) -> bool:
        """Tell whether a message of either direction has this id on this number."""
        return wamid in number.inbound or any(
            one.wamid == wamid and one.number_id == number.number_id for one in self.messages
        )

    def is_among(self, people: frozenset[str], recipient: Mapping[str, str]) -> bool:
        """Tell whether a recipient is one of these: numbers in any spelling, or user ids."""
        if not people:
            return False
        named = {canonical_digits(digits_of(one)) for one in people} | people
        person = canonical_digits(recipient.get("wa_id", ""))
        return person in named or recipient.get("user_id") in named

    async def pause(self, seconds: float) -> None:
        """Wait in real time, but no longer than the sandbox lives."""
        with anyio.move_on_after(seconds):
            await self.closing.wait()
