"""Import all that a server needs, and what it imports late, once for all processes of a drill.

For the process that they are forked from: to import this takes seconds, a fork then
milliseconds.
"""

from __future__ import annotations

import importlib
from importlib.util import find_spec

import relevo
from relevo_server import create_app

_LATE = (
    "tests.crash.program",
    "tests.crash.vendor",
    "relevo_meta_whatsapp.sandbox.running",
    "relevo.engines.sqlite",
    "relevo.engines.postgres",
    "anyio._backends._asyncio",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.lifespan.off",
    "relevo_server.commands.listening",
)

for _name in _LATE:
    if find_spec(_name) is not None:
        importlib.import_module(_name)
create_app(relevo.Settings(engine="memory"), plugins=relevo.load_plugins())
