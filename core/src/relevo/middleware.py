"""The pipeline: what runs around one attempt, and how its truth is recorded."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from http import HTTPStatus

import anyio
import httpx
from pydantic import JsonValue, ValidationError

from relevo.errors import (
    InvalidMessage,
    LayerFailed,
    OutcomeUnknown,
    Phase,
    ProviderFailed,
    Rejected,
    SendError,
    Unavailable,
)
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
    stopped_by: str | None = None
    """Where the endpoint was not reached: the innermost layer that ended, and how."""
    reuses_files: bool = False
    """The message names files of ours by ids that the provider gave for an earlier message."""
    files_gone: bool = False
    """The provider no longer has one of those files; the next attempt uploads it anew."""


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
            dispatch.error = LayerFailed(_stopped(dispatch))
            logger.error("%s %r", dispatch.error, self)

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

        try:
            receipt = await layer.middleware(dispatch, call_once)
        except Exception as error:
            _note_stop(dispatch, layer, f"raised {type(error).__name__} before the handover")
            raise
        _note_stop(dispatch, layer, "answered and handed nothing over")
        return receipt

    return run_layer


def _note_stop(dispatch: Dispatch, layer: Layer, how: str) -> None:
    if not dispatch.entered and dispatch.stopped_by is None:
        dispatch.stopped_by = f"layer {layer.name!r} {how}"


def _stopped(dispatch: Dispatch) -> str:
    what = dispatch.stopped_by or "a layer handed nothing over"
    cure = "Mend the layer or take it out of pipeline.layers, then replay the message."
    return f"Account {dispatch.account!r}: {what}; nothing was sent. {cure}"


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
    dispatch.error = LayerFailed(_stopped(dispatch))
    logger.error("%s %s", dispatch.error, frames_of(error))


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
            elif isinstance(error, Rejected) and error.files_gone and dispatch.reuses_files:
                dispatch.files_gone = True
                dispatch.error = _with_files_anew(error)
                raise dispatch.error from error
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
                dispatch.error = _failure(dispatch, exchange, error)
                raise dispatch.error from error
            receipt = Receipt(None)
        _note(dispatch, exchange)
        if (wrong := _what_is_wrong(receipt)) is not None:
            dispatch.error = _provider_failed(dispatch, exchange, wrong)
            raise dispatch.error
    dispatch.receipt = receipt
    return receipt


def _with_files_anew(refusal: Rejected) -> Unavailable:
    """Let a refused message be tried again: it did not leave, and its files can be given anew."""
    return Unavailable(
        f"{refusal.message} The file was given to the provider for an earlier message; the next "
        "attempt uploads it anew.",
        provider_code=refusal.provider_code,
        http_status=refusal.http_status,
        raw=refusal.raw,
        phase=refusal.phase,
    )


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
        msg = f"{where} before anything was written, so nothing was sent."
        return Unavailable(msg, phase=exchange.phase)
    msg = f"{where} after writing began; whether it arrived is not known."
    return OutcomeUnknown(msg, phase=exchange.phase)


def _failure(dispatch: Dispatch, exchange: Exchange, error: Exception) -> SendError:
    """Say what came of an exception that is no `SendError`."""
    if isinstance(error, InvalidMessage) and _surely_nothing_left(dispatch, exchange):
        # Said of the message on purpose, only later than where it belongs: no fault of the code.
        return Rejected(error.message, phase=exchange.phase)
    return _provider_failed(dispatch, exchange, _raised(error), frames_of(error))


def _raised(error: Exception) -> str:
    """Say what `send` raised; of a receipt that cannot be made, which of its fields are wrong."""
    if not isinstance(error, ValidationError) or error.title != Receipt.__name__:
        return f"failed with {type(error).__name__}"
    names = [one.name for one in fields(Receipt)]
    wrong = {part for one in error.errors(include_input=False) for part in one["loc"][:1]}
    told = [name for place, name in enumerate(names) if {place, name} & wrong]
    return f"failed in send with a Receipt whose {', '.join(told) or 'fields'} cannot be used"


def _what_is_wrong(given: object) -> str | None:
    """Say why what `send` returned is no receipt: a provider may be written without types."""
    if not isinstance(given, Receipt):
        return f"failed: send returned {type(given).__name__}, not a Receipt,"
    sent_id: object = given.provider_message_id
    if not isinstance(sent_id, str | None):
        kind = type(sent_id).__name__
        return f"failed: send returned a Receipt whose provider_message_id is {kind}, not text,"
    return None


def _provider_failed(
    dispatch: Dispatch, exchange: Exchange, what: str, place: str = ""
) -> SendError:
    seen = f"Account {dispatch.account!r}: provider {dispatch.provider.name!r} {what}"
    logger.error("%s. %s", seen.removesuffix(","), place)
    if _surely_nothing_left(dispatch, exchange):
        msg = f"{seen} before anything was sent. {ProviderFailed.advice}"
        return ProviderFailed(msg, phase=exchange.phase)
    msg = f"{seen} after writing began; whether the message arrived is not known."
    return OutcomeUnknown(msg, phase=exchange.phase, http_status=exchange.http_status)
