"""Rules about keys to the HTTP API and tickets to its stream: kept, found, over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from relevo.engines.records import KeyRecord, Retention, Scope, TicketRecord
from relevo.keys import make_key, make_ticket
from relevo.testing.clock import FakeClock
from relevo.testing.engine_rules.scene import CLINIC, SHOP, EngineSetup, OpenEngine, Scene

_MINUTE = timedelta(minutes=1)
_SEAL_LETTERS = 32


def _key(scene: Scene, name: str = "the shop") -> KeyRecord:
    _, record = make_key(
        name=name,
        scopes=[Scope.SEND, Scope.READ],
        accounts=[SHOP, CLINIC],
        rate=60,
        expires_at=scene.clock() + timedelta(days=30),
        now=scene.clock(),
    )
    return record


def _ticket(scene: Scene, life_s: float = 60) -> TicketRecord:
    filters = {"types": ["messaging.status"], "accounts": [SHOP]}
    _, record = make_ticket(
        scene.engine.seal,
        key_id="abc",
        accounts=[SHOP],
        filters=filters,
        now=scene.clock(),
        life_s=life_s,
    )
    return record


@pytest.mark.anyio
class KeyRules(EngineSetup):
    """Keys are kept as they are; what opens the door is never kept."""

    async def test_key_is_found_as_it_was_added(self, scene: Scene) -> None:
        """Every part of it, and nothing where there is none."""
        limited = _key(scene)
        _, bare = make_key(name="", scopes=[], now=scene.clock())
        await scene.engine.add_key(limited)
        await scene.engine.add_key(bare)
        assert await scene.engine.key(limited.key_id) == limited
        assert await scene.engine.key(bare.key_id) == bare
        assert await scene.engine.key("nobody's") is None

    async def test_key_without_accounts_is_not_one_for_all(self, scene: Scene) -> None:
        """No account at all is kept apart from every account."""
        _, none = make_key(name="none", scopes=list(Scope), accounts=[], now=scene.clock())
        await scene.engine.add_key(none)
        found = await scene.engine.key(none.key_id)
        assert found is not None
        assert found.accounts == frozenset()

    async def test_key_is_not_written_over(self, scene: Scene) -> None:
        """Adding an id again changes nothing, whatever it carries."""
        key = _key(scene)
        await scene.engine.add_key(key)
        await scene.engine.add_key(replace(key, scopes=frozenset(Scope), digest="0" * 64))
        assert await scene.engine.key(key.key_id) == key

    async def test_list_begins_with_the_newest(self, scene: Scene) -> None:
        """It has all keys, also those that open nothing any more."""
        names = ["one", "two", "three"]
        keys: list[KeyRecord] = []
        for name in names:
            keys.append(_key(scene, name))
            await scene.engine.add_key(keys[-1])
            scene.clock.advance(1)
        assert await scene.engine.revoke_key(keys[1].key_id)
        scene.clock.advance(31 * 24 * 3600)
        assert [key.name for key in await scene.engine.keys()] == names[::-1]

    async def test_revoked_key_stays_with_its_moment(self, scene: Scene) -> None:
        """It is revoked once; revoking it again, or one nobody has, changes nothing."""
        key = _key(scene)
        await scene.engine.add_key(key)
        scene.clock.advance(5)
        at = scene.clock()
        assert await scene.engine.revoke_key(key.key_id)
        scene.clock.advance(5)
        assert not await scene.engine.revoke_key(key.key_id)
        assert not await scene.engine.revoke_key("nobody's")
        assert await scene.engine.key(key.key_id) == replace(key, revoked_at=at)

    async def test_last_use_only_moves_forward(self, scene: Scene) -> None:
        """Machines tell it late and out of order; keys nobody has are passed over."""
        one, other = _key(scene), _key(scene)
        for key in (one, other):
            await scene.engine.add_key(key)
        now = scene.clock()
        await scene.engine.use_keys({})
        await scene.engine.use_keys({one.key_id: now + _MINUTE, other.key_id: now, "none": now})
        await scene.engine.use_keys({other.key_id: now + _MINUTE, one.key_id: now})
        for key in (one, other):
            assert await scene.engine.key(key.key_id) == replace(key, last_used_at=now + _MINUTE)

    async def test_keys_are_used_by_many_at_once(self, scene: Scene) -> None:
        """In whatever order each names them, nobody waits for ever."""
        keys = [_key(scene) for _ in range(20)]
        for key in keys:
            await scene.engine.add_key(key)
        ids = [key.key_id for key in keys]

        async def use(named: list[str], in_s: int) -> None:
            at = scene.clock() + timedelta(seconds=in_s)
            await scene.engine.use_keys(dict.fromkeys(named, at))

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(use, ids if number % 2 else ids[::-1], number)
        last = scene.clock() + timedelta(seconds=9)
        assert {key.last_used_at for key in await scene.engine.keys()} == {last}

    async def test_name_with_odd_letters_harms_nothing(self, scene: Scene) -> None:
        """What a store cannot keep becomes something it can."""
        _, key = make_key(name="a\0b 🔑", scopes=[Scope.READ], now=scene.clock())
        await scene.engine.add_key(key)
        found = await scene.engine.key(key.key_id)
        assert found is not None
        assert found.name in {key.name, "a\N{REPLACEMENT CHARACTER}b 🔑"}
        assert await scene.engine.key("\0") is None


@pytest.mark.anyio
class TicketRules(EngineSetup):
    """Tickets are found while they are good, and forgotten after."""

    async def test_ticket_is_found_until_it_is_over(self, scene: Scene) -> None:
        """As often as it is shown, with all that it is bound to."""
        ticket = _ticket(scene)
        await scene.engine.add_ticket(ticket)
        scene.clock.advance(59)
        for _ in range(2):
            assert await scene.engine.ticket(ticket.digest) == ticket
        assert await scene.engine.ticket("0" * 64) is None
        scene.clock.advance(1)
        assert await scene.engine.ticket(ticket.digest) is None

    async def test_ticket_of_nobody_shows_everything(self, scene: Scene) -> None:
        """One made without a key has no key and no limit."""
        _, ticket = make_ticket(scene.engine.seal, now=scene.clock(), life_s=60)
        await scene.engine.add_ticket(ticket)
        await scene.engine.add_ticket(replace(ticket, key_id="another"))
        assert await scene.engine.ticket(ticket.digest) == ticket

    async def test_tidying_forgets_only_tickets_that_are_over(self, scene: Scene) -> None:
        """Keys stay, whatever became of them."""
        key = _key(scene)
        await scene.engine.add_key(key)
        old = [_ticket(scene) for _ in range(3)]
        young = _ticket(scene, life_s=600)
        for ticket in (*old, young):
            await scene.engine.add_ticket(ticket)
        scene.clock.advance(60)
        assert (await scene.engine.tidy(Retention(), limit=2)).more
        assert not (await scene.engine.tidy(Retention(), limit=2)).more
        for ticket in old:
            # It can only be added again if it is gone.
            again = replace(ticket, expires_at=scene.clock() + _MINUTE)
            await scene.engine.add_ticket(again)
            assert await scene.engine.ticket(ticket.digest) == again
        assert await scene.engine.ticket(young.digest) == young
        assert await scene.engine.keys() == [key]


@pytest.mark.anyio
class SealRules(EngineSetup):
    """A store has a secret that is its own."""

    async def test_seal_is_random_and_shown_nowhere(self, scene: Scene) -> None:
        """Nothing that a reader is told gives it away, nor does printing it."""
        seal = scene.engine.seal.get_secret_value()
        assert len(seal) >= _SEAL_LETTERS
        assert len(set(seal)) > 1
        await scene.accept()
        told = [await scene.engine.events(0), await scene.engine.pulse(), scene.engine.seal]
        assert seal not in repr(told)
        assert seal not in scene.engine.epoch

    async def test_seal_stays_in_a_new_epoch(self, scene: Scene) -> None:
        """A list is where it was; only positions of the log mean others now."""
        seal, epoch = scene.engine.seal, scene.engine.epoch
        assert await scene.engine.renew_epoch(shown=1) != epoch
        assert scene.engine.seal == seal


@pytest.mark.anyio
class KeyRestartRules(EngineSetup):
    """Keys, tickets and the seal outlive the process."""

    async def test_seal_is_the_same_again(self, open_engine: OpenEngine, clock: FakeClock) -> None:
        """Whoever opens the store, and however often."""
        seals = []
        for _ in range(3):
            async with open_engine(clock) as engine:
                seals.append(engine.seal.get_secret_value())
        assert len(set(seals)) == 1

    async def test_keys_and_tickets_are_there_again(
        self, open_engine: OpenEngine, clock: FakeClock
    ) -> None:
        """As they were, with what was noted since."""
        async with open_engine(clock) as engine:
            scene = Scene(engine, clock)
            used, revoked, ticket = _key(scene), _key(scene), _ticket(scene)
            await engine.add_key(used)
            await engine.add_key(revoked)
            await engine.add_ticket(ticket)
            await engine.use_keys({used.key_id: clock()})
            await engine.revoke_key(revoked.key_id)
            before = await engine.keys()
        async with open_engine(clock) as engine:
            assert await engine.keys() == before
            assert await engine.ticket(ticket.digest) == ticket
