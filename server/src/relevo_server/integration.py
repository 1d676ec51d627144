"""Relevo inside somebody's Litestar application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import anyio
from litestar import Litestar, Router
from litestar.config.app import AppConfig
from litestar.di import Provide
from litestar.plugins import InitPlugin
from litestar.types import ControllerRouterHandler, Middleware
from litestar.types import Guard as LitestarGuard

import relevo
from relevo_server import problems
from relevo_server.access.authentication import AdmitStill, Authenticate
from relevo_server.access.door import check_door, check_new_door
from relevo_server.access.guards import Guard
from relevo_server.access.key_ring import KeyRing, read_bootstrap_key
from relevo_server.access.principals import give_principal
from relevo_server.access.scopes import declared, describe_keys
from relevo_server.access_log import hide_tickets
from relevo_server.context import API_PATH, ServerContext
from relevo_server.description.answer_examples import with_examples
from relevo_server.description.completing import completed
from relevo_server.description.many_of_one import ManyOfOne
from relevo_server.description.open_contents import OpenContents
from relevo_server.following.uncompressed import leave_uncompressed
from relevo_server.head_requests import answer_heads
from relevo_server.lasting import stop_with_uvicorn
from relevo_server.mounts import mount_handler
from relevo_server.observing import ObservedRoutes, Observer
from relevo_server.options import tell_all_methods
from relevo_server.requests.body_limits import OPT as LIMIT
from relevo_server.requests.body_limits import BodyLimit, body_limits
from relevo_server.requests.checks import refuse_unknown_parameters, require_json
from relevo_server.requests.forms import FORM_ROOM
from relevo_server.routes import (
    accounts,
    batch,
    conversations,
    demo,
    event_runs,
    events,
    health,
    inbox,
    keys,
    lab,
    media,
    message_actions,
    messages,
    plan,
    problem_pages,
    providers,
    root,
    sandbox,
    templates,
    thread_actions,
    tickets,
    webhooks,
)
from relevo_server.routes.metrics import metrics_handlers
from relevo_server.settings import demo_fault, read_server_settings
from relevo_server.stand_in import find_stand_in

STATE_KEY = "relevo_server"
DEPENDENCY = "dispatcher"
_API = (
    messages,
    plan,
    message_actions,
    conversations,
    thread_actions,
    events,
    event_runs,
    tickets,
    inbox,
    providers,
    accounts,
    templates,
    sandbox,
    health,
)


class RelevoPlugin(InitPlugin):
    """Add Relevo's API, and the dependency `dispatcher`, to a Litestar application.

    The plugin opens Relevo when the application starts and drains it when it
    stops. Its error answers are those of its own routes; a path that no route
    knows stays the application's affair.

    Args:
        settings: Left out, `relevo.toml` and the environment are read.
        runtime: One that is open already, and stays open: then `settings` are its own.
        plugins: Loaded already; left out, they are loaded as the settings say.
        providers: Provider classes to use beside the installed plugins.
        handlers: Event handlers and sinks, beside those of installed plugins. They work
            where messages are handed over: in a process whose role is `api` they do not.
        sandbox: One that is up and that an account sends to; people answer in it.
        path: Where the API is served.
        guards: The application's own, to decide who may use the API.
        loopback_only: Whether only this machine may use the API. Left out: yes,
            unless there are guards. Webhooks prove themselves and always come in.
        keys: Whether the API has keys of its own, beside the guards: `/keys` is served,
            and once there is a key every request has to show one. Left out: no, unless
            `standalone`.
        in_schema: Whether the application's OpenAPI description has the routes.
        standalone: Also serve what a server of its own has at its root: health, the
            demo routes, the Lab and what plugins mount.
        role: What this process does, where several share one PostgreSQL. A worker
            serves its health only.

    Raises:
        ConfigurationError: Something is wrong with the settings, and what to do.
    """

    def __init__(  # noqa: PLR0913 - each is an option of its own
        self,
        settings: relevo.Settings | None = None,
        *,
        runtime: relevo.Runtime | None = None,
        plugins: relevo.Plugins | None = None,
        providers: Sequence[type[relevo.AnyProvider]] = (),
        handlers: Sequence[relevo.EventReader] = (),
        sandbox: relevo.RunningSandbox | None = None,
        path: str = API_PATH,
        guards: Sequence[LitestarGuard] = (),
        loopback_only: bool | None = None,
        keys: bool | None = None,
        in_schema: bool = True,
        standalone: bool = False,
        role: relevo.Role = relevo.Role.ALL,
    ) -> None:
        if runtime is not None and settings is not None:
            msg = "Give RelevoPlugin settings or a runtime, not both: a runtime has its own."
            raise relevo.ConfigurationError(msg)
        if runtime is not None and handlers:
            msg = "Give the handlers to relevo.open_runtime: a runtime that is open has its own."
            raise relevo.ConfigurationError(msg)
        self._given = runtime
        self._settings = runtime.settings if runtime else settings or relevo.load_settings()
        if runtime is not None:
            plugins = runtime.plugins
        self._plugins = plugins or relevo.load_plugins(self._settings.plugins)
        self._providers = providers
        self._handlers = tuple(handlers)
        self._path = path
        self._guards = tuple(guards)
        self._loopback_only = not guards if loopback_only is None else loopback_only
        self._in_schema = in_schema
        self._standalone = standalone
        self._role = role
        uses_keys = standalone if keys is None else keys
        self.context = ServerContext(
            read_server_settings(self._settings.server),
            find_stand_in(self._settings, sandbox) if sandbox else None,
            keys=KeyRing(read_bootstrap_key() if uses_keys else None),
            uses_keys=uses_keys,
        )
        self.context.api_path = path.rstrip("/")
        self._limits = body_limits(self.context.settings, self._settings.media.max_bytes)
        self.observer = Observer(self.context)
        """Stands around every request; around the whole application where it is `standalone`."""
        self._check_demo_account(self.context.settings.demo_account)

    def on_app_init(self, app_config: AppConfig) -> AppConfig:
        """Add routes, dependency and lifespan."""
        if DEPENDENCY in app_config.dependencies:
            msg = (
                f"The application has a dependency {DEPENDENCY!r} of its own, which RelevoPlugin "
                "also provides. Rename yours."
            )
            raise relevo.ConfigurationError(msg)
        app_config.dependencies[DEPENDENCY] = Provide(
            lambda: self.context.dispatcher, sync_to_thread=False
        )
        leave_uncompressed(app_config.compression_config, (*events.HANDLERS, *event_runs.HANDLERS))
        app_config.route_handlers.extend(self._routers())
        if self.context.uses_keys and self._in_schema:
            describe_keys(app_config)
        # Litestar's own for pydantic comes after it, and takes what it leaves.
        app_config.plugins += [OpenContents(), ManyOfOne()]
        app_config.lifespan.append(self._lifespan)
        app_config.state[STATE_KEY] = self.context
        return app_config

    def _routers(self) -> list[ControllerRouterHandler]:
        if self._role is relevo.Role.WORKER:
            return [self._router("/", self._operation(), at_root=True)]
        modules = (*_API, keys) if self.context.uses_keys else _API
        handlers = [handler for module in modules for handler in module.HANDLERS]
        handlers += metrics_handlers(self.context.settings.metrics)
        routers: list[ControllerRouterHandler] = [
            self._router(self._path, handlers),
            self._router(self._path, batch.HANDLERS, limit=self._limits.batch),
            self._router(self._path, webhooks.HANDLERS, limit=self._limits.webhook, webhooks=True),
            self._media_router(),
            self._router("/", problem_pages.HANDLERS),
        ]
        if self._standalone:
            routers.append(self._router("/", self._operation(), at_root=True))
            routers.append(self._router("/", [*root.HANDLERS, *demo.HANDLERS, *lab.HANDLERS]))
            mounts = [mount_handler(mount) for mount in self._plugins.mounts()]
            routers.append(
                Router(
                    "/",
                    route_handlers=list(declared(mounts)),
                    guards=[Authenticate(self.context)],
                    middleware=[self._guard()],
                )
            )
        return routers

    def _operation(self) -> list[ControllerRouterHandler]:
        """Give what those who operate the server ask, of a worker too."""
        return [*health.HANDLERS, *metrics_handlers(self.context.settings.metrics)]

    def _router(
        self,
        path: str,
        handlers: Sequence[ControllerRouterHandler],
        *,
        webhooks: bool = False,
        limit: BodyLimit | None = None,
        at_root: bool = False,
    ) -> Router:
        limit = limit or self._limits.api
        return Router(
            path,
            route_handlers=list(completed(with_examples(declared(handlers)), at_root=at_root)),
            dependencies=self._dependencies(),
            exception_handlers=problems.HANDLERS,
            guards=[] if webhooks else [*self._checks(), require_json, AdmitStill(self.context)],
            middleware=self._middleware(guarded=not webhooks),
            include_in_schema=self._in_schema,
            request_max_body_size=limit.most_bytes,
            opt={LIMIT: limit},
        )

    def _media_router(self) -> Router:
        """Serve files: bodies of any type, as large as a file may be."""
        limit = self._limits.media
        return Router(
            self._path,
            route_handlers=list(completed(with_examples(declared(media.HANDLERS)))),
            dependencies=self._dependencies(),
            exception_handlers=problems.HANDLERS,
            guards=self._checks(),
            middleware=self._middleware(),
            include_in_schema=self._in_schema,
            request_max_body_size=limit.most_bytes + FORM_ROOM,
            opt={LIMIT: limit},
        )

    def _dependencies(self) -> dict[str, Provide]:
        """Give what handlers ask for: `server`, and `principal`."""
        return {
            "server": Provide(lambda: self.context, sync_to_thread=False, use_cache=False),
            "principal": Provide(give_principal, sync_to_thread=False, use_cache=False),
        }

    def _checks(self) -> list[LitestarGuard]:
        """Give what stands before every handler but those of webhooks: the host's own first."""
        return [*self._guards, Authenticate(self.context), refuse_unknown_parameters]

    def _middleware(self, *, guarded: bool = True) -> list[Middleware]:
        """Give what stands around routes, outermost first."""
        # A server of its own is observed as a whole, with what no route knows.
        observed: list[Middleware] = [] if self._standalone else [ObservedRoutes(self.observer)]
        return [*observed, self._guard()] if guarded else observed

    def _guard(self) -> Guard:
        return Guard(self.context, loopback_only=self._loopback_only)

    @asynccontextmanager
    async def _lifespan(self, app: Litestar) -> AsyncIterator[None]:
        answer_heads(app, standalone=self._standalone)
        tell_all_methods(app, ("/",) if self._standalone else (self._path, "/problems"))
        if self._standalone and self._given is None:
            check_new_door(self.context, self._settings.engine)
        async with self._open() as runtime:
            self.context.begin(runtime)
            hide_tickets()
            # Out here, so that callers catch the error itself and not a group around it.
            await check_door(self.context, standalone=self._standalone)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(stop_with_uvicorn, self.context.lasting)
                tasks.start_soon(self.context.tail.run)
                if self.context.uses_keys:
                    tasks.start_soon(self.context.keys.run)
                try:
                    yield
                finally:
                    self.context.end()
                    tasks.cancel_scope.cancel()
            self.context.keys.end()

    def _open(self) -> AbstractAsyncContextManager[relevo.Runtime]:
        if self._given is not None:
            return nullcontext(self._given)
        return relevo.open_runtime(
            self._settings,
            plugins=self._plugins,
            providers=self._providers,
            handlers=self._handlers,
            role=self._role,
            meter=self.context.meter,
        )

    def _check_demo_account(self, name: str | None) -> None:
        accounts = self._given.accounts if self._given else self._settings.accounts
        if fault := demo_fault(name, accounts):
            raise relevo.ConfigurationError(str(fault))


def stop_streams(app: Litestar) -> None:
    """End live streams and waits, so that a server that stops need not wait for them.

    Call it in the event loop's thread, before the server closes its
    connections: a server tells its application that it stops only once they
    are closed. Readers resume by their last event's id.
    """
    context = app.state.get(STATE_KEY)
    if isinstance(context, ServerContext):
        context.lasting.stop()
