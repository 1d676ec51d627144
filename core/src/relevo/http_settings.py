"""Where an account's provider answers, and what authenticates there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import httpx
from pydantic import ConfigDict, Field, PositiveFloat, SecretStr, field_validator
from pydantic.dataclasses import dataclass

from relevo.errors import ConfigurationError

_SCHEMES = frozenset({"http", "https"})
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
_HOST = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, config=ConfigDict(extra="forbid", hide_input_in_errors=True))
class ClientSettings:
    """Say where an account's provider answers and what authenticates there.

    A header, host or URL that cannot work is a `ConfigurationError`.

    Args:
        base_url: Where it answers.
        headers: What authenticates: they go to the origin of `base_url`, and to `also`.
        timeout_s: Bounds connecting, each write and each read.
        also: Other hosts of the vendor that the headers go to, by https at its own port only;
            `.example.com` means every host under it.
        params: Query parameters that authenticate: they go to the origin of `base_url` only.
    """

    base_url: str
    headers: Mapping[str, SecretStr] = Field(default_factory=dict)
    timeout_s: PositiveFloat = 15
    also: tuple[str, ...] = ()
    params: Mapping[str, SecretStr] = Field(default_factory=dict)

    def is_home(self, url: httpx.URL) -> bool:
        """Tell whether a URL is of the origin of `base_url`."""
        return _origin(url) == _home(self.base_url)

    def trusts(self, url: httpx.URL) -> bool:
        """Tell whether the headers may go there."""
        if self.is_home(url):
            return True
        if url.scheme != "https" or url.port is not None:
            return False
        host = url.host.lower()
        return any(host.endswith(one) if one[0] == "." else host == one for one in self.also)

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, base_url: str) -> str:
        try:
            url = httpx.URL(base_url)
        except httpx.InvalidURL as error:
            msg = f"base_url is no URL ({error}). Write for example https://api.example.com/v1."
            raise ConfigurationError(msg) from None
        wrong = {
            "has to begin with https:// or http://": url.scheme not in _SCHEMES,
            "has to name a host": not url.host,
            "must not carry a user name or password; give them as a header": bool(url.userinfo),
            "must not carry a query or fragment": bool(url.query or url.fragment),
        }
        if reasons := [reason for reason, applies in wrong.items() if applies]:
            msg = f"base_url {reasons[0]}. Write for example https://api.example.com/v1."
            raise ConfigurationError(msg)
        return base_url

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name):
                msg = f"{name!r} is no HTTP header name; use letters, digits and hyphens."
                raise ConfigurationError(msg)
            if not _HEADER_VALUE.fullmatch(value.get_secret_value()):
                msg = (
                    f"The value of header {name!r} is empty or carries a character that HTTP does "
                    "not allow there. A line break at the end of the secret's file is the usual "
                    "cause: remove it."
                )
                raise ConfigurationError(msg)
        return headers

    @field_validator("also")
    @classmethod
    def _check_also(cls, also: tuple[str, ...]) -> tuple[str, ...]:
        for host in also:
            if not _HOST.fullmatch(host):
                msg = (
                    f"also: {host!r} is no host's name in small letters. Write for example "
                    "files.example.com, or .example.com for every host under it."
                )
                raise ConfigurationError(msg)
        return also


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


@lru_cache(maxsize=64)
def _home(base_url: str) -> tuple[str, bytes, int | None]:
    """Read an origin once: it is compared with on every request."""
    return _origin(httpx.URL(base_url))
