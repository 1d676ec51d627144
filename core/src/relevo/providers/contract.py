"""The provider contract: one required verb; everything else refuses honestly until written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar

import httpx
from pydantic import BaseModel, JsonValue

from relevo.contents import Content, NativeContent
from relevo.errors import (
    AuthFailed,
    ConfigurationError,
    InvalidAddress,
    OutcomeUnknown,
    Rejected,
    Throttled,
)
from relevo.events import Receipt
from relevo.http import ClientSettings
from relevo.messages import DEFAULT_SCHEME, Address, Message
from relevo.providers.media_verbs import MediaVerbs
from relevo.providers.natives import read_native
from relevo.providers.template_verbs import TemplateVerbs
from relevo.providers.thread_verbs import ThreadVerbs
from relevo.providers.told import AccountHealth, Lookup
from relevo.providers.webhook_verbs import WebhookVerbs
from relevo.redaction import redact_json
from relevo.terms import Limits

CORE_API = 1
"""The version of this contract. It grows only when old providers would break."""

ConfigT = TypeVar("ConfigT", bound=BaseModel)

_PHONE_DIGITS = range(5, 16)
_PHONE_FURNITURE = str.maketrans("", "", "+-() ")
_AUTH_STATUSES = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LAST_SUCCESS = 299
_FIRST_SERVER_ERROR = 500


class Provider(WebhookVerbs, MediaVerbs, ThreadVerbs, TemplateVerbs, ABC, Generic[ConfigT]):
    """Carry messages to one vendor on behalf of one account.

    Subclass it, set `name`, `config_type` and `capabilities`, write `send`.
    Everything else is optional and refuses honestly until you write it. An
    instance belongs to one account and may be used by many tasks at once.
    """

    core_api: ClassVar[int] = 1
    """The contract this class was written for; another one is refused at start-up."""
    config_type: ClassVar[type[BaseModel]]
    """A pydantic model of the account's settings; secrets are `SecretStr`."""
    native_contents: ClassVar[Mapping[str, type[NativeContent]]] = MappingProxyType({})
    """Its own kinds of content by their `type`, each `<name>.<kind>`."""
    window_s: ClassVar[float | None] = None
    """Seconds after a person wrote within which free-form content may go to them; None: always."""

    def __init__(self, account: str, config: ConfigT, http: httpx.AsyncClient | None) -> None:
        self.account = account
        self.config = config
        self._http = http

    @classmethod
    def client_settings(cls, config: ConfigT) -> ClientSettings | None:
        """Tell the vendor's base URL and the headers that authenticate; None: no HTTP."""
        del config
        return None

    @property
    def http(self) -> httpx.AsyncClient:
        """The account's HTTP client: its base URL, its authentication, its timeouts.

        Transport errors arrive as `Unavailable` (surely not sent) or
        `OutcomeUnknown` (may have left): let them pass. Map answers only.
        """
        if self._http is None:
            msg = f"Provider {self.name!r} uses `self.http`; write `client_settings` for it."
            raise ConfigurationError(msg)
        return self._http

    @property
    def uses_http(self) -> bool:
        """Whether it has a client of ours, which knows how far each request got."""
        return self._http is not None

    @abstractmethod
    async def send(self, message: Message) -> Receipt:
        """Hand one message over, once.

        Without `self.http` nobody but you knows whether anything left: say so by
        the error you raise. Being cut off, or any other exception, is then
        `OutcomeUnknown`.

        Raises:
            SendError: The subclass says what may happen next.
        """

    def lane_key(self, address: Address) -> str:
        """Tell which person an address means, in one canonical spelling.

        Messages to one person leave in order, so two spellings of the same
        person must give the same key. Pure.

        Raises:
            InvalidAddress: A phone number that is not 5 to 15 digits.
        """
        if address.scheme != DEFAULT_SCHEME:
            return address.uri()
        digits = address.value.translate(_PHONE_FURNITURE)
        if not (digits.isascii() and digits.isdigit() and len(digits) in _PHONE_DIGITS):
            msg = (
                f"Account {self.account!r}: the recipient is no phone number: it has to be 5 to 15 "
                "digits with the country code; + - ( ) and spaces may stand between them."
            )
            raise InvalidAddress(msg)
        return f"{DEFAULT_SCHEME}:{digits}"

    def native(self, content: Content) -> NativeContent:
        """Give a native content as an instance of its class in `native_contents`. Pure.

        What was kept comes back as a plain `NativeContent`; call this before you translate it.

        Raises:
            UnsupportedContent: This provider does not have it, or it is none of anybody's own.
            InvalidMessage: Its fields are wrong; names them, not their values.
        """
        return read_native(content, self.native_contents, account=self.account, provider=self.name)

    def check_message(self, message: Message) -> None:
        """Refuse what the vendor would surely refuse, before it is kept. Pure.

        Capabilities and native contents are checked before. Refuse nothing that the vendor
        might take. Default: refuses nothing.

        Raises:
            Rejected: Names the field and the limit, not the value.
            UnsupportedContent: The vendor has no words for it.
        """
        del message

    def needs_window(self, message: Message) -> bool:
        """Tell whether the vendor takes it only within `window_s` of the person's last message.

        Pure. Default: False.
        """
        del message
        return False

    def preference_of(self, message: Message) -> str | None:
        """Tell which category of what people can opt out of a message falls under; None: none.

        Pure. The word is the one `PersonUpdate.category` uses. Default: None.
        """
        del message
        return None

    def render(self, message: Message) -> Mapping[str, JsonValue] | None:
        """Give what the vendor would be sent for a message, for a dry run. Pure; asks nobody.

        Secrets of the account belong into headers, not into it; `redact` hides people's
        addresses and words before anybody sees it. Default: None, it is not told.

        Raises:
            Rejected: The vendor would surely refuse it.
            UnsupportedContent: The vendor has no words for it.
        """
        del message
        return None

    def limits(self) -> Limits:
        """Tell what the vendor allows this account. Pure; the account's own settings go over it.

        Default: no limit that we know of.
        """
        return Limits()

    def may_hold_back(self, message: Message) -> bool:
        """Tell whether the vendor may keep such a message for long before it tells any news. Pure.

        Then silence does not prove that it was not sent. Default: False.
        """
        del message
        return False

    async def lookup(self, message: Message, provider_message_id: str | None) -> Receipt | Lookup:
        """Ask the vendor whether it took a message of which we do not know. Sends nothing.

        Args:
            message: As it was sent; `echo_id` is that of the attempt in doubt.
            provider_message_id: The vendor's id, where any news told it.

        Returns:
            The receipt where the vendor has the message; `Lookup.NOT_TAKEN` only where the same
            message may be sent again without doubling it; else `Lookup.UNDECIDED`.

        Raises:
            SendError: The question itself did not work; it proves nothing and is asked again.
        """
        del message, provider_message_id
        self._refuse("lookup")

    @property
    def has_lookup(self) -> bool:
        """Whether the class wrote `lookup`."""
        return type(self).lookup is not Provider.lookup

    async def health(self) -> AccountHealth | None:
        """Ask the vendor whether this account can send now; return if it can. Sends nothing.

        A paused account is resumed when this returns. What it returns is told as it is.

        Raises:
            AuthFailed: Its credentials, its rights or its state do not let it.
            Unavailable: No answer that tells.
        """
        self._refuse("health check")

    @property
    def has_health(self) -> bool:
        """Whether the class wrote `health`."""
        return type(self).health is not Provider.health

    def redact(self, raw: JsonValue) -> JsonValue:
        """Remove people's addresses, words and secrets from a vendor object kept for diagnosis."""
        return redact_json(raw)

    def raise_for_status(self, response: httpx.Response) -> None:
        """Raise the error a plain HTTP status means; return on 2xx.

        For vendors whose error bodies say no more than the status. A 5xx or 408
        proves nothing about the message, so it is `OutcomeUnknown`.
        """
        status = response.status_code
        if HTTPStatus.OK <= status <= _LAST_SUCCESS:
            return
        seen = f"Account {self.account!r}: {self.name} answered HTTP {status}."
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            msg = f"{seen} It wants fewer requests; Relevo waits and tries again."
            raise Throttled(msg, retry_after_s=retry_after_s(response), http_status=status)
        if status in _AUTH_STATUSES:
            msg = f"{seen} It refused the credentials; check the account's token and rights."
            raise AuthFailed(msg, http_status=status)
        if status == HTTPStatus.REQUEST_TIMEOUT or status >= _FIRST_SERVER_ERROR:
            msg = f"{seen} Whether it took the message is not known."
            raise OutcomeUnknown(msg, http_status=status)
        msg = f"{seen} The same request would be refused again."
        raise Rejected(msg, http_status=status)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(account={self.account!r})"


AnyProvider = Provider[Any]


def retry_after_s(response: httpx.Response) -> float | None:
    """Read `Retry-After` in seconds; None where it is absent or a date."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None
