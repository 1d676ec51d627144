from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast

import anyio
import httpx
import pytest
from pydantic import BaseModel

import relevo
from relevo.events import utc_now
from relevo.http import account_client
from relevo.layers import DEFAULT_ORDER, choose_layers
from relevo.layers.persistence import describe_attempt
from relevo.middleware import CallNext, Dispatch, Layer, build_pipeline

pytestmark = pytest.mark.anyio

SECRET_WORDS = "541130946950 says hi"
Send = Callable[[relevo.Message], Awaitable[relevo.Receipt]]


class NoConfig(BaseModel):
    """Nothing to configure."""


class Scripted(relevo.Provider[NoConfig]):
    """Do what the test says."""

    name = "scripted"
    config_type = NoConfig
    capabilities = frozenset({relevo.Capability.TEXT})

    def __init__(self, act: Send) -> None:
        http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
        super().__init__("shop", NoConfig(), http)
        self._act = act
        self.calls = 0

    async def send(self, message: relevo.Message) -> relevo.Receipt:
        self.calls += 1
        return await self._act(message)


async def take(message: relevo.Message) -> relevo.Receipt:
    del message
    return relevo.Receipt("p-1", {"id": "p-1", "to": SECRET_WORDS})


def dispatch_with(act: Send, time_limit_s: float = 5) -> tuple[Dispatch, Scripted]:
    provider = Scripted(act)
    message = relevo.Message(to="541130946950", text=SECRET_WORDS)
    return Dispatch(message, "shop", provider, 1, utc_now(), time_limit_s), provider


async def run_default(act: Send, time_limit_s: float = 5) -> Dispatch:
    dispatch, _ = dispatch_with(act, time_limit_s)
    await build_pipeline(choose_layers(DEFAULT_ORDER)).run(dispatch)
    return dispatch


async def test_layers_run_in_listed_order_outermost_first() -> None:
    seen: list[str] = []

    def layer(name: str) -> Layer:
        async def middleware(dispatch: Dispatch, call_next: CallNext) -> relevo.Receipt:
            seen.append(f"{name} in")
            receipt = await call_next(dispatch)
            seen.append(f"{name} out")
            return receipt

        return Layer(name, middleware)

    pipeline = build_pipeline([layer("a"), layer("b")])
    dispatch, _ = dispatch_with(take)
    await pipeline.run(dispatch)
    assert seen == ["a in", "b in", "b out", "a out"]
    assert repr(pipeline) == "Pipeline(a > b > provider.send)"


async def test_taken_message_is_described_for_row_and_stream() -> None:
    dispatch = await run_default(take)
    assert dispatch.receipt == relevo.Receipt("p-1", {"id": "p-1", "to": SECRET_WORDS})
    assert dispatch.error is None
    assert dispatch.detail["answer"] == {"id": "p-1", "to": "***"}
    (draft,) = dispatch.events
    assert draft.type is relevo.EventType.OUTBOUND
    assert draft.data == {"attempt": 1, "raw": {"id": "p-1", "to": SECRET_WORDS}}


async def test_refused_message_is_described_too() -> None:
    async def refuse(message: relevo.Message) -> relevo.Receipt:
        del message
        msg = "no"
        raise relevo.Rejected(msg, provider_code="131026", raw={"error": 1})

    dispatch = await run_default(refuse)
    assert dispatch.receipt is None
    (draft,) = dispatch.events
    assert draft.data["error"] == {
        "code": "rejected",
        "provider_code": "131026",
        "message": "no",
        "retryable": False,
    }


async def test_attempt_over_its_time_is_cut_off_and_judged_by_phase() -> None:
    """Nothing was written through the account's client, so it is safe to try again."""

    async def hang(message: relevo.Message) -> relevo.Receipt:
        await anyio.sleep_forever()
        return await take(message)

    dispatch = await run_default(hang, time_limit_s=0.01)
    assert isinstance(dispatch.error, relevo.Unavailable)
    assert dispatch.events[0].data["error"]["code"] == "unavailable"  # type: ignore[index,call-overload]


async def test_provider_bug_before_any_request_is_final_and_names_the_account() -> None:
    async def stumble(message: relevo.Message) -> relevo.Receipt:
        raise KeyError(message.to.value)

    dispatch = await run_default(stumble)
    assert isinstance(dispatch.error, relevo.ProviderFailed)
    assert dispatch.error.code == "provider_failed"
    assert dispatch.error.message == (
        "Account 'shop': provider 'scripted' failed with KeyError before anything was sent. "
        "Its plugin has to be mended; then replay the message."
    )


async def test_content_that_send_itself_refuses_is_no_fault_of_the_plugin() -> None:
    async def refuse(message: relevo.Message) -> relevo.Receipt:
        del message
        raise relevo.UnsupportedContent("Account 'shop': no words for it.")  # noqa: TRY003,EM101 - a stranger's words

    dispatch = await run_default(refuse)
    assert dispatch.error is not None
    assert (dispatch.error.code, dispatch.error.message) == (
        "rejected",
        "Account 'shop': no words for it.",
    )


