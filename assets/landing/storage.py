"""Where landed data lies: raw and reject files, their manifests, and the empty files that dbt's globs rely on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from assets.landing.contract import Contract, load_contracts
from orchestration.files import write_atomically
from orchestration.settings import Settings

MANIFEST_FORMAT = 1
EMPTY = "_empty.parquet"

REJECTS_SCHEMA = pa.schema(
    [
        ("received_on", pa.date32()),
        ("source", pa.string()),
        ("dataset", pa.string()),
        ("source_file", pa.string()),
        ("source_line", pa.int32()),
        ("column_name", pa.string()),
        ("rule", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
    ]
)


def raw_path(settings: Settings, contract: Contract, received_on: date) -> Path:
    return settings.raw_dir / contract.source / contract.dataset / f"{received_on}.parquet"


def rejects_path(settings: Settings, contract: Contract, received_on: date) -> Path:
    return settings.rejects_dir / contract.source / contract.dataset / f"{received_on}.parquet"


def manifest_path(settings: Settings, contract: Contract, received_on: date) -> Path:
    return raw_path(settings, contract, received_on).with_suffix(".manifest.json")


def write_table(target: Path, table: pa.Table) -> None:
    write_atomically(target, lambda path: pq.write_table(table, path, compression="zstd"))


def read_manifest(settings: Settings, contract: Contract, received_on: date) -> dict[str, Any] | None:
    path = manifest_path(settings, contract, received_on)
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content if content.get("format") == MANIFEST_FORMAT else None


def write_manifest(settings: Settings, contract: Contract, received_on: date, report: Mapping[str, Any]) -> None:
    content = json.dumps({"format": MANIFEST_FORMAT, "report": report}, indent=1, ensure_ascii=False)
    write_atomically(
        manifest_path(settings, contract, received_on),
        lambda path: path.write_text(content + "\n", encoding="utf-8"),
    )


def ensure_raw(settings: Settings, extra_schemas: Mapping[str, pa.Schema] | None = None) -> None:
    """One empty typed file per dataset, so that dbt's globs match before anything was delivered.

    `extra_schemas` are those of sources that others write, as `{"source/table": schema}`.
    """
    for contract in load_contracts().values():
        _ensure_empty(settings.raw_dir / contract.source / contract.dataset, contract.arrow_schema())
        _ensure_empty(settings.rejects_dir / contract.source / contract.dataset, REJECTS_SCHEMA)
    for name, schema in (extra_schemas or {}).items():
        _ensure_empty(settings.raw_dir / name, schema)


def _ensure_empty(folder: Path, schema: pa.Schema) -> None:
    path = folder / EMPTY
    # Written again when a contract has got another column, which older files cannot know.
    if not path.exists() or not pq.read_schema(path).equals(schema):
        write_table(path, schema.empty_table())
