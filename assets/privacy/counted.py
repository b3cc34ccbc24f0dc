"""How many people each erasure reached: numbers and days only, so that an audit can say what cannot come out again."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from assets.messaging.ledger import erasures, exists, open_engine
from orchestration.settings import Settings


def count_erased(tx: sa.Connection, run_date: date, n_persons: int, at: datetime) -> None:
    """Write down that so many people were erased who had not been before."""
    if n_persons:
        tx.execute(sa.insert(erasures).values(run_date=run_date, at=at, n_persons=n_persons))


def n_erased_since(settings: Settings, day: date) -> int:
    """People erased by runs of a day or later: that day was decided while they were known. Changes nothing."""
    engine = open_engine(settings.ledger_url or settings.ledger_path)
    try:
        if not exists(engine) or not sa.inspect(engine).has_table(erasures.name):
            return 0
        with engine.begin() as tx:
            n = tx.execute(sa.select(sa.func.sum(erasures.c.n_persons)).where(erasures.c.run_date >= day)).scalar()
        return int(n or 0)
    finally:
        engine.dispose()
