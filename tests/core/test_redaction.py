from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from relevo import redact_json
from relevo.redaction import PUBLIC_KEYS, frames_of

CANARY = "541130946950"
trees = st.recursive(
    st.just(CANARY) | st.integers() | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8).filter(lambda key: key not in PUBLIC_KEYS), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(trees)
def test_values_under_unknown_keys_never_survive(raw: JsonValue) -> None:
    assert CANARY not in json.dumps(redact_json(raw))


def test_shape_and_safe_words_survive() -> None:
    raw: JsonValue = {"error": {"code": 190, "message": CANARY, "data": [CANARY, None, True]}}
    assert redact_json(raw) == {
        "error": {"code": 190, "message": "***", "data": ["***", None, True]}
    }


def test_frames_tell_where_without_the_words() -> None:
    try:
        raise KeyError(CANARY)  # noqa: TRY301 - the frame is the point
    except KeyError as error:
        told = frames_of(error)
    assert "KeyError" in told
    assert "test_redaction.py" in told
    # The source line is shown, so only the value itself can be checked for.
    assert CANARY not in told
