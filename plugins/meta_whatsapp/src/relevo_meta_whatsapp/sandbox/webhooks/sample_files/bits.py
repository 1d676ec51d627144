"""Write single bits, the highest first, as pictures and films do."""

from __future__ import annotations


class Bits:
    """Collect bits; most formats want them as whole bytes at the end."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def put(self, value: int, count: int) -> None:
        """Add the lowest `count` bits of a value."""
        self._value = (self._value << count) | (value & ((1 << count) - 1))
        self._count += count

    def golomb(self, value: int) -> None:
        """Add a number of any size: as many zeros as it has bits but one, then its bits."""
        self.put(value + 1, 2 * (value + 1).bit_length() - 1)

    def fill(self, bit: int) -> None:
        """Fill the last byte up with this bit."""
        while self._count % 8:
            self.put(bit, 1)

    def take(self) -> bytes:
        """Give the whole bytes, and begin anew."""
        content = self._value.to_bytes(self._count // 8, "big")
        self._value = self._count = 0
        return content
