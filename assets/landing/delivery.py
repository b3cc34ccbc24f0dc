"""What lies in the landing folder: which days were delivered, which files they hold, and their bytes.

Knows names, formats, compression and hashes; what the bytes mean is the readers' business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from assets.landing.contract import Contract
from orchestration.settings import Settings

FORMATS = ("csv", "parquet", "ndjson")
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}

# Still on their way, or a transfer's own marks: such names are no deliveries.
_IN_FLIGHT = (".part", ".partial", ".tmp", ".filepart", ".crdownload", "~", ".ok", ".done", ".md5", ".sha256")

# One file is read into memory as a whole. A larger one is refused by name instead of ending the process
# (a small compressed file can unpack to anything).
MAX_FILE_BYTES = 1024**3
_CHUNK = 16 * 1024**2

_LOOKS_LIKE = (
    (b"PAR1", "a Parquet file"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\x1f\x8b", "a gzip file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


class FileProblem(Exception):
    """A file that cannot be taken. Each of `lines` is a sentence that says what is wrong and what to do."""

    def __init__(self, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class DeliveredFile:
    """One file in a delivery's folder."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @cached_property
    def stamp(self) -> tuple[int, int]:
        """Size and time of change: cheap signs that a file is still the one that was landed."""
        stat = self.path.stat()
        return stat.st_size, stat.st_mtime_ns

    @cached_property
    def sha256(self) -> str:
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    @property
    def compression(self) -> str | None:
        return _COMPRESSIONS.get(self.path.suffix.lower())

    @property
    def format(self) -> str:
        """`csv`, `parquet` or `ndjson`. Raises `FileProblem` for any other name."""
        plain = self.path.with_suffix("") if self.compression else self.path
        found = plain.suffix.lower().lstrip(".")
        if found not in FORMATS:
            raise FileProblem(
                "is of a kind that cannot be read; deliver .csv, .parquet or .ndjson, each also as .gz or .zst"
            )
        return found

    def packed(self) -> bytes:
        """The bytes as delivered. Raises `FileProblem` when the disk does not give them."""
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise FileProblem("cannot be read from the disk; deliver it again") from error

    def unpacked(self, packed: bytes) -> bytes:
        """The content. Raises `FileProblem` when it cannot be had whole."""
        content = self._decompressed(packed) if self.compression and packed else packed
        if len(content) > MAX_FILE_BYTES:
            raise FileProblem(f"holds more than {MAX_FILE_BYTES // 1024**2} MB unpacked; deliver it in several files")
        return content

    def _decompressed(self, packed: bytes) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            with pa.CompressedInputStream(pa.BufferReader(packed), self.compression) as stream:
                while size <= MAX_FILE_BYTES and (chunk := stream.read(_CHUNK)):
                    chunks.append(chunk)
                    size += len(chunk)
        except OSError as error:
            if "Truncated" in str(error):
                problem = f"ends in the middle of its {self.compression} data: the transfer was cut off"
            else:
                problem = f"is no valid {self.compression} file, or its data is damaged"
            raise FileProblem(f"{problem}; deliver it again") from error
        return b"".join(chunks)


def looks_like(data: bytes) -> str | None:
    """What a file with a misleading name holds, where its first bytes tell."""
    return next((kind for magic, kind in _LOOKS_LIKE if data.startswith(magic)), None)


def decoded(data: bytes) -> str:
    """The text of a delivery, without a byte order mark. Raises `FileProblem` with the place of the first bad byte.

    Nothing is guessed: a wrong guess would turn names into other names.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if kind := looks_like(data):
            raise FileProblem(f"holds {kind}, which its name does not say; name or export it rightly") from error
        offset = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        line = data.count(b"\n", 0, offset) + 1
        raise FileProblem(
            f"is not UTF-8 text: byte {offset} (line {line}) is 0x{data[offset]:02X}, as in Latin-1 or Windows-1252; "
            "export it as UTF-8 and deliver it again"
        ) from error


def delivery_folder(settings: Settings, contract: Contract, received_on: date) -> Path:
    return settings.landing_dir / contract.source / contract.dataset / received_on.isoformat()


def delivered_files(folder: Path) -> list[DeliveredFile]:
    """The files of one delivery, by name. Hidden files and those still being written are no part of it."""
    if not folder.is_dir():
        return []
    return [
        DeliveredFile(path)
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith((".", "_")) and not path.name.lower().endswith(_IN_FLIGHT)
    ]


def delivered_days(settings: Settings, contract: Contract) -> Iterator[date]:
    """The days with a folder of deliveries, oldest first. Folders with other names are no deliveries."""
    folder = settings.landing_dir / contract.source / contract.dataset
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        try:
            day = date.fromisoformat(path.name)
        except ValueError:
            continue
        if path.is_dir() and path.name == day.isoformat():
            yield day


def strays(settings: Settings, contract: Contract) -> list[str]:
    """What lies beside the days' folders: somebody meant to deliver it, and nobody reads it."""
    folder = settings.landing_dir / contract.source / contract.dataset
    if not folder.is_dir():
        return []
    days = {day.isoformat() for day in delivered_days(settings, contract)}
    return [
        f"{path.name}: lies where nothing is read; deliver into a folder named after its day, like 2026-01-31"
        for path in sorted(folder.iterdir())
        if path.name not in days and not path.name.startswith((".", "_"))
    ]
