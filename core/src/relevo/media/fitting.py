"""Whether a file of ours can go out as what a content makes of it. Pure."""

from __future__ import annotations

from relevo.engines.records import MediaRecord
from relevo.errors import Rejected, RelevoError
from relevo.media.mentions import Mention
from relevo.providers import AnyProvider, check_media


def check_fits(provider: AnyProvider, mention: Mention, media: MediaRecord) -> None:
    """Let the provider look at a file as the kind of content it is sent as.

    Raises:
        Rejected: The vendor would surely refuse it so; names the field.
        ProviderFault: The plugin is written wrongly.
    """
    try:
        check_media(provider, mention.kind, mime_type=media.mime_type or "", size=media.size or 0)
    except Rejected as error:
        error.message = f"Account {provider.account!r}: {mention.field}: {said(error, provider)}"
        error.field = mention.field
        raise


def said(error: RelevoError, provider: AnyProvider) -> str:
    """Give a provider's words without the account, which stands before them already."""
    return error.message.removeprefix(f"Account {provider.account!r}: ")
