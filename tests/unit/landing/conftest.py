"""A shop of its own for every test: deliveries go in, raw rows and rejects come out."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from assets.landing.contract import Contract, contract_of
from assets.landing.land import LandingReport, land_dataset
from orchestration.settings import Settings

DAY = date(2026, 11, 20)

# Rows that keep every rule; tests change what they are about.
GOOD: Mapping[str, Mapping[str, Any]] = {
    "webshop/orders": {
        "order_id": "W1",
        "email": "kari.nordmann@post.example",
        "placed_at": "2026-11-19T10:00:00Z",
        "status": "placed",
        "currency": "NOK",
        "total_amount": "199.00",
        "updated_at": "2026-11-19T10:00:00Z",
    },
    "webshop/order_lines": {
        "order_id": "W1",
        "line_number": "1",
        "product_id": "p1",
        "quantity": "1",
        "unit_price": "199.00",
        "line_amount": "199.00",
    },
    "club/members": {
        "member_id": "M1",
        "email": "kari.nordmann@post.example",
        "phone": "+47 912 34 567",
        "first_name": "Kari",
        "last_name": "Nordmann",
        "birth_date": "1980-05-17",
        "customer_type": "b2c",
        "joined_at": "2020-01-01T00:00:00Z",
        "updated_at": "2026-11-19T10:00:00Z",
    },
    "consent/events": {
        "event_id": "c1",
        "occurred_at": "2026-11-19T10:00:00Z",
        "address": "kari.nordmann@post.example",
        "channel": "email",
        "purpose": "marketing",
        "action": "granted",
        "source": "webshop",
    },
}


@dataclass
class Shop:
    """The landing folder of one test, and what became of it."""

    settings: Settings

    def deliver(self, dataset: str, content: bytes | str, name: str = "file.csv", day: date = DAY) -> Path:
        path = self.settings.landing_dir / dataset / day.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return path

    def deliver_rows(
        self, dataset: str, rows: Sequence[Mapping[str, Any]], name: str = "file.csv", day: date = DAY
    ) -> Path:
        """Rows that differ from a good one only in what is given."""
        complete = [{**GOOD[dataset], **row} for row in rows]
        if "ndjson" in name:
            return self.deliver(dataset, "".join(json.dumps(row) + "\n" for row in complete), name, day)
        columns = list(dict.fromkeys(column for row in complete for column in row))
        lines = [",".join(columns), *(",".join(str(row.get(c, "")) for c in columns) for row in complete)]
        return self.deliver(dataset, "\n".join(lines) + "\n", name, day)

    def land(self, dataset: str, day: date = DAY, **options: Any) -> LandingReport:
        return land_dataset(self.settings, *dataset.split("/"), day, **options)

    def contract(self, dataset: str) -> Contract:
        return contract_of(*dataset.split("/"))

    def raw_file(self, dataset: str, day: date = DAY) -> Path:
        return self.settings.raw_dir / dataset / f"{day}.parquet"

    def raw(self, dataset: str, columns: str = "*", day: date = DAY) -> list[tuple[Any, ...]]:
        """The landed rows; instants in UTC."""
        return self._rows(self.raw_file(dataset, day), columns, "source_file, source_line")

    def rejects(self, dataset: str, columns: str = "source_line, column_name, rule", day: date = DAY) -> list[Any]:
        path = self.settings.rejects_dir / dataset / f"{day}.parquet"
        return self._rows(path, columns, "source_file, source_line, column_name") if path.exists() else []

    def _rows(self, path: Path, columns: str, order: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")
            return connection.sql(f"select {columns} from '{path}' order by {order}").fetchall()

    def everything_written(self) -> bytes:
        """Every byte below the home except what the sources delivered, Parquet values in plain text."""
        found = []
        for path in sorted(self.settings.home.rglob("*")):
            if not path.is_file() or path.is_relative_to(self.settings.landing_dir):
                continue
            if path.suffix == ".parquet" and path.is_relative_to(self.settings.raw_dir):
                continue
            if path.suffix == ".parquet":
                found.append(str(self._rows(path, "*", "all")).encode())
            found.append(path.read_bytes())
        return b"\n".join(found)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(Settings(home=tmp_path / "var"))


@pytest.fixture
def parquet_bytes() -> Any:
    """Parquet bytes of columns given as Arrow arrays or lists."""

    def make(columns: Mapping[str, Any]) -> bytes:
        import pyarrow.parquet as pq

        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(dict(columns)), sink)
        return sink.getvalue().to_pybytes()

    return make


def only_error(shop: Shop, dataset: str = "webshop/orders") -> str:
    report = shop.land(dataset)
    assert len(report.contract_errors) == 1, report.contract_errors
    return report.contract_errors[0]
