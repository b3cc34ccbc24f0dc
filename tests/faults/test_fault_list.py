"""The list of faults in README.md is complete, and every test that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent

# What the hand-off has to survive; a fault is proved by at least one row that begins with it.
FAULTS = (
    *("kill −9 at every failpoint", "response lost", "acceptance after the client died", "421/429"),
    *("HTTP 200 with item errors", "two senders at once", "a paused worker that resumes with an old fence"),
    *("the same partition run twice", "backfill", "DST", "ledger restored from a backup", "ledger deleted"),
    *("disk full", "torn file", "missing manifest", "duplicate webhooks", "early webhooks", "forged webhooks"),
    *("opt-out after planning", "erasure during SENDING", "poison rows: CR/LF", "poison rows: None, undefined"),
    *("poison rows: non-ASCII address", "poison rows: huge name", "template changed between retries"),
    *("a batch 100 times the usual size", "kill switch in mid-batch", "an SDK's hidden retry"),
    *("loop lost in inlining", "provider down for 24 hours"),
)
ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<file>\S+\.py)::(?P<test>test_\w+) \|$", re.MULTILINE)
ROWS = [(found["what"], found["file"], found["test"]) for found in ROW.finditer((HERE / "README.md").read_text())]


@cache
def names_in(path: Path) -> frozenset[str]:
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_has_its_test(fault: str) -> None:
    """A fault that nobody tests is survived by luck."""
    assert any(what == fault for what, _, _ in ROWS)


@pytest.mark.parametrize(("what", "file", "test"), ROWS, ids=[f"{what}: {test}" for what, _, test in ROWS])
def test_every_named_test_is_there(what: str, file: str, test: str) -> None:
    """A renamed test leaves a promise behind that nothing keeps."""
    assert test in names_in((HERE / file).resolve()), what
