"""`ProviderConformance`: a provider's proof is one subclass and a folder of fixtures.

    class TestAcmeSms(ProviderConformance):
        provider = AcmeSms
        config = {"token": "made-up-token"}
        fixtures = Path(__file__).parent / "fixtures"

        def accept(self, request):  # the vendor takes a message
            return httpx.Response(200, json={"id": "sms-1"})

        def webhook(self, body):  # the vendor posts one, signed
            return relevo.WebhookRequest("POST", "/", body, {"x-acme-token": "made-up-token"})

What the subclass forgot is said by the test that needs it.
"""

from __future__ import annotations

import importlib.metadata

import pytest
from pydantic import BaseModel

from relevo.capabilities import Capability
from relevo.errors import InvalidAddress
from relevo.messages import DEFAULT_SCHEME, Address
from relevo.plugins import load_plugins
from relevo.providers import CORE_API, Provider
from relevo.testing.provider_rules.asking import AskingRules
from relevo.testing.provider_rules.keys import KeyRules
from relevo.testing.provider_rules.natives import NativeRules
from relevo.testing.provider_rules.sending import SendingRules
from relevo.testing.provider_rules.setup import ACCOUNT
from relevo.testing.provider_rules.verbs import VerbRules

_SECRET_WORDS = ("token", "secret", "password", "api_key", "access_key", "private_key")
_NO_NUMBERS = ("123", "1234567890123456", "54 11 hola", "541130946950x", "٥٤١١٣٠٩٤٦٩٥٠")


class ProviderConformance(SendingRules, NativeRules, VerbRules, KeyRules, AskingRules):
    """Check everything Relevo expects of a provider; subclass it as `Test...`."""

    def test_class_is_a_provider_for_this_core(self) -> None:
        """The contract it was written for is the one this Relevo has."""
        assert issubclass(self.provider, Provider)
        assert self.provider.core_api == CORE_API
        assert self.provider.name.isidentifier(), "The name is a config key: one lower-case word."
        assert self.provider.name == self.provider.name.lower()

    def test_capabilities_are_core_words(self) -> None:
        """They drive the check before sending and the documentation."""
        assert isinstance(self.provider.capabilities, frozenset)
        assert all(isinstance(word, Capability) for word in self.provider.capabilities)

    def test_name_is_the_entry_point(self) -> None:
        """One word stands in the entry point, the settings and the logs."""
        package = self.provider.__module__.partition(".")[0]
        names = [
            point.name
            for point in importlib.metadata.entry_points(group="relevo.plugins")
            if point.module.partition(".")[0] == package
        ]
        if not names:
            pytest.skip(f"{package} is not installed as a plugin")
        assert self.provider.name in names
        offered = load_plugins().provider(self.provider.name, account=ACCOUNT)
        assert offered is self.provider

    def test_config_type_takes_the_settings(self) -> None:
        """The settings are a pydantic model, and the suite's own are valid."""
        assert issubclass(self.provider.config_type, BaseModel)
        assert isinstance(self.checked_config(), self.provider.config_type)

    def test_secrets_are_secret_strings(self) -> None:
        """A setting whose name says that it is secret hides its value."""
        shown = f"{self.checked_config().model_dump()!r}"
        for name, value in self.config.items():
            if any(name == word or name.endswith(f"_{word}") for word in _SECRET_WORDS):
                for plain in value if isinstance(value, list) else [value]:
                    assert str(plain) not in shown, f"{name} is secret: make it SecretStr."

    def test_secrets_are_absent_from_reprs(self) -> None:
        """What is printed while debugging gives nothing away."""
        provider, _ = self.make_provider()
        shown = f"{provider} {provider!r} {provider.config} {provider.config!r}"
        assert not any(secret in shown for secret in self.secrets())
        assert all(len(secret) >= 8 for secret in self.secrets()), "Use longer made-up secrets."

    def test_lane_key_is_one_per_person(self) -> None:
        """The same address gives the same key, from every instance."""
        address = Address.parse(self.recipient)
        keys = {self.make_provider()[0].lane_key(address) for _ in range(3)}
        assert len(keys) == 1
        assert keys.pop()

    def test_lane_key_sees_one_person_in_all_spellings(self) -> None:
        """`+ - ( )` and spaces are furniture: order per person must not depend on them."""
        provider, _ = self.make_provider()
        spellings = ("541130946950", "+541130946950", "+54 (11) 3094-6950")
        assert len({provider.lane_key(Address(DEFAULT_SCHEME, text)) for text in spellings}) == 1

    @pytest.mark.parametrize("text", _NO_NUMBERS)
    def test_lane_key_refuses_what_is_no_number(self, text: str) -> None:
        """The refusal comes before anything is kept, and does not repeat the address."""
        provider, _ = self.make_provider()
        with pytest.raises(InvalidAddress) as caught:
            provider.lane_key(Address(DEFAULT_SCHEME, text))
        assert text not in str(caught.value)
        assert ACCOUNT in str(caught.value)
