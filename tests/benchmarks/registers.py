"""Registers of people with a truth: how they are put through the identity models, and how the answer is scored.

Belongs here: rules for registers, reading and delivering rows, precision and recall. Not here: the rows of a set, or
what is good enough.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.dbt.customers.chain import Chain, compile_chain
from tests.dbt.customers.test_identity import INPUTS, MODELS, RUN_DATE

ACCOUNTS = "staging.stg_webshop__accounts"
DATES = ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y")
FIELDS = (
    *("email", "phone", "member_id", "first_name", "last_name", "birth_date", "street", "postal_code", "city"),
    *("country", "company_name", "organisation_number"),
)

# More descriptions than a shop of a million customers can afford; in a small register they still fit one person.
REGISTER = {
    "name_and_birth_date": {"fields": ["name", "birth_date"], "guard": "none"},
    "birth_date_and_postal_code": {"fields": ["birth_date", "postal_code"], "guard": "either_name"},
    "birth_date_and_street": {"fields": ["birth_date", "street"], "guard": "either_name"},
    "birth_date_and_city": {"fields": ["birth_date", "city"], "guard": "either_name"},
    "birth_date_and_last_name": {"fields": ["birth_date", "last_name"], "guard": "first_name"},
    "birth_date_and_first_name": {"fields": ["birth_date", "first_name"], "guard": "either_name"},
    "address": {"fields": ["postal_code", "street", "house_number"], "guard": "either_name"},
    "name_and_postal_code": {"fields": ["name", "postal_code"], "guard": "none"},
    "name_and_street": {"fields": ["name", "street"], "guard": "none"},
    "name_and_city": {"fields": ["name", "city"], "guard": "birth_date"},
    "first_name_and_house": {"fields": ["first_name", "postal_code", "house_number"], "guard": "none"},
    "last_name_and_house": {"fields": ["last_name", "postal_code", "house_number"], "guard": "either_name"},
    "company_and_postal_code": {"fields": ["company", "postal_code"], "guard": "company_form"},
}

# Pairs are counted by groups: n records together are n(n-1)/2 pairs.
SCORE = """
    with
        pairs(grouping_set, n) as (
            select 'found', sum(n * (n - 1) / 2) from (select count(*) as n from judged group by customer_id)
            union all
            select 'true', sum(n * (n - 1) / 2) from (select count(*) as n from judged group by person)
            union all
            select 'right', sum(n * (n - 1) / 2) from (select count(*) as n from judged group by customer_id, person)
        )
    select
        max(n) filter (where grouping_set = 'found'),
        max(n) filter (where grouping_set = 'true'),
        max(n) filter (where grouping_set = 'right'),
        (
            select coalesce(max(n), 0)
            from (select count(distinct person) as n from judged group by customer_id having count(distinct person) > 1)
        )
    from pairs
"""


@dataclass(frozen=True)
class Score:
    """Pairwise precision and recall, and the most people that one customer holds."""

    precision: float
    recall: float
    most_people: int
    true_pairs: int = 0

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)

    def reaches(self, least: Score) -> bool:
        return (
            self.precision >= least.precision and self.recall >= least.recall and self.most_people <= least.most_people
        )

    def __str__(self) -> str:
        return (
            f"true pairs {self.true_pairs:,}  precision {self.precision:.4f}  recall {self.recall:.4f}  "
            f"F1 {self.f1:.4f}  most people in one customer {self.most_people}"
        )


def score(connection: duckdb.DuckDBPyConnection) -> Score:
    """The figures of the table `judged` (customer_id, person)."""
    row = connection.execute(SCORE).fetchone()
    assert row is not None
    found, true, right, worst = (float(value or 0) for value in row)
    return Score(right / max(found, 1), right / max(true, 1), int(worst), int(true))


def shop_chain(home: Path) -> Chain:
    """The identity models as the daily run has them."""
    return _compiled(home, {})


def register_chain(home: Path) -> Chain:
    """The identity models for a small register: nothing in it is exclusive, and more descriptions link."""
    return _compiled(home, {"identity_exclusive": [], "identity_descriptions": REGISTER})


def _compiled(home: Path, variables: Mapping[str, Any]) -> Chain:
    with contextlib.redirect_stdout(io.StringIO()):  # dbt prints what it has compiled
        return compile_chain(home, MODELS, INPUTS, variables=variables)


def register(chain: Chain, rows: Sequence[Mapping[str, Any]]) -> Score:
    """Deliver `rows` (fields of FIELDS and `person`, the truth) as accounts, run the models, score the customers."""
    accounts = [
        {field: value for field, value in row.items() if field in FIELDS}
        | {"account_id": str(number), "updated_at": RUN_DATE, "first_received_on": RUN_DATE}
        for number, row in enumerate(rows)
    ]
    chain.run(RUN_DATE, {ACCOUNTS: accounts})
    connection = chain.connection
    connection.execute("create or replace temp table truth (record_id varchar, person varchar)")
    connection.executemany(
        "insert into truth values (?, ?)", [(f"webshop:{number}", row["person"]) for number, row in enumerate(rows)]
    )
    connection.execute(
        "create or replace temp table judged as select persons.customer_id, truth.person "
        "from intermediate.int_identity__persons as persons join truth using (record_id)"
    )
    return score(connection)


def read_csv(files: Iterable[Path], mapping: Mapping[str, str], truth: str) -> list[dict[str, Any]]:
    """Rows for `register`: `mapping` is field → COLUMN[+COLUMN], `truth` a column or column:regular expression."""
    column, _, pattern = truth.partition(":")
    fields = {field: _joined(source.split("+")) for field, source in mapping.items()}
    if "birth_date" in fields:
        fields["birth_date"] = f"try_strptime({fields['birth_date']}, {list(DATES)})::date"
    selects = " union all by name ".join(
        f"select * from read_csv('{path}', all_varchar = true, header = true)" for path in files
    )
    with duckdb.connect() as connection:
        columns = ", ".join(f"{sql} as {field}" for field, sql in fields.items())
        found = connection.execute(f'select "{column}" as person, {columns} from ({selects})')
        names = [each[0] for each in found.description or ()]
        rows = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
    for row in rows if pattern else ():
        match = re.search(pattern, row["person"])
        row["person"] = match.group(1) if match else row["person"]
    return rows


def _joined(columns: list[str]) -> str:
    """SQL for the columns' texts with a space between them; null if there are none."""
    texts = ", ".join(f"nullif(trim(\"{name}\"), '')" for name in columns)
    return f"nullif(concat_ws(' ', {texts}), '')"
