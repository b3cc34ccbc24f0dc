"""Hand-off by files on another file system (S3, SFTP, …, whatever fsspec knows): the same names, the same order.

A copy of every file stays out of the local outbox; only its manifest lies there, too, because the ledger's guard
counts them. Objects appear whole or not at all; where a file system shows half-written files, they get another
name first. Without a manifest nothing counts as handed off, so its absence is proof once the writer is dead.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assets.messaging.channels.file import FileChannel, Found, NameTaken, Write
from assets.messaging.manifest import SUFFIX

# Object stores show an object when its last byte has come (a second name would cost a copy and a deletion), and refuse
# by themselves to write over one (S3 and Azure: If-None-Match, Google: ifGenerationMatch).
_OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"})
_SSH = frozenset({"sftp", "ssh"})
_SECONDS = 30


class Unreachable(OSError):
    """The other side was lost or cannot be had; what lies there is looked up at the next start."""


class RemoteFileChannel(FileChannel):
    """Drops files below `url`; stages them locally first, as the file drop does. Connects when it is first needed."""

    def __init__(self, url: str, outbox_dir: Path, staging_dir: Path, write: Write = os.write) -> None:
        super().__init__(outbox_dir, staging_dir, write)
        self._url = url
        self._scheme = url.partition("://")[0]
        self._connection: tuple[Any, str] | None = None

    def reveal(self, staged: Path, name: str) -> None:
        content = staged.read_bytes()
        there = self.read(name)
        if there is None:
            try:
                self._write_whole(name, content)
            except FileExistsError:
                # Somebody else was as fast, and came first.
                there = self.read(name)
        if there is not None and there != content:
            raise NameTaken(f"{name} is already there with other content")
        if name.endswith(SUFFIX):
            super().reveal(staged, name)
        staged.unlink(missing_ok=True)

    def put(self, name: str, content: bytes) -> None:
        if self.read(name) is None:
            self.reveal(self.stage(name, content), name)

    def look_up(self, name: str, sha256: str, manifest_name: str, manifest: bytes) -> Found:
        there = self.read(manifest_name)
        if there is not None and there != manifest:
            return Found.OTHER_CONTENT
        content = self.read(name)
        if content is not None and hashlib.sha256(content).hexdigest() != sha256:
            return Found.OTHER_CONTENT
        if content is None:
            return Found.NOTHING if there is None else Found.COLLECTED
        return Found.WITHOUT_MANIFEST if there is None else Found.COMPLETE

    def read(self, name: str) -> bytes | None:
        with self._connected() as (files, root):
            # Listings may be cached; what was written a moment ago by another process must be seen.
            files.invalidate_cache()
            try:
                return bytes(files.cat_file(f"{root}/{name}"))
            except FileNotFoundError:
                return None

    def _write_whole(self, name: str, content: bytes) -> None:
        """Have a file appear whole. Raises `FileExistsError` where the other side can tell that it is there already."""
        with self._connected() as (files, root):
            target = f"{root}/{name}"
            if self._scheme in _OBJECT_STORES:
                files.pipe_file(target, content, mode="create")
                return
            folder, _, last = target.rpartition("/")
            files.makedirs(folder, exist_ok=True)
            # Of this call alone: other hosts may have a process of the same number.
            partial = f"{folder}/.{last}.{secrets.token_hex(8)}"
            files.pipe_file(partial, content)
            if self._scheme in _SSH:
                _rename_unless_there(files, partial, target)
            else:
                files.mv(partial, target)

    @contextmanager
    def _connected(self) -> Iterator[tuple[Any, str]]:
        """The other side's files and root. A connection that failed is not used again; errors name no password."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            yield self._connection
        except FileNotFoundError:
            raise
        except Exception as error:
            self._connection = None
            if isinstance(error, OSError):
                raise
            raise Unreachable(f"{self._scheme}: {type(error).__name__}: {error}") from error

    def _connect(self) -> tuple[Any, str]:
        import fsspec

        # Kept connections of the process would be handed out dead.
        options: dict[str, Any] = {"skip_instance_cache": True}
        if self._scheme in _SSH:
            from assets.messaging.channels.known_hosts import KnownHostsOnly

            options |= {"host_key_policy": KnownHostsOnly(), "timeout": _SECONDS, "banner_timeout": _SECONDS}
        files, root = fsspec.core.url_to_fs(self._url, **options)
        if self._scheme in _SSH:
            # A server that falls silent must not hold the run for good.
            files.ftp.get_channel().settimeout(_SECONDS)
        return files, root.rstrip("/")


def _rename_unless_there(files: Any, partial: str, target: str) -> None:
    """SFTP's own rename, which refuses to write over a file; fsspec's uses an extension that does not."""
    try:
        files.ftp.rename(partial, target)
    except OSError:
        files.invalidate_cache()
        is_there = files.exists(target)
        files.rm_file(partial)
        if is_there:
            raise FileExistsError(target) from None
        raise
