"""Threads with people, what leads to them, and what people want, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from relevo.engines.memory.journal import Journal
from relevo.engines.records import ConversationRecord, PersonRecord, PreferenceRecord
from relevo.engines.steps.rows import Lane


class MemoryPeople:
    """Threads by the lane that they began with."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.threads: dict[Lane, ConversationRecord] = {}
        self._lane_of_thread: dict[str, Lane] = {}
        self._roots: dict[Lane, Lane] = {}
        self._preferences: dict[Lane, Mapping[str, PreferenceRecord]] = {}

    def root_of(self, lane: Lane) -> Lane:
        """Tell which lane's thread belongs to this lane."""
        return self._roots.get(lane, lane)

    def lead(self, lane: Lane, thread_key: str) -> None:
        """Let a lane, and all that were led to it, belong to another lane's thread."""
        root = Lane(lane.account, thread_key)
        led = [one for one, to in self._roots.items() if to == lane]
        for one in (lane, *led):
            self._journal.put(self._roots, one, root)

    def conversation(self, lane: Lane) -> ConversationRecord | None:
        """Find the thread with a person."""
        return self.threads.get(self.root_of(lane))

    def save_conversation(self, lane: Lane, record: ConversationRecord) -> None:
        """Keep a thread as it is now."""
        root = self.root_of(lane)
        self._journal.put(self.threads, root, record)
        self._journal.put(self._lane_of_thread, record.conversation_id, root)

    def rejoin(self, conversation_id: str, joined_to: str) -> None:
        """Let threads that became a part of one become a part of another."""
        joined = [
            (lane, thread)
            for lane, thread in self.threads.items()
            if thread.joined_to == conversation_id
        ]
        for lane, thread in joined:
            self._journal.put(self.threads, lane, replace(thread, joined_to=joined_to))

    def preferences(self, lane: Lane) -> Mapping[str, PreferenceRecord]:
        """Tell what a person wants to be sent."""
        return self._preferences.get(self.root_of(lane), {})

    def save_preference(self, lane: Lane, preference: PreferenceRecord) -> None:
        """Keep what a person wants."""
        kept = {**self.preferences(lane), preference.category: preference}
        self._journal.put(self._preferences, self.root_of(lane), kept)

    def person(self, lane: Lane) -> PersonRecord:
        """Tell what is known about a person."""
        preferences = self.preferences(lane)
        chosen = tuple(preferences[category] for category in sorted(preferences))
        return PersonRecord(lane.account, self.conversation(lane), chosen)

    def lane_of_thread(self, conversation_id: str) -> Lane | None:
        """Find the lane a thread began with."""
        return self._lane_of_thread.get(conversation_id)

    def parts_of(self, conversation_id: str) -> frozenset[str]:
        """Give the ids of all threads that are one with this one."""
        lane = self.lane_of_thread(conversation_id)
        thread = self.conversation(lane) if lane else None
        if thread is None:
            return frozenset({conversation_id})
        whole = thread.conversation_id
        parts = (one.conversation_id for one in self.threads.values() if one.joined_to == whole)
        return frozenset({whole, *parts})
