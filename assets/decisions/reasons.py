"""What the ledger decided on one day, by reason: what people look for on the ledger's own page in the Dagster UI."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

_BY_REASON = """
    select
        decisions.decision, decisions.reason, count(*) as messages, count(distinct decisions.customer_id) as people,
        any_value(reasons.sentence) as meaning
    from marts.fct_contact_decisions as decisions
    left join seeds.decision_reasons as reasons using (reason)
    where decisions.run_date = ?
    group by decisions.decision, decisions.reason
    order by decisions.decision = 'send' desc, decisions.decision, messages desc, decisions.reason
"""


def count_by_reason(warehouse: Path, run_date: date) -> list[dict[str, Any]]:
    """Messages and people of a day's ledger by decision and reason, with the sentence of each reason."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(_BY_REASON, [run_date])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
