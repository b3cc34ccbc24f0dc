"""The offline evaluation of recommendations as people read it: rows of the mart, and a table of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

COLUMNS = ("method", "customers", "recall@4", "with a hit", "filled", "coverage")


@dataclass(frozen=True)
class Judged:
    """One method. Recall and hit rate are means over customers; shares are between 0 and 1."""

    method: str
    n_customers: int
    recall_at_4: float
    hit_rate: float
    fill_rate: float
    coverage: float

    def cells(self) -> tuple[str, ...]:
        return (
            self.method,
            f"{self.n_customers:,}",
            f"{self.recall_at_4:.4f}",
            f"{self.hit_rate:.3f}",
            f"{self.fill_rate:.3f}",
            f"{self.coverage:.4f}",
        )


def read_evaluation(database: Path) -> list[Judged]:
    """The methods, the best first; buy_again, which is judged on everything bought and not on new products, last."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select method, n_customers, recall_at_4, hit_rate, fill_rate, coverage "
            "from marts.rpt_recommendation_methods order by method = 'buy_again', recall_at_4 desc, method"
        ).fetchall()
    return [Judged(*row) for row in rows]


def markdown(methods: list[Judged]) -> str:
    head = f"| {' | '.join(COLUMNS)} |\n|---|{'---:|' * (len(COLUMNS) - 1)}\n"
    return head + "\n".join(f"| {' | '.join(method.cells())} |" for method in methods)
