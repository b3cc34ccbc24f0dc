"""The demo that the tests of its days look at."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

from tests.e2e.shell import fredning

TODAY = date(2026, 11, 22)
DAYS = 5

# Its folder, and what the command printed.
Demo = tuple[Path, str]
# Rows by table.
Published = dict[str, list[dict[str, Any]]]


def run_demo(home: Path) -> subprocess.CompletedProcess[str]:
    """The command, a few days over a small part of the shops. Twice over the same home is once."""
    result = fredning(home, "demo", "--today", TODAY.isoformat(), "--days", str(DAYS), "--fraction", "0.15")
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-4000:]
    return result
