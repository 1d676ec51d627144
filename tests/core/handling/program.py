"""Handle events until killed: `program.py DSN FILE`. It stays for ever in the event `b`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from relevo.engines.postgres import PostgresEngine
from relevo.events import Event
from relevo.handlers import EventHandler
from relevo.handling import Handling, HandlingTerms


async def main(dsn: str, said: Path) -> None:
    def say(word: str) -> None:
        with said.open("a", encoding="utf-8") as file:
            file.write(f"{word}\n")

    async def handle(event: Event) -> None:
        say(event.data["kind"])
        if event.data["kind"] == "b":
            await asyncio.sleep(3600)

    async with PostgresEngine(dsn) as engine:
        reader = EventHandler(name="crm", handle=handle)
        handling = Handling(engine, [reader], worker="dies", terms=HandlingTerms(lease_s=1))
        await handling.begin()
        say("ready")
        await handling.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
