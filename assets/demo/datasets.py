"""What is delivered, in which form: one entry per dataset, and the writer of its files.

Formats differ on purpose between sources and between the first delivery and the daily ones, as they
do at a retailer whose systems were bought in different decades. Files are written in a fixed order
with nothing of the clock in them, so the same facts give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

Mode = Literal["changed", "new", "whole"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """How one dataset is delivered; `key` orders the rows and identifies a changed row."""

    source: str
    name: str
    mode: Mode
    key: tuple[str, ...]
    first_format: str
    daily_format: str
    # The tills know no time zone: their instants are local time of the shop, without an offset.
    is_local_time: bool = False

    @property
    def table(self) -> str:
        return f"{self.source}.{self.name}"


DATASETS = (
    Dataset("club", "members", "changed", ("member_id",), "csv.gz", "csv"),
    Dataset("webshop", "accounts", "changed", ("account_id",), "ndjson.zst", "ndjson"),
    Dataset("pos", "customers", "changed", ("pos_customer_id",), "csv", "csv", True),
    Dataset("webshop", "orders", "changed", ("order_id",), "ndjson.zst", "ndjson"),
    Dataset("webshop", "order_lines", "new", ("order_id", "line_number"), "parquet", "ndjson.gz"),
    Dataset("webshop", "returns", "new", ("return_id",), "ndjson.gz", "ndjson"),
    Dataset("pos", "returns", "new", ("return_id",), "csv.gz", "csv", True),
    Dataset("pos", "receipts", "new", ("receipt_id",), "csv.gz", "csv", True),
    Dataset("pos", "receipt_lines", "new", ("receipt_id", "line_number"), "parquet", "csv.gz", True),
    Dataset("logistics", "deliveries", "changed", ("order_id",), "csv.gz", "csv"),
    Dataset("catalogue", "products", "changed", ("id",), "csv.zst", "csv"),
    Dataset("catalogue", "relations", "whole", ("kind", "from_group", "from_product_id", "rank",
            "to_group", "to_product_id"), "csv", "csv"),
    Dataset("catalogue", "campaigns", "whole", ("campaign_id",), "csv", "csv"),
    Dataset("tracker", "events", "new", ("timestamp", "messageId"), "ndjson.zst", "ndjson.zst"),
    Dataset("consent", "events", "new", ("occurred_at", "event_id"), "ndjson.gz", "ndjson"),
    Dataset("service", "cases", "changed", ("case_id",), "csv", "csv"),
    Dataset("loyalty", "benefits", "changed", ("benefit_id",), "parquet", "parquet"),
    Dataset("provider", "events", "new", ("occurred_at", "event_id"), "ndjson.zst", "ndjson"),
    Dataset("privacy", "erasures", "new", ("request_id",), "csv", "csv"),
)  # fmt: skip

COPY_OPTIONS = {
    "csv": "format csv, header",
    "csv.gz": "format csv, header, compression gzip",
    "csv.zst": "format csv, header, compression zstd",
    "ndjson": "format json",
    "ndjson.gz": "format json, compression gzip",
    "ndjson.zst": "format json, compression zstd",
    "parquet": "format parquet, compression zstd",
}


def write_dataset(
    con: duckdb.DuckDBPyConnection, dataset: Dataset, landing: Path, first_day: date, today: date
) -> list[Path]:
    """One file per day on which the dataset has something to deliver; what is later stays unwritten.

    A changed-rows delivery holds each key once, in its newest version of that day.
    """
    columns = [
        (name, kind) for name, kind, *_ in con.execute(f"describe {dataset.table}").fetchall() if name != "received_on"
    ]
    days = con.execute(
        f"select distinct received_on from {dataset.table} where received_on <= ? order by 1",
        [today],
    ).fetchall()
    order = ", ".join(f'"{name}"' for name in dataset.key)
    newest = (
        f"qualify row_number() over (partition by {order} order by updated_at desc) = 1"
        if dataset.mode == "changed"
        else ""
    )
    written = []
    for (day,) in days:
        form = dataset.first_format if day == first_day else dataset.daily_format
        path = landing / dataset.source / dataset.name / day.isoformat() / f"{dataset.name}.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        chosen = ", ".join(_formatted(*column, form, dataset.is_local_time) for column in columns)
        con.execute(
            f"""
            copy (
                select {chosen} from (
                    select * from {dataset.table} where received_on = date '{day}' {newest}
                )
                order by {order}
            ) to '{path}' ({COPY_OPTIONS[form]})
            """
        )
        written.append(path)
    return written


def _formatted(name: str, kind: str, form: str, is_local_time: bool) -> str:
    """The column as its file format writes it; only Parquet knows instants and lists itself."""
    column = f'"{name}"'
    if form != "parquet" and kind == "TIMESTAMP WITH TIME ZONE":
        zone, pattern = ("Europe/Oslo", "%Y-%m-%d %H:%M:%S") if is_local_time else (
            "UTC", "%Y-%m-%dT%H:%M:%SZ")  # fmt: skip
        return f"strftime({column} at time zone '{zone}', '{pattern}') as {column}"
    if form.startswith("csv") and kind.endswith("[]"):
        return f"to_json({column})::varchar as {column}"
    return column
