"""The house rules that a reader relies on: sizes, names, one word for one meaning."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

import relevo

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(
    path
    for folder in ("core/src", "plugins", "server/src", "examples")
    for path in (ROOT / folder).rglob("*.py")
    if ".venv" not in path.parts and "build" not in path.parts
)
SAYS_NOTHING = {"utils", "helpers", "common", "base", "misc", "manager"}

BANNED = {
    "ack", "adapter", "backend", "callback", "dlr", "driver", "gateway", "interceptor", "job",
    "mailbox", "manager", "mo", "msisdn", "notification", "phone", "queue", "service", "spool",
    "target", "result",
}  # fmt: skip
"""Words the glossary gives another name to."""

VENDOR_WORDS = {
    "phone_number_id": "Meta's name of the sending number",
    "biz_opaque_callback_data": "Meta's name of the echo",
    "display_phone_number": "Meta's name of the number people see",
}
"""Names that are a vendor's own and keep its spelling."""

NO_ADDRESS = {"target": "the earlier message that a reaction, an edit or a revocation is about"}
"""Names that would be wrong for an address, and are none."""


def parts(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_"))


def defined_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, node.name
        if isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    yield line.lineno, line.target.id
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Column", "Table"}:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_one_word_has_one_meaning(path: Path) -> None:
    """Names we define never use a word the glossary gives another name to."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for line, name in defined_names(ast.parse(path.read_text("utf-8")))
        if name not in {*VENDOR_WORDS, *NO_ADDRESS} and parts(name) & BANNED
    ]
    assert not wrong


def test_files_are_rooms_not_halls() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {str(path): n for path, n in lengths.items() if n > 500} == {}
    crowded = [path for path, n in lengths.items() if n > 300]
    assert len(crowded) <= len(SOURCES) // 20, crowded
    assert statistics.median(n for n in lengths.values() if n > 1) <= 130


def test_file_names_say_what_is_inside() -> None:
    assert [str(path) for path in SOURCES if path.stem in SAYS_NOTHING] == []


def test_public_api_is_complete_and_sorted() -> None:
    assert relevo.__all__ == sorted(relevo.__all__)
    assert all(hasattr(relevo, name) for name in relevo.__all__)
    offered = {
        name
        for name, value in vars(relevo).items()
        if not name.startswith("_") and getattr(value, "__module__", "").startswith("relevo.")
    }
    assert offered <= set(relevo.__all__)


def test_no_file_speaks_of_a_machine_or_a_package_index() -> None:
    """The project stands alone: no path of one machine, no address of one index."""
    told = re.compile(r"/work/|/tmp/brief|pypi\.org|files\.pythonhosted", re.IGNORECASE)
    suffixes = {".py", ".md", ".toml", ".json", ".yml", ""}
    wrong = [
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in suffixes
        and not {".git", ".venv", ".tools", "dist", "uv.lock"} & set(path.relative_to(ROOT).parts)
        and not any(part.startswith(".") and part != ".ci" for part in path.relative_to(ROOT).parts)
        and path != Path(__file__)
        and told.search(path.read_text("utf-8", "replace"))
    ]
    assert wrong == []
