"""Relevo inside a Litestar application you already have.

uvicorn embed_litestar:app

Your handlers get a `dispatcher`; Relevo's own API, event stream and webhooks are
served beside your routes, below /api/v1/messaging.
"""

from __future__ import annotations

from litestar import Litestar, post

import relevo
from relevo_server import RelevoPlugin

SETTINGS = relevo.parse_settings(
    {"accounts": {"shop": {"provider": "console", "statuses": ["sent", "read"]}}}
)


@post("/orders/{number:int}/ready")
async def order_ready(number: int, dispatcher: relevo.Dispatcher) -> dict[str, str]:
    """Tell the customer; the answer does not wait for the provider."""
    message = relevo.Message(to="541130946950", text=f"Order {number} is ready.")
    return {"message_id": str(await dispatcher.submit(message))}


app = Litestar([order_ready], plugins=[RelevoPlugin(SETTINGS)])
