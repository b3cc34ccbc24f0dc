"""A copy of the shipped templates that a test may break."""

from __future__ import annotations

import shutil
from pathlib import Path

from orchestration.settings import REPOSITORY, Settings

SHIPPED = REPOSITORY / "templates"
SETTINGS = Settings(secret_key="a key for tests, of at least 32 characters")


def copy_of_templates(folder: Path) -> Path:
    root = folder / "templates"
    shutil.copytree(SHIPPED, root)
    return root


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there, so that a test cannot pass by changing nothing."""
    source = path.read_text(encoding="utf-8")
    assert old in source, f"{path.name} does not hold {old!r}"
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
