"""The pipeline: what runs around one attempt, and how its truth is recorded."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

import anyio
import httpx
from pydantic import JsonValue

from relevo.errors import OutcomeUnknown, Phase, Rejected, SendError, Unavailable
from relevo.events import EventType, Receipt
from relevo.http import Exchange, record_exchange
from relevo.messages import Message
from relevo.providers import AnyProvider
from relevo.redaction import frames_of

logger = logging.getLogger("relevo.pipeline")

CallNext = Callable[["Dispatch"], Awaitable[Receipt]]
Middleware = Callable[["Dispatch", CallNext], Awaitable[Receipt]]
_LAST_SUCCESS = 299
_UNREADABLE = (OutcomeUnknown, httpx.DecodingError, json.JSONDecodeError, UnicodeDecodeError)
"""What reading a body that was cut or garbled ends in."""


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What a layer wants told to users; the engine adds ids, status and position."""

    type: EventType
    data: dict[str, JsonValue]


@dataclass(slots=True)
class Dispatch:
    """Carry one attempt through the layers.

    The endpoint writes `receipt` or `error`, and `phase`. Layers describe:
    they append to `events` and fill `detail`; the engine commits both.
    """

    message: Message
    account: str
    provider: AnyProvider
    attempt: int
    started_at: datetime
    time_limit_s: float
    phase: Phase | None = None
    http_status: int | None = None
    receipt: Receipt | None = None
    error: SendError | None = None
    entered: bool = False
    """The endpoint was reached; from here on layers cannot change the outcome."""
    events: list[EventDraft] = field(default_factory=list)
    detail: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """Name a middleware, so that configuration and `repr` can speak of it."""

    name: str
    middleware: Middleware


class Pipeline:
    """Run the layers around `provider.send`, first listed outermost, once per attempt."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = tuple(layers)
        call_next: CallNext = _endpoint
        for layer in reversed(self.layers):
            call_next = _bind(layer, call_next)
        self._outermost = call_next

    async def run(self, dispatch: Dispatch) -> None:
        """Run one attempt; the outcome stands on `dispatch`, whatever layers return or raise."""
        try:
            await self._outermost(dispatch)
        except Exception as error:  # noqa: BLE001 - a layer may raise anything
            _judge(dispatch, error)
        if dispatch.receipt is None and dispatch.error is None:
            msg = f"A layer of {self!r} answered without handing the message over."
            dispatch.error = Rejected(msg)

    def __repr__(self) -> str:
        names = " > ".join([*(layer.name for layer in self.layers), "provider.send"])
        return f"Pipeline({names})"


def build_pipeline(layers: Sequence[Layer]) -> Pipeline:
    """Build the pipeline once, at start."""
    return Pipeline(layers)


def _bind(layer: Layer, call_next: CallNext) -> CallNext:
    async def run_layer(dispatch: Dispatch) -> Receipt:
        called = False

        async def call_once(dispatch: Dispatch) -> Receipt:
            nonlocal called
            if called:
                msg = f"Layer {layer.name!r} called call_next twice; one attempt is one handover."
                raise RuntimeError(msg)
            called = True
            return await call_next(dispatch)

        return await layer.middleware(dispatch, call_once)

    return run_layer


def _judge(dispatch: Dispatch, error: Exception) -> None:
    if error is dispatch.error:
        return
    if dispatch.entered:
        logger.error(
            "A layer failed after the handover of message %s (account %r, attempt %d); "
            "the outcome stands. %s",
            dispatch.message.message_id,
            dispatch.account,
            dispatch.attempt,
            frames_of(error),
        )
        return
    if isinstance(error, Rejected):
        dispatch.error = error
        return
    msg = (
        f"Account {dispatch.account!r}: a layer raised {type(error).__name__} "
        "before the handover; nothing was sent."
    )
    logger.error("%s %s", msg, frames_of(error))
    dispatch.error = Rejected(msg)


async def _endpoint(dispatch: Dispatch) -> Receipt:
    """Call the provider and write down what came of it."""
    if dispatch.entered:
        msg = "This attempt was handed over already."
        raise RuntimeError(msg)
    dispatch.entered = True
    with record_exchange() as exchange:
        try:
            receipt = await dispatch.provider.send(dispatch.message)
        except SendError as error:
            _note(dispatch, exchange)
            error.phase = error.phase or exchange.phase
            if _accepted_unread(error, exchange):
                receipt = Receipt(None)
            else:
                dispatch.error = error
                raise
        except anyio.get_cancelled_exc_class():
            _note(dispatch, exchange)
            dispatch.error = _interrupted(dispatch, exchange)
            raise
        except Exception as error:
            _note(dispatch, exchange)
            if not _accepted_unread(error, exchange):
                dispatch.error = _provider_fault(dispatch, exchange, error)
                raise dispatch.error from error
            receipt = Receipt(None)
        _note(dispatch, exchange)
    dispatch.receipt = receipt
    return receipt


def _note(dispatch: Dispatch, exchange: Exchange) -> None:
    dispatch.phase = exchange.phase
    dispatch.http_status = exchange.http_status


def _accepted_unread(error: Exception, exchange: Exchange) -> bool:
    """A 2xx was answered and only its body cannot be read: accepted, id pending."""
    status = exchange.http_status
    return (
        isinstance(error, _UNREADABLE)
        and exchange.phase is Phase.ANSWERED
        and status is not None
        and HTTPStatus.OK <= status <= _LAST_SUCCESS
    )


def _surely_nothing_left(dispatch: Dispatch, exchange: Exchange) -> bool:
    """Only the transport knows; of a provider without it nobody can say so."""
    return dispatch.provider.uses_http and exchange.phase in {None, Phase.CONNECTING}


def _interrupted(dispatch: Dispatch, exchange: Exchange) -> SendError:
    where = f"Account {dispatch.account!r}: the attempt was cut off"
    if _surely_nothing_left(dispatch, exchange):
        msg = f"{where} before anything was written; it is safe to try again."
        return Unavailable(msg, phase=exchange.phase)
    msg = f"{where} after writing began; whether it arrived is not known."
    return OutcomeUnknown(msg, phase=exchange.phase)


def _provider_fault(dispatch: Dispatch, exchange: Exchange, error: Exception) -> SendError:
    seen = (
        f"Account {dispatch.account!r}: provider {dispatch.provider.name!r} failed with "
        f"{type(error).__name__}"
    )
    logger.error("%s. %s", seen, frames_of(error))
    if _surely_nothing_left(dispatch, exchange):
        return Rejected(f"{seen} before anything was sent.", phase=exchange.phase)
    msg = f"{seen} after writing began; whether the message arrived is not known."
    return OutcomeUnknown(msg, phase=exchange.phase, http_status=exchange.http_status)
