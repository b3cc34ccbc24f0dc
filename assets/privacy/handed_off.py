"""Erased people in what was handed off: the ledger keeps message ids and hashes, batches and previews lose them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
import zstandard

from assets.messaging import keys
from assets.messaging.chunks import chunks
from assets.messaging.ledger import batches, messages, suppressions, wishes
from assets.messaging.ledger_lookups import find_batch
from assets.messaging.manifest import manifest_name
from assets.messaging.outbox import Outbox
from assets.messaging.sending import ERASED, ERASED_BEFORE
from assets.privacy.counted import count_erased
from assets.privacy.person import Forgotten
from orchestration.files import write_atomically
from orchestration.settings import Settings

# Whom a message went to, once nobody may know any more. Not null: figures by message stay what they were.
NOBODY = "erased"


def stop_for_good(settings: Settings, outbox: Outbox, forgotten: Forgotten, run_date: date, at: datetime) -> None:
    """Put their hashes on the suppression list: no sender starts a message to them any more."""
    secret = settings.require_secret_key()
    with outbox.transaction() as tx:
        # With the hashes by which a run that is repeated knows that it has reached them.
        count_erased(tx, run_date, len(forgotten.new_customer_ids), at)
        for channel, address in sorted(forgotten.addresses):
            key = keys.address_key(secret, channel, address)
            mine = (suppressions.c.address_key == key, suppressions.c.channel == channel)
            # Who was forgotten, came back and asks again counts from now on.
            tx.execute(sa.delete(suppressions).where(*mine, suppressions.c.reason.in_((ERASED, ERASED_BEFORE))))
            stop = {"channel": channel, "address_key": key, "reason": ERASED, "at": at}
            tx.execute(sa.insert(suppressions).values(stop))
            tx.execute(sa.delete(wishes).where(wishes.c.address_key == key, wishes.c.channel == channel))


def messages_of(outbox: Outbox, forgotten: Forgotten) -> list[str]:
    """Ids of all messages that were ever planned for them."""
    ids: list[str] = []
    with outbox.transaction() as tx:
        for theirs in _by_customer(forgotten):
            ids += tx.execute(sa.select(messages.c.message_id).where(theirs)).scalars()
    return sorted(ids)


def unname_in_ledger(outbox: Outbox, forgotten: Forgotten) -> None:
    """The ledger still knows that messages were sent, and no longer to whom or why."""
    nothing = {"anchor": None, "permission_id": None, "provider_reference": None, "error": None}
    with outbox.transaction() as tx:
        for theirs in _by_customer(forgotten):
            tx.execute(sa.update(messages).where(theirs).values(customer_id=NOBODY, address_key="", **nothing))
    _scrub(outbox)


def _by_customer(forgotten: Forgotten) -> Iterator[sa.ColumnElement[bool]]:
    for customers in chunks(sorted(forgotten.customer_ids)):
        yield messages.c.customer_id.in_(customers)


def _scrub(outbox: Outbox) -> None:
    """Overwrite what the ledger's file still holds of changed rows. Postgres does so by itself in time (autovacuum)."""
    if outbox.engine.dialect.name != "sqlite":
        return
    connection = outbox.engine.raw_connection()
    try:
        cursor = connection.cursor()
        for statement in ("vacuum", "pragma wal_checkpoint(truncate)"):
            cursor.execute(statement)
    finally:
        connection.close()


def forget_in_batches(settings: Settings, outbox: Outbox, message_ids: Collection[str]) -> int:
    """Rewrite every hand-off file that holds one of these messages, its manifest and its row in the ledger."""
    names: set[str] = set()
    with outbox.transaction() as tx:
        for ids in chunks(sorted(message_ids)):
            query = sa.select(messages.c.batch_id).where(messages.c.message_id.in_(ids))
            names |= {name for name in tx.execute(query).scalars() if name}
    n = 0
    for name in sorted(names):
        batch = find_batch(outbox, name)
        if batch is None or not batch["file"]:
            continue
        path = settings.outbox_dir / batch["file"]
        if not path.exists():
            continue
        content, n_left = _without(path.read_bytes(), frozenset(message_ids), batch["format"])
        sha256 = hashlib.sha256(content).hexdigest()
        text = _manifest_of(batch, sha256, len(content), n_left)
        # The ledger first: a file that differs from it is noticed, one that nobody remembers is not.
        with outbox.transaction() as tx:
            values = {"file_sha256": sha256, "manifest": text}
            tx.execute(sa.update(batches).where(batches.c.batch_id == name).values(**values))
        _replace(path, content)
        _replace(settings.outbox_dir / manifest_name(batch["run_date"], name), text.encode())
        n += 1
    return n


def forget_in_previews(settings: Settings, forgotten: Forgotten) -> int:
    """Previews that show an erased person are removed; they can be made again."""
    words = [word.encode() for word in (*forgotten.emails, *forgotten.phones, *forgotten.member_ids) if len(word) > 5]
    n = 0
    for folder in (settings.previews_dir, settings.reports_dir):
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            content = path.read_bytes().lower()
            if any(word.lower() in content for word in words):
                path.unlink()
                n += 1
    return n


def _without(packed: bytes, message_ids: frozenset[str], handoff: str) -> tuple[bytes, int]:
    content = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
    if handoff == "eml":
        kept, n = _tar_without(content, message_ids)
    else:
        lines = [line for line in content.splitlines(keepends=True) if _id_of(line) not in message_ids]
        kept, n = b"".join(lines), len(lines)
    return zstandard.ZstdCompressor(level=3, write_checksum=True).compress(kept), n


def _tar_without(content: bytes, message_ids: frozenset[str]) -> tuple[bytes, int]:
    n = 0
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as source,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as target,
    ):
        for entry in source:
            extracted = source.extractfile(entry)
            body = extracted.read() if extracted else b""
            if entry.name == "index.ndjson":
                body = b"".join(x for x in body.splitlines(keepends=True) if _id_of(x) not in message_ids)
            elif entry.name.removesuffix(".eml") in message_ids:
                continue
            else:
                n += 1
            kept = tarfile.TarInfo(entry.name)
            kept.size = len(body)
            target.addfile(kept, io.BytesIO(body))
    return packed.getvalue(), n


def _id_of(line: bytes) -> str:
    return str(json.loads(line)["message_id"])


def _manifest_of(batch: dict[str, Any], sha256: str, size: int, n_left: int) -> str:
    manifest: dict[str, Any] = json.loads(batch["manifest"])
    manifest["counts"]["messages"] = n_left
    manifest["files"][0].update({"sha256": sha256, "bytes": size, "records": n_left})
    return json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"


def _replace(path: Any, content: bytes) -> None:
    write_atomically(path, lambda target: target.write_bytes(content))
    path.chmod(0o640)
