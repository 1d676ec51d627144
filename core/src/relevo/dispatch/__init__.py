"""What an application talks to: hand a message over, wait for it, follow what happens."""

from relevo.dispatch.dispatcher import Dispatcher

__all__ = ["Dispatcher"]
