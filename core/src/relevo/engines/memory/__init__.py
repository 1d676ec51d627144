"""The engine that keeps everything in this process, and nothing after it."""

from relevo.engines.memory.engine import MemoryEngine

__all__ = ["MemoryEngine"]
