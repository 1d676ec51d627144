"""Contents that are one vendor's own: whether a provider has them, and their typed form."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from relevo.contents import Content, NativeContent
from relevo.errors import InvalidMessage, UnsupportedContent
from relevo.field_faults import field_faults

MOST_FAULTS = 5
"""Fields that one refusal names."""


def read_native(
    content: Content,
    known: Mapping[str, type[NativeContent]],
    *,
    account: str,
    provider: str,
) -> NativeContent:
    """Give the typed form of a native content.

    Raises:
        UnsupportedContent: It is another provider's own, one this provider does not have, or
            a content of the core.
        InvalidMessage: Its fields are wrong; names them, not their values.
    """
    model = known.get(content.type)
    if model is None or not isinstance(content, NativeContent) or content.vendor != provider:
        raise UnsupportedContent(_not_had(content, known, account=account, provider=provider))
    if isinstance(content, model):
        return content
    reason = ""
    try:
        return model.model_validate(content.model_dump())
    except ValidationError as error:
        reason = _faults(error)
    msg = f"Account {account!r}: content {content.type!r} is wrong: {reason}."
    raise InvalidMessage(msg, field="content")


def _not_had(
    content: Content,
    known: Mapping[str, type[NativeContent]],
    *,
    account: str,
    provider: str,
) -> str:
    who = f"Account {account!r} (provider {provider!r}) cannot carry {content.type!r}"
    if not isinstance(content, NativeContent):
        return f"{who} as one of its own kinds: it is a kind that every provider may carry."
    if content.vendor != provider:
        return (
            f"{who}: it belongs to provider {content.vendor!r}. Choose an account of that "
            "provider or another content."
        )
    have = ", ".join(sorted(known)) or "none"
    return f"{who}. Of its own kinds it has: {have}."


def _faults(error: ValidationError) -> str:
    told = [f"{fault.field or 'content'}: {fault.reason}" for fault in field_faults(error)]
    rest = f"; and {len(told) - MOST_FAULTS} more" if len(told) > MOST_FAULTS else ""
    return "; ".join(told[:MOST_FAULTS]) + rest
