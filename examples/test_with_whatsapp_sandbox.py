"""Your own test, against WhatsApp without WhatsApp. Run it with: pytest FILE."""

from __future__ import annotations

import anyio
import pytest

import relevo
from relevo_meta_whatsapp.testing import WhatsAppSandbox

pytest_plugins = ["relevo_meta_whatsapp.testing"]


async def tell_it_ships(dispatcher: relevo.Dispatcher, person: str) -> None:
    """Stand for your own code."""
    content = relevo.TemplateContent(
        name="order_update", language="en_US", parameters=("Ana", "A-17")
    )
    await dispatcher.send(relevo.Message(to=person, content=content))


def test_a_customer_hears_that_the_order_ships(whatsapp_sandbox: WhatsAppSandbox) -> None:
    async def run() -> None:
        async with relevo.open(accounts={"shop": whatsapp_sandbox.account}) as dispatcher:
            await tell_it_ships(dispatcher, "34600111222")
            whatsapp_sandbox.template("order_update", status="PAUSED")
            with pytest.raises(relevo.Rejected) as caught:
                await tell_it_ships(dispatcher, "34600111222")
        assert caught.value.provider_code == "132015"

    anyio.run(run)
    (message,) = whatsapp_sandbox.messages
    assert message["wa_id"] == "34600111222"
    assert message["payload"]["template"]["name"] == "order_update"
