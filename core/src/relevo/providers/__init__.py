"""The provider contract, and what providers and core hand each other by it."""

from relevo.providers.checking import check_sendable
from relevo.providers.contract import CORE_API, AnyProvider, Provider, retry_after_s
from relevo.providers.lanes import lane_of, lanes_of, lanes_told
from relevo.providers.media_verbs import FetchedMedia, MediaUpload, ProviderMedia
from relevo.providers.returned import (
    WronglyReturned,
    check_media,
    lane_key,
    parse_item,
    redacted,
    render,
    split_webhook,
    verify_webhook,
)
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
    "WronglyReturned",
    "check_media",
    "check_sendable",
    "lane_key",
    "lane_of",
    "lanes_of",
    "lanes_told",
    "parse_item",
    "redacted",
    "render",
    "retry_after_s",
    "split_webhook",
    "verify_webhook",
]
