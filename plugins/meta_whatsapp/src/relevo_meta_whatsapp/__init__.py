"""Meta WhatsApp for Relevo: the Cloud API provider and its sandbox."""

from __future__ import annotations

from collections.abc import Sequence

from relevo import AnyProvider, Command, Sandbox, hookimpl
from relevo_meta_whatsapp.config import MetaWhatsAppConfig
from relevo_meta_whatsapp.provider import MetaWhatsApp

__all__ = [
    "MetaWhatsApp",
    "MetaWhatsAppConfig",
    "relevo_commands",
    "relevo_providers",
    "relevo_sandboxes",
]


@hookimpl
def relevo_providers() -> Sequence[type[AnyProvider]]:
    """Offer the WhatsApp provider."""
    return [MetaWhatsApp]


@hookimpl
def relevo_commands() -> Sequence[Command]:
    """Offer the setup of an account, and the command that runs the sandbox alone."""
    from relevo_meta_whatsapp.sandbox.command import sandbox  # noqa: PLC0415 - only when asked for
    from relevo_meta_whatsapp.setup.command import meta, setup  # noqa: PLC0415 - only when asked for

    return [
        Command("sandbox", sandbox),
        Command("meta", meta, subcommands=(Command("setup", setup),)),
    ]


@hookimpl
def relevo_sandboxes() -> Sequence[Sandbox]:
    """Offer the stand-in for Meta's Graph API."""
    from relevo_meta_whatsapp.sandbox import MetaSandbox  # noqa: PLC0415 - only when asked for

    return [MetaSandbox()]
