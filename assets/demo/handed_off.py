"""Reads what was handed off on a day, as the demo's provider would: manifests first, then their files.

Only files that a manifest names are read; a file without one was never handed off.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import zstandard

_PRODUCT_LINK = re.compile(r"https://shop\.example/p/(\d+)")
# How a record refers to a card.
_NAME = re.compile(r'"([0-9a-f]{16})"')
_CART = re.compile(r"\bcart-[0-9a-f]{14}\b")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message as the provider got it, and what its receiver could click on."""

    message_id: str
    channel: str
    address: str
    send_at: datetime
    message_class: str
    journey: str
    variant: str
    branch: str
    product_ids: tuple[str, ...]
    cart_id: str | None


def handed_off(outbox: Path, run_date: date) -> list[Delivered]:
    """Every message of the day's batches, by message id."""
    messages: dict[str, Delivered] = {}
    for manifest_path in sorted((outbox / run_date.isoformat()).glob("*.manifest.json")):
        manifest = json.loads(manifest_path.read_text())
        cards = _cards(outbox, manifest)
        for entry in manifest["files"]:
            for record, text in _records(outbox / entry["path"], cards):
                message = _delivered(record, text, manifest)
                messages[message.message_id] = message
    return [messages[message_id] for message_id in sorted(messages)]


def _cards(outbox: Path, manifest: dict[str, Any]) -> dict[str, str]:
    """The products that records refer to by name, each as text."""
    files = manifest.get("cards", {}).get("files", [])
    return {name: json.dumps(card) for file in files for name, card in json.loads(_read(outbox / file["path"])).items()}


def _read(path: Path) -> bytes:
    content = path.read_bytes()
    if path.suffix != ".zst":
        return content
    # Read as a stream: a frame need not say how large its content is.
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read()


def _records(path: Path, cards: dict[str, str]) -> list[tuple[dict[str, Any], str]]:
    """The records of a hand-off file, each with the text in which links are looked for."""
    content = _read(path)
    if ".tar" not in path.suffixes:
        lines = content.decode().splitlines()
        return [(json.loads(line), _NAME.sub(lambda name: cards.get(name[1], name[0]), line)) for line in lines if line]
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        bodies = {
            member.name: (tar.extractfile(member) or io.BytesIO()).read().decode(errors="replace")
            for member in tar.getmembers()
        }
    index = bodies.pop("index.ndjson").splitlines()
    records = [json.loads(line) for line in index if line]
    # Soft line breaks of quoted-printable may cut a link in two.
    return [
        (record, bodies.get(f"{record['message_id']}.eml", "").replace("=\n", "").replace("=\r\n", ""))
        for record in records
    ]


def _delivered(record: dict[str, Any], text: str, manifest: dict[str, Any]) -> Delivered:
    cart = _CART.search(text)
    return Delivered(
        message_id=record["message_id"],
        channel=record.get("channel") or manifest["channel"],
        address=record["address"],
        send_at=datetime.fromisoformat(record["send_at"]),
        message_class=record.get("class") or "lifecycle",
        journey=record.get("journey") or manifest.get("journey") or "",
        variant=record.get("variant") or "",
        branch=record.get("branch") or "",
        product_ids=tuple(dict.fromkeys(_PRODUCT_LINK.findall(text))),
        cart_id=cart[0] if cart else None,
    )
