"""The contracts of the datasets: which columns a source system delivers, of which type, under which key.

The contracts are data (`contracts/<source>.yml`); this module loads them and knows the types' names in DuckDB.
What a *value* must be like is no business of a contract: those rules are expectations (`assets/quality/suites`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa
import yaml

CONTRACTS_DIR = Path(__file__).parent / "contracts"

ColumnType = Literal["text", "integer", "number", "money", "boolean", "instant", "day", "days", "json"]
Mode = Literal["changed_rows", "new_rows", "whole_table"]

DUCKDB_TYPES: Mapping[ColumnType, str] = {
    "text": "varchar",
    "integer": "integer",
    "number": "double",
    "money": "decimal(18, 2)",
    "boolean": "boolean",
    "instant": "timestamptz",
    "day": "date",
    "days": "date[]",
    "json": "varchar",
}

ARROW_TYPES: Mapping[ColumnType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int32(),
    "number": pa.float64(),
    "money": pa.decimal128(18, 2),
    "boolean": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
    "days": pa.list_(pa.date32()),
    "json": pa.string(),
}


class UnusableContract(ValueError):
    """A contract file does not hold what a contract needs."""


class UnknownDataset(KeyError):
    """There is no contract of that name."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset. `paths` are the places of the value in nested JSON, first found wins."""

    name: str
    type: ColumnType
    mandatory: bool = False
    personal: bool = False
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """What one source system promises for one dataset.

    `needed_for_sending`: a delivery that cannot be read might hide a withdrawal, an erasure or an open case,
    so it stops the hand-off; for any other dataset the day goes on without it.
    """

    source: str
    dataset: str
    description: str
    mode: Mode
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    happened_at: str | None = None
    needed_for_sending: bool = False
    one_of: tuple[tuple[str, ...], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.source}/{self.dataset}"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def holds_personal_data(self) -> bool:
        return any(column.personal for column in self.columns)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def arrow_schema(self) -> pa.Schema:
        """The schema of the raw Parquet files: the contract's columns, and where each row came from."""
        fields = [pa.field(column.name, ARROW_TYPES[column.type]) for column in self.columns]
        return pa.schema(
            [
                *fields,
                pa.field("received_on", pa.date32()),
                pa.field("source_file", pa.string()),
                pa.field("source_line", pa.int32()),
            ]
        )


@cache
def load_contracts() -> Mapping[str, Contract]:
    """Every contract by `source/dataset`, in order of source and of the file. Raises `UnusableContract`."""
    contracts: dict[str, Contract] = {}
    for path in sorted(CONTRACTS_DIR.glob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for dataset, declaration in content.items():
            contract = _contract(path.stem, dataset, declaration)
            contracts[contract.name] = contract
    return contracts


def contract_of(source: str, dataset: str) -> Contract:
    """The contract of one dataset. Raises `UnknownDataset` naming those that exist."""
    contracts = load_contracts()
    if (name := f"{source}/{dataset}") not in contracts:
        raise UnknownDataset(f"no contract for {name!r}; there are contracts for {', '.join(contracts)}")
    return contracts[name]


def _contract(source: str, dataset: str, declaration: Mapping[str, Any]) -> Contract:
    columns = tuple(
        Column(name=name, **{**options, "paths": tuple(options.get("paths", ()))})
        for name, options in declaration["columns"].items()
    )
    contract = Contract(
        source=source,
        dataset=dataset,
        description=declaration["description"],
        mode=declaration["mode"],
        key=tuple(declaration["key"]),
        columns=columns,
        happened_at=declaration.get("happened_at"),
        needed_for_sending=declaration.get("needed_for_sending", False),
        one_of=tuple(tuple(group) for group in declaration.get("one_of", ())),
    )
    named = {*contract.key, *(name for group in contract.one_of for name in group)}
    named |= {contract.happened_at} if contract.happened_at else set()
    problems = [f"type {c.type!r} of {c.name}" for c in columns if c.type not in DUCKDB_TYPES]
    problems += [f"column {name!r} is named but not declared" for name in named - set(contract.column_names)]
    if contract.mode not in get_args(Mode):
        problems.append(f"mode {contract.mode!r}")
    if problems:
        raise UnusableContract(f"contracts/{source}.yml, {dataset}: " + "; ".join(sorted(problems)))
    return contract
