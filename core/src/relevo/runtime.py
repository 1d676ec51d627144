"""Compose Relevo: settings, plugins, accounts, engine, pipeline, worker. The embedding's root."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import anyio

from relevo.accounts import Accounts, open_accounts
from relevo.config import Settings, load_settings, parse_settings
from relevo.dispatch import Dispatcher
from relevo.engines.memory import MemoryEngine
from relevo.engines.port import Clock, Engine
from relevo.errors import ConfigurationError
from relevo.events import utc_now
from relevo.http import open_transport
from relevo.layers import choose_layers
from relevo.middleware import Pipeline, build_pipeline
from relevo.plugins import Plugins, load_plugins
from relevo.providers import AnyProvider
from relevo.receive import Receiver
from relevo.retry import RetryPolicy
from relevo.worker import Worker, WorkerLimits

DRAIN_S = 20.0


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


@asynccontextmanager
async def open(  # noqa: A001 - `relevo.open(...)` is how it is read
    config: Settings | Path | str | None = None,
    *,
    accounts: Mapping[str, Mapping[str, Any]] | None = None,
    engine: str | None = None,
    providers: Sequence[type[AnyProvider]] = (),
) -> AsyncIterator[Dispatcher]:
    """Open a dispatcher inside your own program; it works until the block ends.

    Args:
        config: Settings, or the path of a `relevo.toml`. Left out, and without
            `accounts`, `relevo.toml` here and the environment are read.
        accounts: Accounts by name, instead of a file: `{"shop": {"provider": "console"}}`.
        engine: `memory` (the default without a file) or `sqlite:///path`.
        providers: Provider classes to use beside the installed plugins.

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
    async with open_runtime(settings, providers=providers) as runtime:
        yield runtime.dispatcher


@asynccontextmanager
async def open_runtime(
    settings: Settings,
    *,
    plugins: Plugins | None = None,
    providers: Sequence[type[AnyProvider]] = (),
    clock: Clock = utc_now,
) -> AsyncIterator[Runtime]:
    """Open every part and run worker and receiver until the block ends, then drain.

    Raises:
        ConfigurationError: Something is wrong with the settings, and what to do.
        EngineUnavailable: The store cannot be opened.
    """
    plugins = plugins or load_plugins(settings.plugins)
    layers = choose_layers(settings.pipeline.layers, plugins.layers(settings))
    pipeline = build_pipeline(layers)
    given = {provider.name: provider for provider in providers}

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
        runtime = _compose(settings, plugins, accounts, engine, pipeline, clock)
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            await tasks.start(runtime.dispatcher.watch)
            tasks.start_soon(runtime.receiver.run)
            finished = anyio.Event()
            tasks.start_soon(_work, runtime.worker, finished)
            try:
                yield runtime
            except Exception as error:  # noqa: BLE001 - raised again below
                failure = error
            finally:
                runtime.worker.drain()
                with anyio.move_on_after(DRAIN_S, shield=True):
                    await finished.wait()
                tasks.cancel_scope.cancel()
        if failure is not None:
            # Out here, so that callers catch their own error and not a group around it.
            raise failure


def _compose(
    settings: Settings,
    plugins: Plugins,
    accounts: Accounts,
    engine: Engine,
    pipeline: Pipeline,
    clock: Clock,
) -> Runtime:
    chosen = settings.worker
    limits = WorkerLimits(
        slots=chosen.slots,
        attempt_s=chosen.attempt_s,
        lease_s=chosen.lease_s,
        retry=RetryPolicy(chosen.max_attempts, chosen.retry_base_s, chosen.retry_cap_s),
    )
    return Runtime(
        settings=settings,
        plugins=plugins,
        accounts=accounts,
        engine=engine,
        pipeline=pipeline,
        dispatcher=Dispatcher(accounts, engine, clock=clock, message_life_s=chosen.message_life_s),
        receiver=Receiver(engine, accounts),
        worker=Worker(engine, accounts, pipeline, limits, clock=clock),
    )


async def _work(worker: Worker, finished: anyio.Event) -> None:
    try:
        await worker.run()
    finally:
        finished.set()


def _open_memory(where: str, clock: Clock) -> Engine:
    if where:
        msg = f'The memory engine has no address; write engine = "memory", not memory://{where}.'
        raise ConfigurationError(msg)
    return MemoryEngine(clock=clock)


def _open_sqlite(where: str, clock: Clock) -> Engine:
    try:
        from relevo.engines.sqlite import SqliteEngine  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        msg = f"The SQLite engine needs {error.name!r}. Install it: pip install 'relevo[sqlite]'."
        raise ConfigurationError(msg) from error
    if not where.startswith("/") or where == "/":
        msg = (
            'Write the SQLite engine as "sqlite:///relevo.db" (here) or "sqlite:////var/relevo.db".'
        )
        raise ConfigurationError(msg)
    return SqliteEngine(Path(where[1:]), clock=clock)


ENGINES: Mapping[str, Callable[[str, Clock], Engine]] = MappingProxyType(
    {"memory": _open_memory, "sqlite": _open_sqlite}
)


def open_engine(address: str, clock: Clock = utc_now) -> Engine:
    """Make the engine an address names; enter it to open it.

    Raises:
        ConfigurationError: Nobody knows such an engine, or its extra is not installed.
    """
    scheme, _, where = address.partition("://")
    if scheme not in ENGINES:
        msg = f"No engine {scheme!r}. Known: {', '.join(ENGINES)} (as in sqlite:///relevo.db)."
        raise ConfigurationError(msg)
    return ENGINES[scheme](where, clock)
