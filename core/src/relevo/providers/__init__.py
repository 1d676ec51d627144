"""The provider contract, and what providers and core hand each other by it."""

from relevo.providers.checking import check_sendable
from relevo.providers.contract import CORE_API, AnyProvider, Provider, retry_after_s
from relevo.providers.media_verbs import FetchedMedia, MediaUpload, ProviderMedia
from relevo.providers.told import AccountHealth, Lookup, Template

__all__ = [
    "CORE_API",
    "AccountHealth",
    "AnyProvider",
    "FetchedMedia",
    "Lookup",
    "MediaUpload",
    "Provider",
    "ProviderMedia",
    "Template",
    "check_sendable",
    "retry_after_s",
]
