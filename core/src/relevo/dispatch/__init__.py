"""What an application talks to: hand a message over, wait for it, follow what happens."""

from relevo.dispatch.batch import Submission
from relevo.dispatch.dispatcher import Dispatcher
from relevo.dispatch.planning import Plan

__all__ = ["Dispatcher", "Plan", "Submission"]