@pytest.mark.parametrize("hangs", [True, False])
async def test_provider_without_our_client_leaves_a_doubt_when_it_breaks_off(
    hangs: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """Nobody saw whether anything left, so nothing may be repeated blindly."""

    async def break_off(message: relevo.Message) -> relevo.Receipt:
        if hangs:
            await anyio.sleep_forever()
        raise KeyError(message.to.value)

    dispatch, provider = dispatch_with(break_off, time_limit_s=0.01)
    provider._http = None
    await build_pipeline(choose_layers(DEFAULT_ORDER)).run(dispatch)
    assert isinstance(dispatch.error, relevo.OutcomeUnknown)


async def hand_on(dispatch: Dispatch, call_next: CallNext) -> relevo.Receipt:
    return await call_next(dispatch)


async def test_layer_error_before_the_handover_is_a_final_failure() -> None:
    async def broken(dispatch: Dispatch, call_next: CallNext) -> relevo.Receipt:
        del dispatch, call_next
        raise RuntimeError(SECRET_WORDS)

    dispatch, provider = dispatch_with(take)
    await build_pipeline([Layer("outer", hand_on), Layer("broken", broken)]).run(dispatch)
    assert isinstance(dispatch.error, relevo.LayerFailed)
    assert dispatch.error.code == "layer_failed"
    assert "layer 'broken' raised RuntimeError before the handover" in dispatch.error.message
    assert provider.calls == 0
    assert SECRET_WORDS not in dispatch.error.message


async def test_layer_may_refuse_a_message_itself() -> None:
    """Its own `Rejected` is a decision, no failure."""

    async def careful(dispatch: Dispatch, call_next: CallNext) -> relevo.Receipt:
        del dispatch, call_next
        raise relevo.Rejected("Not on Sundays.")  # noqa: TRY003,EM101 - a stranger's layer

    dispatch, provider = dispatch_with(take)
    await build_pipeline([Layer("careful", careful)]).run(dispatch)
    assert dispatch.error is not None
    assert (dispatch.error.code, provider.calls) == ("rejected", 0)


@pytest.mark.parametrize("answer", ["raises", "no JSON"])
async def test_answer_that_cannot_be_redacted_is_replaced_by_a_note(
    answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The outcome stands, and the raw answer is nobody's to see."""

    async def take_with_raw(message: relevo.Message) -> relevo.Receipt:
        del message
        return relevo.Receipt("v-1", {"words": SECRET_WORDS})

    dispatch, provider = dispatch_with(take_with_raw)

    def redact(raw: Any) -> Any:
        if answer == "raises":
            raise ValueError(raw)
        return {"words": object()}

    provider.redact = redact  # type: ignore[method-assign]
    await build_pipeline([Layer("persistence", describe_attempt)]).run(dispatch)
    assert dispatch.receipt is not None
    assert dispatch.error is None
    assert dispatch.detail["answer"] == "could not be redacted"
    assert {"duration_s", "http_status"} <= dispatch.detail.keys()
    assert "redact failed" in caplog.text
    assert SECRET_WORDS not in caplog.text


async def test_layer_error_after_the_handover_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(dispatch: Dispatch, call_next: CallNext) -> relevo.Receipt:
        await call_next(dispatch)
        raise RuntimeError(SECRET_WORDS)

    dispatch, _ = dispatch_with(take)
    await build_pipeline([Layer("broken", broken)]).run(dispatch)
    assert dispatch.receipt is not None
    assert dispatch.error is None
    assert "outcome stands" in caplog.text
    assert SECRET_WORDS not in caplog.text


async def test_layer_that_invents_a_receipt_hands_nothing_over() -> None:
    """The worker believes the endpoint, never what a layer returns."""

    async def liar(dispatch: Dispatch, call_next: CallNext) -> relevo.Receipt:
        del dispatch, call_next
        return relevo.Receipt("invented")

    dispatch, provider = dispatch_with(take)
    await build_pipeline([Layer("outer", hand_on), Layer("liar", liar)]).run(dispatch)
    assert provider.calls == 0
    assert dispatch.receipt is None
    assert isinstance(dispatch.error, relevo.LayerFailed)
    assert "'shop': layer 'liar' answered and handed nothing over" in dispatch.error.message


async def test_second_call_next_raises_and_sends_nothing_twice() -> None:
    async def twice(dispatch: Dispatch, call_next: CallNext) -> relevo.Receipt:
        await call_next(dispatch)
        return await call_next(dispatch)

    dispatch, provider = dispatch_with(take)
    await build_pipeline([Layer("twice", twice)]).run(dispatch)
    assert provider.calls == 1
    assert dispatch.receipt is not None


async def test_cancellation_passes_through_and_is_recorded() -> None:
    async def hang(message: relevo.Message) -> relevo.Receipt:
        await anyio.sleep_forever()
        return await take(message)

    dispatch, _ = dispatch_with(hang)
    pipeline = build_pipeline(choose_layers(DEFAULT_ORDER))
    with anyio.move_on_after(0.01) as scope:
        await pipeline.run(dispatch)
    assert scope.cancelled_caught
    assert isinstance(dispatch.error, relevo.Unavailable)


async def test_log_tells_outcomes_without_people(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dispatch = await run_default(take)
    assert f"Message {dispatch.message.message_id}, attempt 1" in caplog.text
    assert "541130946950" not in caplog.text


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["logging", "smoke"], "'smoke', which nobody offers"),
        (["logging", "logging"], "'logging' twice"),
    ],
)
async def test_bad_layer_list_is_a_clear_error(names: list[str], words: str) -> None:
    with pytest.raises(relevo.ConfigurationError, match=words):
        choose_layers(names)


