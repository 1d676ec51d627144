"""An address of PostgreSQL shows where, and nothing of a password, however it is written."""

from __future__ import annotations

import contextlib
import string

import asyncpg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relevo.engines.choosing import open_engine
from relevo.engines.postgres.faults import Named
from relevo.engines.stores.finding import find_store
from relevo.engines.stores.postgres_place import name_without_secrets
from relevo.errors import ConfigurationError

PLACE = "127.0.0.1:1/d"
SHOWN = "its address cannot be read postgres at the local socket postgresql:// % codes"
PASSWORDS = st.text(string.ascii_letters + "@/:?#%&=[], ", min_size=4, max_size=30).filter(
    lambda text: "search_path=" not in text and "host=" not in text and "port=" not in text
)


def _told(address: str) -> str:
    """Give all that is said of an address without asking the network."""
    told = [name_without_secrets(address), str(Named(address)), find_store(address).name]
    try:
        open_engine(address)
    except ConfigurationError as error:
        told.append(str(error).partition(". In a user")[0])
    return " ".join(told)


@given(PASSWORDS)
@example("p@ss/w0rd")
@example("p@ss/w0rd@more")
@example("pass?word#more")
@example("@/canary@")
def test_no_part_of_a_password_is_told(password: str) -> None:
    """Four characters together would already help whoever guesses."""
    told = _told(f"postgresql://relevo:{password}@{PLACE}")
    parts = {password[start : start + 4] for start in range(len(password) - 3)}
    innocent = _told(f"postgresql://relevo@{PLACE}") + SHOWN + _told("postgresql://a/b/c@")
    assert not [part for part in parts if part in told and part not in innocent]


@pytest.mark.parametrize("password", ["p@ss/w0rd", "pa/ss", "pa?ss", "pa#ss", "[x", "x]"])
def test_password_that_is_not_encoded_is_refused_with_advice(password: str) -> None:
    with pytest.raises(ConfigurationError, match="%40 for @") as caught:
        open_engine(f"postgresql://relevo:{password}@{PLACE}")
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:p%40ss%2Fw@h:5432/d?search_path=s",
        "postgres://u@[::1]:5432/d",
        "postgresql://u:p@one:5432,two:5433/d",
        "postgresql:///d?host=/run/postgresql",
        "postgresql://db_host-1.example/d",
    ],
)
def test_address_that_libpq_reads_is_taken(address: str) -> None:
    with contextlib.suppress(ModuleNotFoundError):
        open_engine(address)


def test_database_that_recovers_is_told_and_nobody_is_sent_in_a_circle() -> None:
    """What says it stands in our log already."""
    named = Named(f"postgresql://relevo@{PLACE}")
    told = str(named.unavailable(asyncpg.ObjectNotInPrerequisiteStateError("not now")))
    assert "recovers" in told
    assert "see the log" not in told + str(named.unavailable(asyncpg.PostgresError("what?")))
