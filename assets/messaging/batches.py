"""Batches: messages that leave in one file, named after exactly what they are.

Full mails travel as a tar of .eml files rather than as an mbox: mbox has to alter lines that begin
with "From ", which would break a signature over the body, and it has no place for an expiry. `tar`
reads it, and every .eml opens in any mail program. `index.ndjson`, its first member, says for each
mail when it may be sent and when not any more.
"""

from __future__ import annotations

import tarfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import zstandard

from assets.messaging import keys
from assets.messaging.chunks import chunks
from assets.messaging.prepared import Prepared
from assets.messaging.rendering import Format
from assets.messaging.run_content import Group

SUFFIX: dict[Format, str] = {"ndjson": "ndjson.zst", "eml": "tar.zst"}

# One file, one unit of approval, of the kill switch and of memory.
MAX_BATCH = 20_000
ZSTD_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that leave in one file, named after exactly what they are."""

    batch_id: str
    run_date: date
    group: Group
    format: Format
    members: tuple[Prepared, ...]
    sha256: str

    @property
    def file(self) -> str:
        """Path of the file relative to the outbox."""
        return f"{self.run_date}/{self.group.channel}/{self.batch_id}.{SUFFIX[self.format]}"

    def ledger_row(self) -> dict[str, Any]:
        return {
            "batch_id": self.batch_id,
            "run_date": self.run_date,
            "channel": self.group.channel,
            "journey": self.group.journey,
            "step": self.group.step,
            "language": self.group.language or None,
            "format": self.format,
            "n": len(self.members),
            "sha256": self.sha256,
            "state": "PLANNED",
        }

    def members_of(self, message_ids: Collection[str]) -> list[Prepared]:
        """Those of its messages that are among these, which are its own."""
        if len(message_ids) == len(self.members):
            return list(self.members)
        wanted = set(message_ids)
        return [member for member in self.members if member.message_id in wanted]

    def file_bytes(self, message_ids: Collection[str]) -> bytes:
        """The hand-off file with these members only (some may have been withdrawn since approval)."""
        members = self.members_of(message_ids)
        # A few at a time: all messages of a batch in one piece would be the largest thing in memory.
        packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compressobj()
        pieces = _tar(members) if self.format == "eml" else (b"".join([m.content for m in c]) for c in chunks(members))
        return b"".join([*map(packer.compress, pieces), packer.flush()])


def make_batch(run_date: date, group: Group, handoff: Format, members: Sequence[Prepared]) -> Batch:
    """A batch whose name and hash follow from its members."""
    ordered = tuple(sorted(members, key=lambda member: member.message_id))
    sha256 = keys.batch_hash((m.message_id, m.request_hash) for m in ordered)
    # The channel and day are part of the name, so that it is unique on its own (manifests, ledger).
    words = (run_date.isoformat(), group.channel, group.journey, group.step, group.language, sha256[:12])
    return Batch(".".join(word for word in words if word), run_date, group, handoff, ordered, sha256)


def _tar(members: list[Prepared]) -> Iterator[bytes]:
    """A tar archive in pieces."""
    for name, content in _tar_entries(members):
        entry = tarfile.TarInfo(name)  # time, owner and mode stay at their defaults: no clock in bytes
        entry.size = len(content)
        yield entry.tobuf(tarfile.USTAR_FORMAT)
        yield content
        yield bytes(-len(content) % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _tar_entries(members: list[Prepared]) -> Iterator[tuple[str, bytes]]:
    yield "index.ndjson", b"".join(member.index for member in members)
    for member in members:
        yield f"{member.message_id}.eml", member.content
