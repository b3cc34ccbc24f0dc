"""What must hold in any ledger, whatever the policy file says: tested on a rehearsed one before it goes live.

The same promises are dbt tests on each day's real ledger (tests/singular/decisions), where they stop the hand-off.
These here look at a span of days at once, and at sends that are only simulated.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

QUIET_HOURS = 48

_TOUCHES = """
    select customer_id, journey, step, anchor, class, run_date, min(send_at) as first_at, max(send_at) as last_at
    from {table}
    where decision = 'send' and class <> 'service'
    group by all
"""

INVARIANTS = {
    "two post-purchase messages to one person within 48 hours": """
        select count(*)
        from ({touches}) as one
        inner join ({touches}) as other
            on one.customer_id = other.customer_id
            and (one.journey, one.step, one.anchor) <> (other.journey, other.step, other.anchor)
            and other.first_at >= one.last_at
            and other.first_at < one.last_at + interval {hours} hours
        where one.class = 'post_purchase' and other.class = 'post_purchase'
    """,
    "a newsletter within 48 hours after a post-purchase message": """
        select count(*)
        from ({touches}) as purchase
        inner join ({touches}) as newsletter
            on purchase.customer_id = newsletter.customer_id
            and newsletter.first_at >= purchase.last_at
            and newsletter.first_at < purchase.last_at + interval {hours} hours
        where purchase.class = 'post_purchase' and newsletter.class = 'newsletter'
    """,
    "two marketing touches to one person in one run": """
        select count(*)
        from (select customer_id, run_date from ({touches}) group by all having count(*) > 1)
    """,
    "a business customer in a consumer journey": """
        select count(*)
        from {table} as decisions
        inner join staging.stg_templates__journeys as journeys using (journey)
        inner join facts.dim_customers as customers using (customer_id)
        where decisions.decision = 'send' and journeys.audience_customer_type <> 'any'
            and customers.customer_type is distinct from journeys.audience_customer_type
    """,
    "a message without permission": """
        select count(*) from {table} where decision = 'send' and permission_id is null
    """,
    "the same message twice": """
        select count(*) - count(distinct message_id) from {table} where decision = 'send'
    """,
    "a message outside its validity": """
        select count(*) from {table} where decision = 'send' and (send_at < due_at or send_at >= expires_at)
    """,
}


@dataclass(frozen=True)
class Broken:
    """An invariant that does not hold, and how often."""

    what: str
    n: int


def broken_invariants(connection: duckdb.DuckDBPyConnection, table: str) -> list[Broken]:
    """The invariants that the ledger in `table` breaks; empty is good."""
    found = []
    for what, sql in INVARIANTS.items():
        filled = sql.format(table=table, touches=_TOUCHES.format(table=table), hours=QUIET_HOURS)
        (n,) = connection.execute(filled).fetchone() or (0,)
        if n:
            found.append(Broken(what, n))
    return found
