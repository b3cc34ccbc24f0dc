"""The manifest of one hand-off file: what it holds, under which hash, made from what, let through by whom.

Of merge fields it also says how they become mails: which fields name cards, and the headers that law and mailbox
providers ask for, as patterns over a record's own names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any, get_args

import zstandard

from assets.messaging import keys
from assets.messaging.batches import ZSTD_LEVEL, Batch
from assets.messaging.journey_schema import Slot
from assets.messaging.mime import ONE_CLICK
from assets.messaging.prepared import FEEDBACK_ID, template_path
from assets.messaging.rendering import Sender
from orchestration.settings import Settings

VERSION = 2
SUFFIX = ".manifest.json"
# Fields of records whose values are names of cards.
_NAMES_CARDS = ("featured", *get_args(Slot), "order_lines", "cart_lines")


def manifest_name(run_date: object, batch_id: str) -> str:
    """Path of a batch's manifest, relative to the outbox."""
    return f"{run_date}/{batch_id}{SUFFIX}"


def companions(batch: Batch, message_ids: Collection[str]) -> dict[str, bytes]:
    """The files that these members' merge fields belong to, by path relative to the outbox: templates and cards.

    Named by their content, so that batches share them and none ever changes.
    """
    members = batch.members_of(message_ids)
    templates = sorted({member.template for member in members if member.template})
    files = {template_path(template): template for template in templates}
    collections = {id(member.cards): member.cards for member in members if member.cards}
    cards = {name: card for collection in collections.values() for name, card in collection.items()}
    if cards:
        packed = _packed(cards)
        files[f"cards/{keys.request_hash(packed)}.json.zst"] = packed
    return files


def _packed(cards: Mapping[str, bytes]) -> bytes:
    lines = b",\n".join(b'"%s":%s' % (name.encode(), card) for name, card in sorted(cards.items()))
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compress(b"{%s}\n" % lines)


def record(
    settings: Settings, sender: Sender, batch: Batch, message_ids: Collection[str], content: bytes,
    files: Mapping[str, bytes], row: Mapping[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """What the ledger notes with the intent: enough to write the manifest and to recognise the file later."""
    sha256 = hashlib.sha256(content).hexdigest()
    members = batch.members_of(message_ids)
    named = [{"path": path, "sha256": keys.request_hash(file)} for path, file in files.items()]
    manifest = {
        "manifest_version": VERSION,
        "batch_id": batch.batch_id,
        "tenant": settings.tenant,
        "run_date": batch.run_date.isoformat(),
        "channel": batch.group.channel,
        "journey": batch.group.journey,
        "step": batch.group.step,
        "language": batch.group.language or None,
        "format": batch.format,
        "counts": {"approved": row["n"], "messages": len(members)},
        "files": [{"path": batch.file, "sha256": sha256, "bytes": len(content), "records": len(members)}],
        "templates": [file for file in named if file["path"].startswith("templates/")],
        "template_versions": sorted({m.template_version for m in members}),
        "policy_versions": sorted({m.policy_version for m in members}),
        "approval": {
            "sha256": row["sha256"],
            "by": row["approved_by"],
            "at": row["approved_at"].isoformat() if row["approved_at"] else None,
        },
        "sender": asdict(sender),
    }
    if batch.group.channel == "email" and batch.format == "ndjson":
        manifest["cards"] = {
            "files": [file for file in named if file["path"].startswith("cards/")],
            "named_by_fields": list(_NAMES_CARDS),
        }
        manifest["headers"] = headers(settings, sender, batch.group.language)
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    return {"file": batch.file, "file_sha256": sha256, "n_sent": len(members), "manifest": text}


def headers(settings: Settings, sender: Sender, language: str) -> dict[str, str]:
    """The headers of a mail made of a record; `{name}` stands for the record's value of that name."""
    optional = {"Reply-To": sender.reply_to, "Content-Language": language}
    return {name: value for name, value in optional.items() if value} | {
        "From": f"{json.dumps(sender.name, ensure_ascii=False)} <{sender.address}>",
        "To": "{address}",
        "Subject": "{subject}",
        "Message-ID": f"<{{message_id}}@{keys.mail_host(settings)}>",
        "Feedback-ID": FEEDBACK_ID.replace("{tenant}", settings.tenant),
        "List-Unsubscribe": "<{unsubscribe_link}>",
        "List-Unsubscribe-Post": ONE_CLICK,
    }
