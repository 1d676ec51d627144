"""Whether a provider class can be used: checked at start, so that no send finds it out."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from relevo.capabilities import Capability
from relevo.errors import ConfigurationError
from relevo.plugins.report import PluginBroken, PluginFault, described
from relevo.providers import CORE_API, AnyProvider, Provider

_GIVEN_BY = "relevo.open(providers=[...])"
_VERBS_OF: Mapping[Capability, tuple[str, ...]] = MappingProxyType(
    {
        Capability.UPLOAD_MEDIA: ("upload_media",),
        Capability.FETCH_MEDIA: ("fetch_media",),
        Capability.MARK_READ: ("mark_read",),
        Capability.TYPING: ("typing",),
        Capability.BLOCK: ("block", "unblock"),
        Capability.TEMPLATES: ("list_templates", "create_template", "delete_template"),
    }
)
"""What a class has to write that claims to be able to do it."""


def check_named(plugin: str, offer: object, *, by: str) -> None:
    """Check a provider that a plugin offers.

    Raises:
        PluginBroken: It cannot be used, or is not named as its entry point is.
    """
    provider = check_provider(offer, by=by)
    if provider.name != plugin:
        msg = (
            f"class {provider.__name__} is named {provider.name!r}, but the entry point is named "
            f"{plugin!r}. They have to be the same; a second provider needs its own entry point."
        )
        raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)


def check_given(offers: Sequence[object]) -> dict[str, type[AnyProvider]]:
    """Check the classes that an application gives by hand; give them by name.

    Raises:
        ConfigurationError: One cannot be used, in the words a plugin's would be told in; or
            two have one name.
    """
    try:
        providers = [check_provider(offer, by=_GIVEN_BY) for offer in offers]
    except PluginBroken as broken:
        msg = f"{_GIVEN_BY}: {broken.sentence}"
        raise ConfigurationError(msg) from None
    counts = Counter(provider.name for provider in providers)
    for name, count in counts.items():
        if count > 1:
            msg = f"{_GIVEN_BY}: {count} classes are named {name!r}. Rename all but one."
            raise ConfigurationError(msg)
    return {provider.name: provider for provider in providers}


def check_provider(offer: object, *, by: str) -> type[AnyProvider]:
    """Check a provider class, whoever gave it.

    Raises:
        PluginBroken: It cannot be used.
    """
    if not isinstance(offer, type) or not issubclass(offer, Provider):
        msg = f"{by} gave {described(offer)}; it has to give subclasses of relevo.Provider."
        raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)
    _check_core_api(offer)
    for attribute, (is_right, wanted) in _ATTRIBUTES.items():
        if not is_right(getattr(offer, attribute, None)):
            msg = f"class {offer.__name__} has to set {attribute!r} to {wanted}."
            raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)
    if missing := sorted(offer.__abstractmethods__):
        msg = f"class {offer.__name__} has to write {', '.join(missing)}."
        raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)
    if not _takes_a_message(offer.send):
        msg = f"class {offer.__name__} has to write send as 'async def send(self, message)'."
        raise PluginBroken(PluginFault.INVALID_PROVIDER, msg)
    _check_claims(offer)
    return offer


def _check_claims(provider: type[AnyProvider]) -> None:
    """Refuse what is claimed and not written: it would be found out when somebody needs it."""
    for claim, verbs in _VERBS_OF.items():
        missing = [verb for verb in verbs if getattr(provider, verb) is getattr(Provider, verb)]
        if claim in provider.capabilities and missing:
            _refuse_claim(provider, claim, f"write {', '.join(missing)}")
    if Capability.NATIVE in provider.capabilities and not provider.native_contents:
        _refuse_claim(provider, Capability.NATIVE, "set 'native_contents'")


def _refuse_claim(provider: type[AnyProvider], claim: Capability, cure: str) -> None:
    msg = (
        f"class {provider.__name__} claims {claim.value!r} and has no code for it. It has to "
        f"{cure}, or leave Capability.{claim.name} out of 'capabilities'."
    )
    raise PluginBroken(PluginFault.CLAIM_WITHOUT_CODE, msg)


def _takes_a_message(send: Callable[..., object]) -> bool:
    if not inspect.iscoroutinefunction(send):
        return False
    try:
        inspect.signature(send).bind("self", "message")
    except TypeError:
        return False
    return True


def _check_core_api(provider: type[Provider[Any]]) -> None:
    written_for: object = provider.core_api
    if written_for == CORE_API:
        return
    newer = isinstance(written_for, int) and written_for > CORE_API
    cure = "Upgrade relevo." if newer else "Upgrade the plugin."
    msg = (
        f"class {provider.__name__} was written for core API {written_for!r}; "
        f"this relevo has {CORE_API}. {cure}"
    )
    raise PluginBroken(PluginFault.CORE_API, msg)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_model(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel) and value is not BaseModel


def _are_capabilities(value: object) -> bool:
    return isinstance(value, AbstractSet) and all(isinstance(one, Capability) for one in value)


_ATTRIBUTES: Mapping[str, tuple[Callable[[object], bool], str]] = MappingProxyType(
    {
        "name": (_is_word, "the entry point's name"),
        "config_type": (_is_model, "a pydantic model"),
        "capabilities": (_are_capabilities, "a frozenset of relevo.Capability"),
    }
)
