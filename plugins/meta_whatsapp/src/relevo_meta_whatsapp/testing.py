"""A pytest fixture for your own tests: a sandbox of WhatsApp that a test can order about.

Name it in a `conftest.py` or a test module (it needs the sandbox extra and pytest):

    pytest_plugins = ["relevo_meta_whatsapp.testing"]

Then a test takes `whatsapp_sandbox`. It answers on a real port of this machine, in a thread of
its own, so that a test of any event loop, or of none, can talk to it.

PYTEST_DONT_REWRITE: it asserts nothing, and a test module may import it before pytest does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from pydantic import BaseModel, JsonValue, ValidationError

from relevo_meta_whatsapp.sandbox import Behaviour, MetaSandbox, SandboxNumber
from relevo_meta_whatsapp.sandbox.control import orders
from relevo_meta_whatsapp.sandbox.control.faults import faults_in
from relevo_meta_whatsapp.sandbox.running import RunningMetaSandbox
from relevo_meta_whatsapp.sandbox.webhooks.inbound import Inbound

__all__ = ["WhatsAppSandbox", "whatsapp_sandbox"]

ValueT = TypeVar("ValueT")
ModelT = TypeVar("ModelT", bound=BaseModel)

NOBODY = "http://127.0.0.1:9/"
"""An address until a test gives one; before that no app is subscribed."""
_LOOK_S = 0.01


class WhatsAppSandbox:
    """A sandbox in another thread, and what can be done with it; all of it waits until done."""

    def __init__(self, running: RunningMetaSandbox, portal: BlockingPortal) -> None:
        self._running = running
        self._portal = portal

    @property
    def url(self) -> str:
        """Where it answers: the `base_url` of an account."""
        return self._running.url

    @property
    def account(self) -> dict[str, JsonValue]:
        """An account's settings, `provider` included, that send to it."""
        return self._running.account

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What it has taken, the newest last: ids, recipients, the JSON that came, what was told."""  # noqa: E501 - one sentence
        return self._call(lambda: [message.view() for message in self._running.state.messages])

    @property
    def now(self) -> float:
        """Its time in unix seconds."""
        return self._running.state.clock.now()

    def tell(self, webhook_url: str) -> None:
        """Let its webhooks go to this address from now on; this machine only."""
        app = self._running.state.apps[0]
        order = orders.AppOrder(app_id=app.app_id, url=webhook_url)
        self._call(lambda: orders.order_app(self._running.desk, order))
        app.is_subscribed = True

    def behave(self, **behaviour: Any) -> None:
        """Behave like this from now on; what is left out is the default (see `Behaviour`).

        Raises:
            ValueError: It cannot be like that; says why in plain words.
        """
        asked = _read(Behaviour, behaviour)
        self._call(lambda: self._running.state.behave(asked))

    def inbound(self, kind: str = "text", person: str | None = None, **more: Any) -> str:
        """Let a person do something, or something happen to the account.

        Args:
            kind: Such as `text`, `image`, `button_reply`, `user_preferences`.
            person: The number that writes.
            **more: The other fields of `POST /sandbox/inbound`: `content`, `user_id`, ...

        Returns:
            The id of the message.
        """
        asked = _read(Inbound, {"kind": kind, "from": person, **more})
        return self._call(lambda: orders.tell_inbound(self._running.desk, asked))

    def reply(self, text: str, person: str) -> str:
        """Let a person write a text; give the id of the message."""
        return self.inbound("text", person, content={"body": text})

    def template(self, name: str, **order: Any) -> None:
        """Let something become of a template: `status`, `quality`, `held`, `language`."""
        asked = _read(orders.TemplateOrder, {"name": name, **order})
        self._call(lambda: orders.order_template(self._running.desk, asked))

    def add_number(self, phone_number_id: str, **order: Any) -> dict[str, JsonValue]:
        """Add a business number; give an account's settings that send from it."""
        asked = _read(orders.NumberOrder, {"phone_number_id": phone_number_id, **order})
        number = self._call(lambda: orders.order_number(self._running.desk, asked))
        return number.number.account(self.url)

    def advance(self, seconds: float) -> None:
        """Let time pass; what was to happen meanwhile has happened when this returns."""
        self._portal.call(self._running.advance, seconds)

    def wait_for(self, count: int, within_s: float = 10) -> Sequence[Mapping[str, Any]]:
        """Wait until it has taken so many messages, and give them.

        Raises:
            TimeoutError: It has not taken them in time.
        """
        ends = time.monotonic() + within_s
        while len(self.messages) < count:
            if time.monotonic() > ends:
                msg = f"the sandbox took {len(self.messages)} messages within {within_s} s"
                raise TimeoutError(msg)
            time.sleep(_LOOK_S)
        return self.messages

    def reset(self) -> None:
        """Forget everything, and where webhooks went."""
        self._call(self._running.state.reset)
        self._running.state.apps[0].is_subscribed = False

    def _call(self, act: Callable[[], ValueT]) -> ValueT:
        return self._portal.call(act)


def _read(model: type[ModelT], asked: Mapping[str, Any]) -> ModelT:
    """Read an order.

    Raises:
        ValueError: Says what is wrong in plain words.
    """
    try:
        return model.model_validate(asked)
    except ValidationError as error:
        faults = faults_in(error, model)
    raise ValueError(faults)


@pytest.fixture
def whatsapp_sandbox() -> Iterator[WhatsAppSandbox]:
    """Run a sandbox for one test; it reaches nobody, and its webhooks go where `tell` says."""
    behaviour = Behaviour(status_after_s=0, retry_base_s=0.05)
    sandbox = MetaSandbox(number=SandboxNumber(), behaviour=behaviour)
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(sandbox.start(NOBODY)) as running,
    ):
        running.state.apps[0].is_subscribed = False
        yield WhatsAppSandbox(running, portal)
