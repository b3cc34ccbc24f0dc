"""Hand-off by files on another file system (S3, SFTP, …, whatever fsspec knows): the same names, the same order.

A copy of every file stays out of the local outbox; only its manifest lies there, too, because the ledger's guard
counts them. Objects appear whole or not at all; where a file system shows half-written files, they get another
name first. Without a manifest nothing counts as handed off, so its absence is proof once the writer is dead.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from assets.messaging.channels.file import FileChannel, Found, NameTaken, Write
from assets.messaging.manifest import SUFFIX


class RemoteFileChannel(FileChannel):
    """Drops files below `url`; stages them locally first, as the file drop does."""

    def __init__(self, url: str, outbox_dir: Path, staging_dir: Path, write: Write = os.write) -> None:
        super().__init__(outbox_dir, staging_dir, write)
        import fsspec

        self._files: Any
        self._files, self._root = fsspec.core.url_to_fs(url)

    def reveal(self, staged: Path, name: str) -> None:
        target, content = self._path(name), staged.read_bytes()
        there = self._read(target)
        if there is None:
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            partial = f"{target.rpartition('/')[0]}/.{target.rpartition('/')[2]}.{os.getpid()}"
            self._files.pipe_file(partial, content)
            self._files.mv(partial, target)
        elif there != content:
            raise NameTaken(f"{name} is already there with other content")
        if name.endswith(SUFFIX):
            super().reveal(staged, name)
        staged.unlink(missing_ok=True)

    def put(self, name: str, content: bytes) -> None:
        if self._read(self._path(name)) is None:
            self.reveal(self.stage(name, content), name)

    def look_up(self, name: str, sha256: str, manifest_name: str, manifest: bytes) -> Found:
        there = self._read(self._path(manifest_name))
        if there is not None and there != manifest:
            return Found.OTHER_CONTENT
        content = self._read(self._path(name))
        if content is not None and hashlib.sha256(content).hexdigest() != sha256:
            return Found.OTHER_CONTENT
        if content is None:
            return Found.NOTHING if there is None else Found.COLLECTED
        return Found.WITHOUT_MANIFEST if there is None else Found.COMPLETE

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _read(self, path: str) -> bytes | None:
        # Listings may be cached; what was written a moment ago by another process must be seen.
        self._files.invalidate_cache()
        try:
            return bytes(self._files.cat_file(path))
        except FileNotFoundError:
            return None
