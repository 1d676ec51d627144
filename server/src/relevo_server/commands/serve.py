"""`relevo serve`: the HTTP API, the event stream and webhooks, with real accounts."""

from __future__ import annotations

import gc
import importlib.metadata
import logging
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio

import relevo
from relevo.cli.failures import leaves_of
from relevo_server.commands.listening import open_socket, serving, url_of, wait_for_stop
from relevo_server.operating import LogFormat, LogLevel, OperatingSettings
from relevo_server.settings import read_server_settings

API = "/api/v1/messaging"
LAB = "/demo/messaging/providers/{family}/{product}"
logger = logging.getLogger("relevo.server")


def serve(
    *,
    config: Path | None = None,
    host: str | None = None,
    port: int | None = None,
    role: relevo.Role = relevo.Role.ALL,
    log_level: LogLevel | None = None,
) -> int:
    """Serve the HTTP API, the event stream and webhooks with your accounts.

    Args:
        config: The settings file; left out, relevo.toml here if there is one.
        host: Where to listen; this machine only by default.
        port: 7062 by default; 0 takes a free one.
        role: On PostgreSQL several processes share the work: `api` takes messages and
            webhooks in, `worker` hands messages over and serves its health only.
        log_level: `debug`, `info`, `warning` or `error`: from which level on to log.
    """
    before = OperatingSettings(log_level=log_level or LogLevel.INFO)
    log_to_stderr(before)
    with _told_in_the_log(before.log_format):
        settings = relevo.load_settings(config)
    chosen = {"host": host, "port": port, "log_level": log_level}
    table = settings.server | {key: value for key, value in chosen.items() if value is not None}
    with _told_in_the_log(before.log_format):
        where = read_server_settings(table)
    log_to_stderr(where)
    settings = settings.model_copy(update={"server": table})
    with _told_in_the_log(where.log_format):
        anyio.run(_serve, settings, open_socket(where.host, where.port), role)
    return 0


@contextmanager
def _told_in_the_log(form: LogFormat) -> Iterator[None]:
    """Log what ends the server, too, where lines are read by programs; the sentence follows."""
    try:
        yield
    except (Exception, BaseExceptionGroup) as error:
        if form is LogFormat.JSON or (form is LogFormat.AUTO and not sys.stderr.isatty()):
            for leaf in leaves_of(error):
                if isinstance(leaf, relevo.RelevoError):
                    logger.error("%s", leaf.message, extra={"code": leaf.code})  # noqa: TRY400 - no traceback
        raise


async def _serve(settings: relevo.Settings, listener: socket.socket, role: relevo.Role) -> None:
    from relevo_server import create_app, stop_streams  # noqa: PLC0415 - heavy

    plugins = relevo.load_plugins(settings.plugins)
    limits = read_server_settings(settings.server)
    version = importlib.metadata.version("relevo")
    facts = {"version": version, "role": role.value}
    with listener:
        app = create_app(settings, plugins=plugins, role=role)
        async with (
            app.lifespan(),
            serving(
                app,
                listener,
                before_stop=lambda: stop_streams(app),
                limits=limits,
            ),
        ):
            # What is loaded now stays as long as the process: looking it through for
            # garbage again and again would cost every message about a tenth.
            gc.collect()
            gc.freeze()
            url = url_of(listener)
            say = _is_read_by_people(limits.log_format)

            def tell() -> None:
                logger.info(
                    "relevo %s has started at %s.", version, url, extra={**facts, "url": url}
                )
                if say:
                    _announce(settings, plugins, url, role)

            await wait_for_stop(tell)
            if say:
                _say("Stopping: no new requests; messages under way are handed over first.")
            logger.info("relevo %s stops; what is under way ends first.", version, extra=facts)
    logger.info("relevo %s has stopped.", version, extra=facts)


def _is_read_by_people(form: LogFormat) -> bool:
    """Tell whether a banner helps: between JSON lines it is in the way of whoever reads them."""
    return form is LogFormat.TEXT or (form is LogFormat.AUTO and sys.stdout.isatty())


def _announce(
    settings: relevo.Settings, plugins: relevo.Plugins, url: str, role: relevo.Role
) -> None:
    version = importlib.metadata.version("relevo")
    if role is relevo.Role.WORKER:
        _say(f"relevo {version} works; its health is at {url}/health/ready")
        return
    _say(f"relevo {version} listens on {url}")
    for name, account in settings.accounts.items():
        _say(f"  account  {name} ({account.provider}), webhooks at {API}/webhooks/{name}")
    if not settings.accounts:
        _say("  account  none yet: write an [accounts.NAME] table in relevo.toml")
    for row in plugins.report.rows:
        _say(f"  plugin   {row.name} {row.version or ''} {row.state}".rstrip())
    for page in lab_pages(account.provider for account in settings.accounts.values()):
        _say(f"  lab      {url}{page}")
    _say(f"  events   {url}{API}/events")
    _say(f"  docs     {url}/schema")
    if plugins.report.failed:
        _say("Some plugins failed; see: relevo plugins")


def lab_pages(providers: Iterable[str]) -> list[str]:
    """Give where the Lab shows these providers: those named by family and product."""
    parted = (name.partition("_") for name in providers)
    found = {LAB.format(family=family, product=product) for family, _, product in parted if product}
    return sorted(found)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's answer


def log_to_stderr(settings: OperatingSettings) -> None:
    """Log what Relevo does; of other libraries only what is wrong."""
    from relevo_server.logs import configure_logging  # noqa: PLC0415 - heavy

    configure_logging(settings.log_level, settings.log_format)
