"""Whoever claims much has to keep much: each broken promise fails a rule of its own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import pytest
from tests.core.provider_conformance.good import Good, run_suite
from tests.core.provider_conformance.whole import WHOLE, Poll, Whole

from relevo import (
    Capability,
    Message,
    NativeContent,
    Receipt,
    SendError,
    UnsupportedContent,
)


def test_provider_of_everything_breaks_no_rule(tmp_path: Path) -> None:
    assert run_suite(Whole, tmp_path, **WHOLE) == set()


class ForgetsToClaimBlock(Whole):
    capabilities: ClassVar[frozenset[Capability]] = Whole.capabilities - {Capability.BLOCK}


class CannotUnblock(Whole):
    unblock = Good.unblock


class HidesTrouble(Whole):
    async def typing(self, provider_message_id: str) -> None:
        with suppress(SendError):
            await super().typing(provider_message_id)


class SendsNothingOfMedia(Whole):
    async def send(self, message: Message) -> Receipt:
        if message.content.type == "image":
            raise UnsupportedContent(message.content.type)
        return await super().send(message)


class ReadsOnlyItsOwnClass(Whole):
    async def send(self, message: Message) -> Receipt:
        if isinstance(message.content, Poll) or message.content.type != "good.poll":
            return await super().send(message)
        raise UnsupportedContent(message.content.type)


class ForgetsItsContents(Whole):
    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = {}


class LoosePoll(NativeContent, frozen=True):
    type: str = "good.poll"


class TakesAnyField(Whole):
    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = {"good.poll": LoosePoll}


class NamesAnothersContents(Whole):
    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = {"better.poll": Poll}


class NeedsAWindowOfNoLength(Whole):
    def needs_window(self, message: Message) -> bool:
        return message.content.type != "template"


BROKEN_WHOLE: dict[type[Whole], set[str]] = {
    ForgetsToClaimBlock: {"verb_is_written_exactly_if_claimed", "verb_works_exactly_if_claimed"},
    CannotUnblock: {"verb_is_written_exactly_if_claimed", "verb_works_exactly_if_claimed"},
    HidesTrouble: {"trouble_of_a_verb_is_told"},
    SendsNothingOfMedia: {"content_works_exactly_if_claimed"},
    ReadsOnlyItsOwnClass: {"own_content_is_sent_the_same_when_it_comes_from_a_store"},
    ForgetsItsContents: {"own_contents_are_claimed_exactly_if_there_are_any"},
    TakesAnyField: {"own_contents_are_named_after_the_provider", "wrong_field_is_named"},
    NamesAnothersContents: {"own_contents_are_named_after_the_provider"},
    NeedsAWindowOfNoLength: {"questions_before_keeping_have_answers"},
}


@pytest.mark.parametrize("provider", BROKEN_WHOLE, ids=lambda provider: provider.__name__)
def test_provider_of_nearly_everything_breaks_its_rule(
    provider: type[Whole], tmp_path: Path
) -> None:
    assert run_suite(provider, tmp_path, **WHOLE) >= BROKEN_WHOLE[provider]


def test_own_content_without_a_sample_is_told(tmp_path: Path) -> None:
    broken = run_suite(Whole, tmp_path, **{**WHOLE, "natives": ()})
    assert "every_own_content_has_a_sample" in broken
