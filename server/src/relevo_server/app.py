"""The HTTP server as an application of its own."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from litestar import Litestar
from litestar.openapi import OpenAPIConfig

import relevo
from relevo_server import problems
from relevo_server.description.schema_page import SchemaPage
from relevo_server.integration import RelevoPlugin

DEFAULT_ENGINE = "sqlite:///relevo.db"
_ABOUT = (
    "Hand over a message, and know everything that happens to it. Errors are problem details "
    "(RFC 9457); each `type` leads to a page that explains it."
)


def create_app(
    settings: relevo.Settings | None = None,
    *,
    runtime: relevo.Runtime | None = None,
    plugins: relevo.Plugins | None = None,
    providers: Sequence[type[relevo.AnyProvider]] = (),
    handlers: Sequence[relevo.EventReader] = (),
    sandbox: relevo.RunningSandbox | None = None,
    role: relevo.Role = relevo.Role.ALL,
) -> Litestar:
    """Make the application. It opens Relevo when it starts and drains it when it stops.

    Args:
        settings: Left out, `relevo.toml` and the environment are read. Without an
            engine it is a SQLite file in the working directory.
        runtime: One that is open already, and stays open: then `settings` are its own.
        plugins: Loaded already; left out, they are loaded as the settings say.
        providers: Provider classes to use beside the installed plugins.
        handlers: Event handlers and sinks, beside those of installed plugins. They work
            where messages are handed over: in a process whose role is `api` they do not.
        sandbox: One that is up and that an account sends to: then `/sandbox/replies`
            lets people answer.
        role: What this process does, where several share one PostgreSQL.

    Raises:
        ConfigurationError: Something is wrong with the settings, and what to do.
    """
    if runtime is None:
        settings = settings or relevo.load_settings()
        if settings.engine is None:
            settings = settings.model_copy(update={"engine": DEFAULT_ENGINE})
    plugin = RelevoPlugin(
        settings,
        runtime=runtime,
        plugins=plugins,
        providers=providers,
        handlers=handlers,
        sandbox=sandbox,
        standalone=True,
        role=role,
    )
    app = Litestar(
        plugins=[plugin],
        exception_handlers=problems.HANDLERS,
        openapi_config=OpenAPIConfig(
            title="Relevo",
            version=version("relevo-server"),
            description=_ABOUT,
            path="/schema",
            render_plugins=[SchemaPage()],
        ),
        # Whoever runs the server decides about logging.
        logging_config=None,
    )
    # Around everything, so that what no route knows is observed too.
    app.asgi_handler = plugin.observer.around(app.asgi_handler)
    return app
