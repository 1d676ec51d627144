"""The engine port: the only door between Relevo and a store, one protocol to a file.

Every call is one transaction: all of it is kept, or nothing. What a call
returns has happened, as durably as the engine promises.
"""

from relevo.engines.port.account_states import AccountStates
from relevo.engines.port.archive import Archive
from relevo.engines.port.cursors import Cursors
from relevo.engines.port.doubts import Doubts
from relevo.engines.port.engine import Clock, Engine
from relevo.engines.port.event_log import EventLog
from relevo.engines.port.inbox import Inbox
from relevo.engines.port.keys import Keys
from relevo.engines.port.media_book import MediaBook
from relevo.engines.port.outbox import CancelOutcome, Outbox
from relevo.engines.port.processes import Processes

__all__ = [
    "AccountStates",
    "Archive",
    "CancelOutcome",
    "Clock",
    "Cursors",
    "Doubts",
    "Engine",
    "EventLog",
    "Inbox",
    "Keys",
    "MediaBook",
    "Outbox",
    "Processes",
]
