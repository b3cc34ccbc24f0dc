"""A copy of the shipped templates that a test may break."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.settings import REPOSITORY, Settings

SHIPPED = REPOSITORY / "templates"
SETTINGS = Settings(secret_key="a key for tests, of at least 32 characters")


def copy_of_templates(folder: Path, *journeys: str) -> Path:
    """A copy with these journeys only: every check compiles all that is there, and takes its time."""
    root = folder / "templates"
    shutil.copytree(SHIPPED, root)
    for path in (root / "journeys").iterdir():
        if path.name not in (journeys or ("welcome", "cart_abandoned")):
            shutil.rmtree(path)
    return root


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there, so that a test cannot pass by changing nothing."""
    source = path.read_text(encoding="utf-8")
    assert old in source, f"{path.name} does not hold {old!r}"
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
