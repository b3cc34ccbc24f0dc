"""Files that appear whole and on disk, or not at all. What is written into them belongs to their owners."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def write_atomically(target: Path, write: Callable[[Path], object], *, only_for_owner: bool = False) -> None:
    """`write` fills a temporary file, which then takes the target's place in one step.

    Returns when the content and its name are on disk. `only_for_owner`: nobody else may ever read it (mode 0600).
    Raises `OSError`, and whatever `write` raises; then nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # Of this call alone: threads and hosts may write the same file at the same time, and the last one wins as a whole.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}.tmp")
    try:
        if only_for_owner:
            temporary.touch(mode=0o600)
        write(temporary)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(target)
        sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force a folder's names to disk: without this a power cut may forget a name although its bytes are there."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
