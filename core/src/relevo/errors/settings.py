"""Settings that cannot work."""

from __future__ import annotations

from relevo.errors.root import RelevoError


class ConfigurationError(RelevoError):
    """Report settings that cannot work."""

    code = "configuration"


class UnknownAccount(ConfigurationError):
    """Report an account name that is not configured."""

    code = "unknown_account"
    field = "account"


class PluginUnavailable(ConfigurationError):
    """Report an account whose provider plugin is missing or broken."""

    code = "plugin_unavailable"


class ProviderFault(ConfigurationError):
    """Report a provider whose own code answered what it must not: its plugin has to be mended."""

    code = "provider_fault"
