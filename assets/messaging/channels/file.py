"""Hand-off by file drop: stage outside, flush to disk, appear under the final name at once, manifest last.

Whoever collects the files takes a file only when its manifest names it. That makes the manifest the
moment of acceptance, and its absence (with the file's) the proof that nothing was handed over.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from assets.messaging import owners
from assets.messaging.channels import Promise
from orchestration.files import sync_folder

PROMISE = Promise(name="file", max_batch=20_000, idempotency_ttl=None, can_lookup=True, proves_absence=True, rate=None)

# Some file systems know no hard links; there a plain rename follows a look.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV}

Write = Callable[[int, bytes], int]


class Found(StrEnum):
    """What lies in the outbox under a batch's name."""

    COMPLETE = "complete"
    WITHOUT_MANIFEST = "without manifest"
    COLLECTED = "collected"
    OTHER_CONTENT = "other content"
    NOTHING = "nothing"


class NameTaken(FileExistsError):
    """A different file already lies under this name; what was handed off never changes."""


class FileChannel:
    """Drops files into one outbox directory."""

    promise = PROMISE

    def __init__(self, outbox_dir: Path, staging_dir: Path, write: Write = os.write) -> None:
        self.outbox_dir = outbox_dir
        self.staging_dir = staging_dir
        self._write = write

    def stage(self, name: str, content: bytes) -> Path:
        """Write and flush a file outside the outbox. A failure leaves nothing behind."""
        self.staging_dir.mkdir(parents=True, exist_ok=True)
        staged = self.staging_dir / name.replace("/", "_")
        try:
            handle = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                rest = memoryview(content)
                while rest:
                    rest = rest[self._write(handle, bytes(rest)) :]
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError:
            staged.unlink(missing_ok=True)
            raise
        return staged

    def reveal(self, staged: Path, name: str) -> None:
        """Give a staged file its final name, in one step, and never over another file."""
        target = self.outbox_dir / name
        self._make_directory(target.parent)
        staged.chmod(0o640)
        try:
            os.link(staged, target)
        except FileExistsError:
            if _sha256(target) != _sha256(staged):
                raise NameTaken(f"{name} is already in the outbox with other content") from None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            if target.exists() and _sha256(target) != _sha256(staged):
                raise NameTaken(f"{name} is already in the outbox with other content") from None
            staged.replace(target)
        staged.unlink(missing_ok=True)
        sync_folder(target.parent)

    def put(self, name: str, content: bytes) -> None:
        """Stage and reveal at once, unless the same file is there already."""
        if not (self.outbox_dir / name).exists():
            self.reveal(self.stage(name, content), name)

    def read(self, name: str) -> bytes | None:
        """A file's content, or None if it is not there (any more)."""
        path = self.outbox_dir / name
        return path.read_bytes() if path.exists() else None

    def look_up(self, name: str, sha256: str, manifest_name: str, manifest: bytes) -> Found:
        """What lies there under a batch's names, compared with what the ledger recorded before sending."""
        file, manifest_file = self.outbox_dir / name, self.outbox_dir / manifest_name
        if manifest_file.exists() and manifest_file.read_bytes() != manifest:
            return Found.OTHER_CONTENT
        if file.exists():
            if _sha256(file) != sha256:
                return Found.OTHER_CONTENT
            return Found.COMPLETE if manifest_file.exists() else Found.WITHOUT_MANIFEST
        return Found.COLLECTED if manifest_file.exists() else Found.NOTHING

    def clear_staging(self) -> None:
        """Remove what this process staged; staged files hold addresses and may not lie about."""
        shutil.rmtree(self.staging_dir, ignore_errors=True)

    def _make_directory(self, directory: Path) -> None:
        missing = []
        while not directory.exists():
            missing.append(directory)
            directory = directory.parent
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            sync_folder(path.parent)


def own_staging(root: Path) -> Path:
    """A staging directory of this process, after removing those that killed processes left."""
    if root.is_dir():
        for left in sorted(root.iterdir()):
            if owners.is_certainly_dead(left.name.partition("~")[0].replace("|", "/")):
                shutil.rmtree(left, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=owners.this_owner().replace("/", "|") + "~", dir=root))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
