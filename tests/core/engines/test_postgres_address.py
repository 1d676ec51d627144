"""An address of PostgreSQL shows where, and nothing of a password, however it is written."""

from __future__ import annotations

import contextlib
import string
from urllib.parse import quote

import anyio
import asyncpg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relevo.engines.choosing import open_engine
from relevo.engines.postgres.faults import Named
from relevo.engines.stores.finding import find_store
from relevo.engines.stores.postgres_place import connect, name_without_secrets
from relevo.errors import ConfigurationError

PLACE = "127.0.0.1:1/d"
_PLACE = """
SELECT current_user AS who, current_database() AS database,
  current_setting('port') AS port, current_setting('unix_socket_directories') AS folders"""
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
        "postgresql://u:pw@/d?host=%2Frun%2Fpostgresql&port=5433",
        "postgresql://u@%2Fvar%2Frun%2Fpostgresql/d",
        "postgresql://u:p@%2Frun%2Fone:5433,two:5432/d",
        "postgresql://db_host-1.example/d",
    ],
)
def test_address_that_libpq_reads_is_taken(address: str) -> None:
    with contextlib.suppress(ModuleNotFoundError):
        open_engine(address)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://u:pw@%2Frun%2Fpg/d", "d at /run/pg"),
        ("postgresql://u:pw@/d?host=/run/pg&password=pw", "d at /run/pg"),
        ("postgresql://u:pw@/d", "d at the local socket"),
        ("postgresql://u:pw@[::1]:5432,two/d", "d at [::1]:5432,two"),
    ],
)
def test_place_is_told_in_words_without_user_and_password(address: str, told: str) -> None:
    assert str(Named(address)) == told


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    "form", ["{who}@{socket}:{port}/{database}", "{who}@/{database}?host={folder}&port={port}"]
)
async def test_socket_is_reached_however_its_folder_is_written(
    postgres_dsn: str, form: str
) -> None:
    """As libpq writes it into the place of the host, and as SQLAlchemy's users do behind it."""
    connection = await asyncpg.connect(postgres_dsn)
    try:
        (place,) = await connection.fetch(_PLACE)
    finally:
        await connection.close()
    folder = place["folders"].partition(",")[0].strip()
    if not await anyio.Path(folder, f".s.PGSQL.{place['port']}").is_socket():
        pytest.skip("this PostgreSQL has no socket on this machine")
    socket = quote(folder, safe="")
    reached = await connect(f"postgresql://{form}".format(**place, folder=folder, socket=socket))
    try:
        assert await reached.fetchval("SELECT inet_server_addr() IS NULL")
    finally:
        await reached.close()


def test_database_that_recovers_is_told_and_nobody_is_sent_in_a_circle() -> None:
    """What says it stands in our log already."""
    named = Named(f"postgresql://relevo@{PLACE}")
    told = str(named.unavailable(asyncpg.ObjectNotInPrerequisiteStateError("not now")))
    assert "recovers" in told
    assert "see the log" not in told + str(named.unavailable(asyncpg.PostgresError("what?")))
