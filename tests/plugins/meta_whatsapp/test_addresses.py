from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import relevo
from relevo_meta_whatsapp import MetaWhatsApp
from relevo_meta_whatsapp.addresses import canonical_digits, digits_of, scheme_of


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("541130946950", "5491130946950"),
        ("523312345678", "5213312345678"),
        ("552187654321", "5521987654321"),
        ("551198765432", "5511998765432"),
    ],
)
def test_both_spellings_of_a_mobile_are_one_lane(
    one: str, other: str, provider: MetaWhatsApp
) -> None:
    keys = {provider.lane_key(relevo.Address.parse(spelling)) for spelling in (one, other)}
    assert keys == {f"tel:{one}"}


@given(digits(10))
def test_argentine_and_mexican_spellings_meet(local: str) -> None:
    assert canonical_digits(f"549{local}") == canonical_digits(f"54{local}")
    assert canonical_digits(f"521{local}") == canonical_digits(f"52{local}")


@given(st.integers(11, 99).filter(lambda area: area % 10), st.sampled_from("6789"), digits(7))
def test_brazilian_mobiles_meet_with_and_without_the_ninth_digit(
    area: int, first: str, rest: str
) -> None:
    assert canonical_digits(f"55{area}9{first}{rest}") == canonical_digits(f"55{area}{first}{rest}")


@given(st.integers(11, 99), st.sampled_from("2345"), digits(7))
def test_a_brazilian_landline_is_nobody_elses_mobile(area: int, first: str, rest: str) -> None:
    """Eight digits from 2 to 5 on are a landline, not a mobile without its nine."""
    assert canonical_digits(f"55{area}9{first}{rest}") != canonical_digits(f"55{area}{first}{rest}")


@given(st.text("0123456789", min_size=5, max_size=15))
def test_the_canonical_spelling_is_its_own(number: str) -> None:
    canonical = canonical_digits(number)
    assert canonical_digits(canonical) == canonical


@given(
    st.text("0123456789", min_size=5, max_size=15), st.text("0123456789", min_size=5, max_size=15)
)
def test_only_the_documented_countries_are_rewritten(one: str, other: str) -> None:
    """Two numbers share a lane only if they are equal or of a country with two spellings."""
    if one != other and canonical_digits(one) == canonical_digits(other):
        assert one[:2] in {"54", "52", "55"}


@pytest.mark.parametrize("text", ["+54 9 (11) 3094-6950", "5491130946950", "54 11 3094 6950"])
def test_lane_key_ignores_furniture(text: str, provider: MetaWhatsApp) -> None:
    assert provider.lane_key(relevo.Address.parse(text)) == "tel:541130946950"


@pytest.mark.parametrize("text", ["hola", "1234", "1" * 16, "+54 11 ext 7", "٥٤١١٣٠٩٤٦٩٥٠"])
def test_lane_key_refuses_what_is_no_number_without_showing_it(
    text: str, provider: MetaWhatsApp
) -> None:
    with pytest.raises(relevo.InvalidAddress) as caught:
        provider.lane_key(relevo.Address("tel", text))
    assert text not in caught.value.message


@pytest.mark.parametrize("address", ["wa_user:ES.7Hq2c0PdY4m", "wa_group:GRP=="])
def test_lane_key_keeps_the_vendors_own_ids_as_they_are(
    address: str, provider: MetaWhatsApp
) -> None:
    assert provider.lane_key(relevo.Address.parse(address)) == address


@pytest.mark.parametrize("to", ["0034600111222", "00 34 600-111-222", "+34600111222"])
def test_dialled_prefix_means_the_same_person_and_stays_on_the_wire(
    to: str, provider: MetaWhatsApp
) -> None:
    """No country code begins with 0: a leading 00 is what people dial for the +."""
    assert provider.lane_key(relevo.Address.parse(to)) == "tel:34600111222"
    rendered = provider.render(relevo.Message(to=to, text="x"))
    assert rendered["to"] == to.replace("+", "").replace(" ", "").replace("-", "")


def test_dialled_prefix_comes_before_the_national_rules(provider: MetaWhatsApp) -> None:
    keys = {
        provider.lane_key(relevo.Address("tel", to)) for to in ("005491130946950", "541130946950")
    }
    assert len(keys) == 1
    assert provider.lane_key(relevo.Address("tel", "001234")) == "tel:001234"


def test_user_id_without_its_scheme_is_told_how_to_be_written(provider: MetaWhatsApp) -> None:
    with pytest.raises(relevo.InvalidAddress, match=r"as wa_user:ES\.\.\.") as caught:
        provider.lane_key(relevo.Address.parse("ES.7Hq2c0PdY4m"))
    assert "7Hq2" not in caught.value.message


def test_lane_key_refuses_an_unknown_scheme(provider: MetaWhatsApp) -> None:
    with pytest.raises(relevo.InvalidAddress, match="scheme 'mailto'"):
        provider.lane_key(relevo.Address("mailto", "a@b.example"))


@pytest.mark.parametrize(
    ("identifier", "scheme"),
    [
        ("34600111222", "tel"),
        ("ES.7Hq2c0PdY4m", "wa_user"),
        ("user.77aa", "wa_user"),
        ("12", "wa_user"),
    ],
)
def test_ids_in_a_numbers_place_are_told_apart(identifier: str, scheme: str) -> None:
    assert scheme_of(identifier) == scheme


def test_digits_of_removes_furniture_only() -> None:
    assert digits_of("+34 (600) 111-222x") == "34600111222x"
