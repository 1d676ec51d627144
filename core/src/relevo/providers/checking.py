"""Whether an account can carry a message: asked before anything is kept."""

from __future__ import annotations

from relevo.capabilities import check_capabilities
from relevo.contents import NativeContent
from relevo.messages import Message
from relevo.providers.contract import AnyProvider
from relevo.providers.returned import check_message


def check_sendable(provider: AnyProvider, message: Message) -> None:
    """Refuse a message that this provider cannot express or its vendor would surely refuse.

    Raises:
        InvalidMessage: A native content's fields are wrong.
        UnsupportedContent: The provider cannot express it.
        Rejected: The vendor would surely refuse it; names the field.
        ConfigurationError: The plugin is written wrongly.
    """
    if isinstance(message.content, NativeContent):
        provider.native(message.content)
    check_capabilities(
        message, provider.capabilities, account=provider.account, provider=provider.name
    )
    check_message(provider, message)
