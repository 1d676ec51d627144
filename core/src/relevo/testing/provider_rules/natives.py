"""Rules about contents that are one provider's own."""

from __future__ import annotations

import pytest

from relevo.capabilities import Capability
from relevo.contents import NativeContent
from relevo.errors import InvalidMessage, UnsupportedContent
from relevo.messages import Message
from relevo.providers import check_sendable
from relevo.testing.content_samples import FOREIGN
from relevo.testing.provider_rules.setup import ACCOUNT, ProviderSetup

_SURPLUS = "conformance_surplus_field"


class NativeRules(ProviderSetup):
    """Check `native_contents`, and that what comes back from a store is sent like what went in."""

    def test_own_contents_are_claimed_exactly_if_there_are_any(self) -> None:
        """The capability and the classes tell one story."""
        claimed = Capability.NATIVE in self.provider.capabilities
        assert claimed is bool(self.provider.native_contents)

    def test_own_contents_are_named_after_the_provider(self) -> None:
        """The type says whose it is: `<name>.<kind>`, the same in class and table."""
        for kind, model in self.provider.native_contents.items():
            assert kind.startswith(f"{self.provider.name}."), kind
            assert issubclass(model, NativeContent)
            assert model is not NativeContent, f"{kind}: subclass it and give it typed fields."
            assert model.model_fields["type"].default == kind
            assert model.model_config.get("extra") == "forbid", f"{kind}: refuse unknown fields."

    def test_every_own_content_has_a_sample(self) -> None:
        """What the suite never sends is not proven."""
        samples = {sample.type for sample in self.natives}
        missing = set(self.provider.native_contents) - samples
        assert not missing, f"Give samples in `natives` for {', '.join(sorted(missing))}."

    def test_foreign_content_is_refused(self) -> None:
        """What is another provider's own is refused before anything is kept."""
        provider, _ = self.make_provider()
        with pytest.raises(UnsupportedContent) as caught:
            check_sendable(provider, self._message(FOREIGN))
        assert ACCOUNT in str(caught.value)

    def test_wrong_field_is_named(self) -> None:
        """A field nobody knows is refused by its name."""
        provider, _ = self.make_provider()
        for sample in self.natives:
            told = {**sample.model_dump(mode="json"), _SURPLUS: True}
            with pytest.raises(InvalidMessage) as caught:
                check_sendable(provider, self._message(NativeContent.model_validate(told)))
            assert _SURPLUS in str(caught.value)

    @pytest.mark.anyio
    async def test_own_content_is_sent_the_same_when_it_comes_from_a_store(self) -> None:
        """A store gives back a plain `NativeContent`; `Provider.native` makes it typed again."""
        for sample in self.natives:
            kept = NativeContent.model_validate(sample.model_dump(mode="json"))
            told = [await self._told(self._message(content)) for content in (sample, kept)]
            assert told[0] == told[1], f"{sample.type} differs once it was kept."

    async def _told(self, message: Message) -> str:
        provider, wire = self.make_provider()
        check_sendable(provider, message)
        receipt = await provider.send(message.model_copy(update={"message_id": _ID}))
        return wire.written or str(receipt.raw)

    def _message(self, content: NativeContent) -> Message:
        return Message(account=ACCOUNT, to=self.recipient, content=content)


_ID = Message(to=ACCOUNT, text=ACCOUNT).message_id
