"""What a provider can do in a thread besides sending: mark as read, typing, block."""

from __future__ import annotations

from relevo.messages import Address
from relevo.providers.refusing import Refusing


class ThreadVerbs(Refusing):
    """Show people that we read and write, or block them; refused until written.

    All raise a `SendError` where the vendor did not do it.
    """

    async def mark_read(self, provider_message_id: str, *, typing: bool = False) -> None:
        """Tell the person that we read their message; `typing` also shows that we write."""
        del provider_message_id, typing
        self._refuse("way to mark messages as read")

    @property
    def has_mark_read(self) -> bool:
        """Whether the class wrote `mark_read`."""
        return type(self).mark_read is not ThreadVerbs.mark_read

    async def typing(self, provider_message_id: str) -> None:
        """Show the person whose message this was that we write, for as long as the vendor does."""
        del provider_message_id
        self._refuse("typing indicator")

    @property
    def has_typing(self) -> bool:
        """Whether the class wrote `typing`."""
        return type(self).typing is not ThreadVerbs.typing

    async def block(self, address: Address) -> None:
        """Let a person no longer write to us."""
        del address
        self._refuse("block list")

    async def unblock(self, address: Address) -> None:
        """Let a blocked person write to us again."""
        del address
        self._refuse("block list")

    @property
    def has_block(self) -> bool:
        """Whether the class wrote `block` and `unblock`."""
        written = type(self)
        return written.block is not ThreadVerbs.block and written.unblock is not ThreadVerbs.unblock