async def test_plugin_layer_may_not_take_a_bundled_name() -> None:
    with pytest.raises(relevo.ConfigurationError, match="Two layers are named 'events'"):
        choose_layers(DEFAULT_ORDER, [Layer("events", hand_on)])


def id_in(reply: httpx.Response) -> object:
    """Read the vendor's id."""
    return relevo.Receipt(reply.json()["id"])


async def post_through(
    answer: httpx.Response, read: Callable[[httpx.Response], object] = id_in
) -> Dispatch:
    """Run an attempt whose provider makes of the vendor's answer what `read` says."""
    settings = relevo.ClientSettings("https://api.acme.example")
    async with account_client("shop", settings, httpx.MockTransport(lambda _: answer)) as client:

        async def post(message: relevo.Message) -> relevo.Receipt:
            reply = await client.post("/sms", json={"text": message.text})
            return cast("relevo.Receipt", read(reply))

        return await run_default(post)


@pytest.mark.parametrize("body", [b'{"id": "tru', b"\xff\xfe no text"], ids=["cut", "garbled"])
async def test_2xx_whose_body_cannot_be_read_is_accepted_with_the_id_pending(body: bytes) -> None:
    dispatch = await post_through(httpx.Response(200, content=body))
    assert dispatch.error is None
    assert dispatch.receipt == relevo.Receipt(None)


# On trio httpx 0.28 leaves its own generators open when a body cannot be decoded.
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_2xx_whose_body_cannot_be_decoded_is_accepted_too() -> None:
    body = httpx.ByteStream(b"no gzip")
    answer = httpx.Response(200, stream=body, headers={"content-encoding": "gzip"})
    assert (await post_through(answer)).receipt == relevo.Receipt(None)


async def test_provider_bug_after_an_answer_leaves_the_outcome_unknown() -> None:
    dispatch = await post_through(httpx.Response(200, json={"surprise": 1}))
    assert isinstance(dispatch.error, relevo.OutcomeUnknown)
    assert dispatch.error.phase is relevo.Phase.ANSWERED


def receipt_of_a_number(reply: httpx.Response) -> object:
    """Make a receipt that nobody checked."""
    receipt = id_in(reply)
    object.__setattr__(receipt, "provider_message_id", 7)
    return receipt


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda _: None, "send returned NoneType, not a Receipt"),
        (lambda reply: reply.json(), "send returned dict, not a Receipt"),
        (lambda _: relevo.Receipt, "send returned type, not a Receipt"),
        (lambda _: relevo.Receipt(cast("str", 7)), "whose provider_message_id cannot be used"),
        (receipt_of_a_number, "a Receipt whose provider_message_id is int, not text"),
    ],
    ids=["nothing", "dict", "class", "number", "unchecked number"],
)
async def test_answered_send_that_returns_no_receipt_leaves_a_doubt(
    read: Callable[[httpx.Response], object], words: str
) -> None:
    """The vendor said 2xx, but what the provider made of it says nothing: nobody repeats it."""
    dispatch = await post_through(httpx.Response(200, json={"id": "p-1"}), read)
    assert dispatch.receipt is None
    assert isinstance(dispatch.error, relevo.OutcomeUnknown)
    assert "Account 'shop': provider 'scripted' failed" in dispatch.error.message
    assert words in dispatch.error.message
    assert dispatch.error.http_status == 200


async def return_nothing(message: relevo.Message) -> relevo.Receipt:
    del message
    return cast("relevo.Receipt", None)


async def test_send_that_returns_nothing_and_asked_nobody_is_refused_for_good() -> None:
    dispatch = await run_default(return_nothing)
    assert isinstance(dispatch.error, relevo.ProviderFailed)
    assert "send returned NoneType, not a Receipt, before anything was sent" in str(dispatch.error)


async def test_send_that_returns_nothing_without_our_client_leaves_a_doubt() -> None:
    dispatch, provider = dispatch_with(return_nothing)
    provider._http = None
    await build_pipeline(choose_layers(DEFAULT_ORDER)).run(dispatch)
    assert isinstance(dispatch.error, relevo.OutcomeUnknown)
    assert "send returned NoneType" in dispatch.error.message
