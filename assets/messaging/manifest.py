"""The manifest of one hand-off file: what it holds, under which hash, made from what, let through by whom."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

from assets.messaging import keys
from assets.messaging.batches import Batch
from assets.messaging.prepared import Prepared, template_path

VERSION = 1
SUFFIX = ".manifest.json"


def manifest_name(run_date: object, batch_id: str) -> str:
    """Path of a batch's manifest, relative to the outbox."""
    return f"{run_date}/{batch_id}{SUFFIX}"


def members_of(batch: Batch, message_ids: Collection[str]) -> list[Prepared]:
    wanted = set(message_ids)
    return [member for member in batch.members if member.message_id in wanted]


def templates_of(batch: Batch, message_ids: Collection[str]) -> dict[str, bytes]:
    """The compiled templates that these members' merge fields belong to, by path relative to the outbox."""
    used = {m.template_version: m.template for m in members_of(batch, message_ids) if m.template}
    return {template_path(template): template for template in sorted(used.values())}


def record(
    tenant: str, batch: Batch, message_ids: Collection[str], content: bytes, row: Mapping[str, Any]
) -> dict[str, Any]:
    """What the ledger notes with the intent: enough to write the manifest and to recognise the file later."""
    sha256 = hashlib.sha256(content).hexdigest()
    members = members_of(batch, message_ids)
    templates = templates_of(batch, message_ids)
    manifest = {
        "manifest_version": VERSION,
        "batch_id": batch.batch_id,
        "tenant": tenant,
        "run_date": batch.run_date.isoformat(),
        "channel": batch.group.channel,
        "journey": batch.group.journey,
        "step": batch.group.step,
        "language": batch.group.language or None,
        "format": batch.format,
        "counts": {"approved": row["n"], "messages": len(members)},
        "files": [{"path": batch.file, "sha256": sha256, "bytes": len(content), "records": len(members)}],
        "templates": [{"path": path, "sha256": keys.request_hash(template)} for path, template in templates.items()],
        "template_versions": sorted({m.template_version for m in members}),
        "policy_versions": sorted({m.ledger_row["policy_version"] or "" for m in members}),
        "approval": {
            "sha256": row["sha256"],
            "by": row["approved_by"],
            "at": row["approved_at"].isoformat() if row["approved_at"] else None,
        },
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    return {"file": batch.file, "file_sha256": sha256, "n_sent": len(members), "manifest": text}
