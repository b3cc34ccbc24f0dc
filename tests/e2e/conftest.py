"""One demo for all tests of its days: it takes minutes, and running it again changes nothing that they look at."""

from __future__ import annotations

import duckdb
import pytest

from tests.e2e.demo import Demo, Published, run_demo


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A finished demo."""
    home = tmp_path_factory.mktemp("stranger")
    return home, run_demo(home).stdout


@pytest.fixture(scope="package")
def published(demo: Demo) -> Published:
    """Rows of the demo's published tables, instants in UTC."""
    tables = ("fct_contact_decisions", "fct_messages", "dim_customers", "fct_permissions")
    with duckdb.connect(str(demo[0] / "var/published/fredning.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = {table: connection.sql(f"from marts.{table}").df().astype(object).to_dict("records") for table in tables}
        rows["reasons"] = connection.sql("from seeds.decision_reasons").df().to_dict("records")
    return rows
