"""Relevo inside a plain script: no server, no file, nothing configured."""

from __future__ import annotations

import asyncio

import relevo

ACCOUNTS = {"shop": {"provider": "console", "stream": "stderr", "statuses": ["sent", "read"]}}


async def main() -> None:
    async with relevo.open(accounts=ACCOUNTS) as dispatcher:
        message = relevo.Message(to="541130946950", text="Your order is ready.")
        receipt = await dispatcher.send(message)
        print(f"Taken as {receipt.provider_message_id}.")

        async for event in dispatcher.events(after=0):
            print(event.type.value, event.data["message_status"])
            if event.data["message_status"] == "read":
                break


if __name__ == "__main__":
    asyncio.run(main())
