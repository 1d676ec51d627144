"""Do something with everything that happens, and miss nothing: an event handler.

Run it twice: it goes on where it was. Stop it in the middle: what it had not
finished comes again.
"""

from __future__ import annotations

import asyncio

import relevo

ACCOUNTS = {"shop": {"provider": "console", "stream": "stderr", "statuses": ["sent", "read"]}}


async def main() -> None:
    read = asyncio.Event()

    async def tell_crm(event: relevo.Event) -> None:
        """Call your own system here. An error: the same event comes again after a while."""
        print(event.id, event.data.get("message_status"))
        if event.data.get("message_status") == "read":
            read.set()

    handler = relevo.EventHandler(
        name="crm",  # its place in the event log is kept by this name
        handle=tell_crm,
        types=[relevo.EventType.STATUS, relevo.EventType.INBOUND],
    )
    async with relevo.open(
        accounts=ACCOUNTS, engine="sqlite:///relevo.db", handlers=[handler]
    ) as dispatcher:
        await dispatcher.send(relevo.Message(to="541130946950", text="Your order is ready."))
        await read.wait()


if __name__ == "__main__":
    asyncio.run(main())
