"""The page for authors has a row for every verb of the contract, and for nothing else."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import relevo

_PAGE = Path(__file__).parents[2] / "docs" / "write-a-provider.md"
_TO_CALL = {"raise_for_status"}


def test_table_has_every_verb_with_its_parameters() -> None:
    section = _PAGE.read_text("utf-8").partition("## Every verb")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| `([^`]*)`", section, re.MULTILINE)
    told = {name: signature for names, signature in rows for name in re.findall(r"\w+", names)}
    verbs = {
        name: verb
        for name, verb in inspect.getmembers(relevo.Provider, inspect.isroutine)
        if not name.startswith("_") and name not in _TO_CALL
    }
    assert told.keys() == verbs.keys()
    for name, verb in verbs.items():
        assert ("async " in told[name]) == inspect.iscoroutinefunction(verb), name
        for parameter in inspect.signature(verb).parameters:
            assert parameter == "self" or parameter in told[name], (name, parameter)
