"""One small set of deliveries, shared by the tests of this folder: a twentieth of the households."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.demo.generate import write_deliveries
from assets.demo.source import source_file

TODAY = date(2026, 11, 22)
DAYS = 14
FRACTION = 0.05

if not source_file("transactions").exists():
    pytest.skip("the demo's purchases are not installed", allow_module_level=True)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    write_deliveries(path, TODAY, DAYS, fraction=FRACTION)
    return path


@pytest.fixture(scope="session")
def delivered(home: Path) -> duckdb.DuckDBPyConnection:
    """Every generated dataset as one view `<source>_<dataset>` of text, without the planted faults."""
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    for folder in sorted((home / "landing").glob("*/*")):
        parts = []
        for form, reader in (
            ("csv*", "read_csv({}, all_varchar = true, filename = true)"),
            ("ndjson*", "read_json({}, format = 'newline_delimited', filename = true)"),
            ("parquet", "read_parquet({}, filename = true)"),
        ):
            found = sorted(map(str, folder.glob(f"*/{folder.name}.{form}")))
            if found:
                parts.append(f"select *, split(filename, '/')[-2]::date as received_on from {reader.format(found)}")
        name = f"{folder.parent.name}_{folder.name}"
        con.execute(f"create view {name} as {' union all by name '.join(parts)}")
    return con
