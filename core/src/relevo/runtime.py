"""Compose Relevo: settings, plugins, accounts, engine, pipeline, worker. The embedding's root."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import anyio
from anyio.abc import TaskGroup

from relevo.accounts import Accounts, open_accounts
from relevo.attendance import Attendance
from relevo.config import Settings, load_settings, parse_settings
from relevo.config.media import open_media_store
from relevo.dispatch import Dispatcher
from relevo.engines.choosing import can_be_shared, open_engine
from relevo.engines.port import Clock, Engine
from relevo.errors import ConfigurationError
from relevo.events import utc_now
from relevo.handlers import EventReader
from relevo.handling import Handling, HandlingTerms
from relevo.http import open_transport
from relevo.layers import choose_layers
from relevo.media import Fetcher, FetchTerms, MediaKeeper, Remover, Uploader
from relevo.meter import Meter, NoMeter
from relevo.middleware import Pipeline, build_pipeline
from relevo.plugins import Plugins, load_plugins
from relevo.plugins.provider_classes import check_given
from relevo.providers import AnyProvider
from relevo.receive import Receiver
from relevo.reconciler import Reconciler
from relevo.retry import RetryPolicy
from relevo.store_watch import StoreWatch
from relevo.upkeep import Upkeep
from relevo.watching import AccountWatch
from relevo.webhook_traces import WebhookTraces
from relevo.worker import Worker, WorkerLimits

DRAIN_S = 20.0


class Role(StrEnum):
    """What one process does; several processes share one PostgreSQL."""

    ALL = "all"
    API = "api"
    """Accepts messages and webhooks; hands nothing over."""
    WORKER = "worker"
    """Hands messages over; takes no webhooks."""

    @property
    def receives(self) -> bool:
        """Whether it takes webhooks in and works through them."""
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        """Whether it hands messages over."""
        return self is not Role.API


@dataclass(frozen=True)
class Runtime:
    """Everything one running Relevo is made of."""

    settings: Settings
    plugins: Plugins
    accounts: Accounts
    engine: Engine
    pipeline: Pipeline
    dispatcher: Dispatcher
    receiver: Receiver
    worker: Worker
    reconciler: Reconciler
    upkeep: Upkeep
    watch: AccountWatch
    handling: Handling
    fetcher: Fetcher
    remover: Remover
    attendance: Attendance
    meter: Meter
    store_watch: StoreWatch
    role: Role = Role.ALL


@asynccontextmanager
async def open(  # noqa: A001 - `relevo.open(...)` is how it is read
    config: Settings | Path | str | None = None,
    *,
    accounts: Mapping[str, Mapping[str, Any]] | None = None,
    engine: str | None = None,
    providers: Sequence[type[AnyProvider]] = (),
    handlers: Sequence[EventReader] = (),
) -> AsyncIterator[Dispatcher]:
    """Open a dispatcher inside your own program; it works until the block ends.

    Args:
        config: Settings, or the path of a `relevo.toml`. Left out, and without
            `accounts`, `relevo.toml` here and the environment are read.
        accounts: Accounts by name, instead of a file: `{"shop": {"provider": "console"}}`.
        engine: `memory` (the default without a file) or `sqlite:///path`.
        providers: Provider classes to use beside the installed plugins.
        handlers: Event handlers and sinks, beside those of installed plugins.

    Raises:
        ConfigurationError: Something is wrong with the settings, and what to do.
        EngineUnavailable: The store cannot be opened.
    """
    if isinstance(config, Settings):
        settings = config
    elif accounts is not None:
        settings = parse_settings({"accounts": accounts})
    else:
        settings = load_settings(config)
    if engine is not None:
        settings = settings.model_copy(update={"engine": engine})
    async with open_runtime(settings, providers=providers, handlers=handlers) as runtime:
        yield runtime.dispatcher


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    plugins: Plugins | None = None,
    providers: Sequence[type[AnyProvider]] = (),
    handlers: Sequence[EventReader] = (),
    clock: Clock | None = None,
    role: Role = Role.ALL,
    meter: Meter | None = None,
) -> AsyncIterator[Runtime]:
    """Open every part and run what the role asks for until the block ends, then drain.

    Raises:
        ConfigurationError: Something is wrong with the settings, and what to do.
        EngineUnavailable: The store cannot be opened.
    """
    _check_role(role, settings.engine or "memory")
    plugins = plugins or load_plugins(settings.plugins)
    layers = choose_layers(settings.pipeline.layers, plugins.layers(settings))
    pipeline = build_pipeline(layers)
    readers = plugins.event_handlers(settings, handlers)
    given = check_given(providers)

    def find_provider(name: str, account: str) -> type[AnyProvider]:
        return given.get(name) or plugins.provider(name, account=account)

    async with (
        open_transport() as transport,
        open_accounts(
            settings.accounts,
            default=settings.default_account,
            find_provider=find_provider,
            transport=transport,
        ) as accounts,
        open_engine(settings.engine or "memory", clock) as engine,
    ):
        runtime = _compose(
            settings,
            plugins,
            accounts,
            engine,
            pipeline,
            readers,
            clock,
            role,
            meter or NoMeter(),
        )
        failure: Exception | None = None
        await engine.configured({name: one.fingerprint for name, one in accounts.items()})
        if role.works:
            await runtime.handling.begin()
        async with anyio.create_task_group() as tasks:
            await tasks.start(runtime.dispatcher.watch)
            finished = anyio.Event()
            _start(runtime, tasks, finished)
            try:
                yield runtime
            except Exception as error:  # noqa: BLE001 - raised again below
                failure = error
            finally:
                runtime.worker.drain()
                runtime.handling.drain()
                with anyio.move_on_after(DRAIN_S, shield=True):
                    await finished.wait()
                tasks.cancel_scope.cancel()
        if failure is not None:
            # Out here, so that callers catch their own error and not a group around it.
            raise failure


def _check_role(role: Role, engine: str) -> None:
    """Refuse to divide the work of a store that only one process can have."""
    if role is not Role.ALL and not can_be_shared(engine):
        scheme = engine.partition(":")[0]
        msg = (
            f"Role {role.value!r} needs an engine that several processes share; {scheme} is one "
            'process\'s own. Use engine = "postgresql://...", or the role "all".'
        )
        raise ConfigurationError(msg)


def _start(runtime: Runtime, tasks: TaskGroup, finished: anyio.Event) -> None:
    """Start what the role asks for."""
    tasks.start_soon(runtime.attendance.run)
    if runtime.role.receives:
        tasks.start_soon(runtime.receiver.run)
        tasks.start_soon(runtime.receiver.beat)
        tasks.start_soon(runtime.watch.keep_templates)
    if runtime.role.works:
        tasks.start_soon(_work, runtime, finished)
        tasks.start_soon(runtime.reconciler.run)
        tasks.start_soon(runtime.upkeep.run)
        tasks.start_soon(runtime.fetcher.run)
        tasks.start_soon(runtime.remover.run)
        tasks.start_soon(runtime.watch.run)
    else:
        finished.set()


def _compose(
    settings: Settings,
    plugins: Plugins,
    accounts: Accounts,
    engine: Engine,
    pipeline: Pipeline,
    readers: Sequence[EventReader],
    clock: Clock | None,
    role: Role,
    meter: Meter,
) -> Runtime:
    chosen = settings.worker
    ours = clock or utc_now
    limits = WorkerLimits(
        slots=chosen.slots,
        attempt_s=chosen.attempt_s,
        lease_s=chosen.lease_s,
        retry=RetryPolicy(chosen.max_attempts, chosen.retry_base_s, chosen.retry_cap_s),
    )
    terms = {
        name: replace(account.terms, max_attempts=chosen.max_attempts)
        for name, account in accounts.items()
    }
    media = settings.media
    store = open_media_store(media, settings.engine or "memory")
    store_watch = StoreWatch()
    uploader = Uploader(engine, store, clock=ours, limit_s=media.upload_s, store_watch=store_watch)
    worker = Worker(
        engine,
        accounts,
        pipeline,
        limits,
        terms=terms,
        clock=ours,
        uploader=uploader,
        meter=meter,
        store_watch=store_watch,
    )
    dispatcher = Dispatcher(
        accounts,
        engine,
        clock=ours,
        message_life_s=chosen.message_life_s,
        media=MediaKeeper(engine, store, clock=ours, most_bytes=media.max_bytes),
        meter=meter,
        store_watch=store_watch,
    )
    return Runtime(
        settings=settings,
        plugins=plugins,
        accounts=accounts,
        engine=engine,
        pipeline=pipeline,
        dispatcher=dispatcher,
        receiver=Receiver(
            engine,
            accounts,
            traces=WebhookTraces(engine),
            clock=ours,
            meter=meter,
            store_watch=store_watch,
        ),
        worker=worker,
        reconciler=Reconciler(engine, accounts, terms, meter=meter, store_watch=store_watch),
        upkeep=Upkeep(engine, accounts, settings.retention.retention(), store_watch=store_watch),
        watch=AccountWatch(
            engine, accounts, every_s=chosen.health_every_s, store_watch=store_watch
        ),
        handling=Handling(
            engine,
            readers,
            worker=worker.name,
            terms=HandlingTerms(lease_s=chosen.lease_s),
            dispatcher=dispatcher,
            store_watch=store_watch,
        ),
        fetcher=Fetcher(
            engine,
            accounts,
            store,
            FetchTerms(most_bytes=media.max_bytes, limit_s=media.fetch_s),
            store_watch=store_watch,
        ),
        remover=Remover(engine, store, store_watch=store_watch),
        attendance=Attendance(
            engine, works=role.works, receives=role.receives, store_watch=store_watch
        ),
        meter=meter,
        store_watch=store_watch,
        role=role,
    )


async def _work(runtime: Runtime, finished: anyio.Event) -> None:
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runtime.worker.run)
            tasks.start_soon(runtime.handling.run)
    finally:
        finished.set()
