"""What is done around every request: its id, its trace, its log line, its numbers, its headers."""

from relevo_server.observing.observer import ObservedRoutes, Observer

__all__ = ["ObservedRoutes", "Observer"]
