"""Whether the server may open its door: a look at the keys before the first request."""

from __future__ import annotations

import logging
from pathlib import Path

from relevo_server.context import ServerContext
from relevo_server.settings import WithoutKeys, check_bind

logger = logging.getLogger("relevo.server")

OPEN_WARNING = (
    "The API has no key and answers anybody who reaches it, as without_keys says. "
    "Create the first key: relevo keys create"
)

SPARE_KEY_WARNING = (
    "RELEVO_BOOTSTRAP_KEY is set though the store has an admin key: it may do everything and "
    "cannot be revoked. Take it out of the environment and start again."
)


async def check_door(context: ServerContext, *, standalone: bool) -> None:
    """Refuse to begin where others could reach an API that keeps nobody out.

    Args:
        context: Whose keys are looked at.
        standalone: Whether it listens where its own settings say.

    Raises:
        ConfigurationError: Says how to make the first key.
        EngineError: The store cannot tell whether there is a key.
    """
    if not context.uses_keys:
        return
    await context.keys.look()
    if standalone:
        settings = context.settings
        check_bind(settings.host, keyed=context.keys.keyed, without_keys=settings.without_keys)
    if context.keys.bootstrap_is_spare:
        logger.warning(SPARE_KEY_WARNING)
    if is_wide_open(context):
        logger.warning(OPEN_WARNING)


def check_new_door(context: ServerContext, engine: str | None) -> None:
    """Refuse before a store is made where one that is new, and so has no key, would be refused.

    Raises:
        ConfigurationError: Says how to make the first key.
    """
    scheme, _, where = (engine or "").partition("://")
    if context.uses_keys and scheme == "sqlite" and not Path(where.removeprefix("/")).exists():
        settings = context.settings
        check_bind(settings.host, keyed=context.keys.keyed, without_keys=settings.without_keys)


def is_wide_open(context: ServerContext) -> bool:
    """Tell whether anybody who reaches the API may use it, because the settings say so."""
    return (
        context.uses_keys
        and context.open_to_all
        and context.settings.without_keys is WithoutKeys.ANYWHERE
    )
