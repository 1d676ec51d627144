"""Where processes of a drill come from: one that has imported everything and is forked."""

from __future__ import annotations

import multiprocessing

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", "tests.crash.warm"])
