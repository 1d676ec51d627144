"""What providers tell us: verify, keep raw, answer; then split, parse and apply item by item."""

from relevo.receive.interpreting import interpret
from relevo.receive.receiver import BEAT_S, Receiver

__all__ = ["BEAT_S", "Receiver", "interpret"]
