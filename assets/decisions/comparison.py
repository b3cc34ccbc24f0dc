"""Two rehearsed ledgers side by side: who is newly contacted, who no longer, what moved, what was crowded out.

Messages are compared by their key, which holds neither time nor version, so the same candidate is the same row in
both. How it is printed belongs to `comparison_text`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from assets.decisions.invariants import Broken, broken_invariants
from assets.decisions.rehearsal import Rehearsed
from assets.queries import Row, records

# One row per message that at least one side decided: held for two days and then sent, it is a send; held until it
# expired, what held it is the reason.
_LAST = """
    select message_id, customer_id, journey, step, channel, class, decision, coalesce(reason, 'SEND') as reason,
        winner_message_id, quarantine_rule, run_date
    from {table}
    qualify row_number() over (
        partition by message_id
        order by decision = 'send' desc, reason is distinct from 'EXPIRED' desc, run_date desc
    ) = 1
"""

_BOTH = """
    create or replace temp table both_sides as
    select
        coalesce(base.message_id, head.message_id) as message_id,
        coalesce(base.customer_id, head.customer_id) as customer_id,
        coalesce(base.journey, head.journey) as journey,
        coalesce(base.step, head.step) as step,
        coalesce(base.channel, head.channel) as channel,
        coalesce(base.reason, 'NO CANDIDATE') as base_reason,
        coalesce(head.reason, 'NO CANDIDATE') as head_reason,
        head.winner_message_id,
        head.quarantine_rule
    from ({base}) as base
    full join ({head}) as head on base.message_id = head.message_id
"""

_BY_JOURNEY = """
    with messages as (
        select journey,
            count(*) filter (base_reason = 'SEND') as n_base,
            count(*) filter (head_reason = 'SEND') as n_head,
            count(*) filter (head_reason = 'SEND' and base_reason <> 'SEND') as n_gained,
            count(*) filter (head_reason <> 'SEND' and base_reason = 'SEND') as n_lost,
            count(distinct customer_id) filter (head_reason = 'SEND') as n_people
        from both_sides
        group by journey
    )
    select * from messages order by n_gained + n_lost desc, journey
"""

_PEOPLE = """
    with people as (
        select customer_id, bool_or(base_reason = 'SEND') as in_base, bool_or(head_reason = 'SEND') as in_head
        from both_sides
        group by customer_id
    )
    select
        count(*) filter (in_head and not in_base) as n_newly,
        count(*) filter (in_base and not in_head) as n_no_longer,
        count(*) filter (in_base and in_head) as n_both,
        list_sort(list(customer_id) filter (in_head and not in_base))[1:5] as newly,
        list_sort(list(customer_id) filter (in_base and not in_head))[1:5] as no_longer
    from people
"""

_MOVED = """
    select journey, base_reason, head_reason, count(*) as n
    from both_sides
    where base_reason <> head_reason
    group by all
    order by n desc, journey, base_reason, head_reason
"""

# A message that the base version sends and the other does not, because something else came first.
_CROWDED_OUT = """
    select
        lost.journey,
        coalesce(winner.journey, lost.quarantine_rule, 'a later message') as by_whom,
        lost.head_reason as reason,
        count(*) as n,
        any_value(past.revenue_minor / nullif(past.n_sent, 0)) as past_revenue_minor_per_message,
        count(*) * any_value(past.revenue_minor / nullif(past.n_sent, 0)) as at_stake_minor
    from both_sides as lost
    left join both_sides as winner on lost.winner_message_id = winner.message_id
    left join facts.past_value as past on lost.journey = past.journey
    where lost.base_reason = 'SEND'
        and lost.head_reason in ('OUTRANKED', 'QUARANTINED', 'RESERVED', 'DUPLICATE_ADDRESS')
    group by all
    order by at_stake_minor desc nulls last, n desc, lost.journey, by_whom
"""

_VOLUME = """
    select
        run_date,
        count(*) filter (side = 'base') as n_base,
        count(*) filter (side = 'head') as n_head
    from (
        select run_date, 'base' as side from {base} where decision = 'send'
        union all
        select run_date, 'head' as side from {head} where decision = 'send'
    )
    group by run_date
    order by run_date
"""


@dataclass(frozen=True)
class Comparison:
    """What changes from base to head. Counts are messages where not said otherwise; money in minor units."""

    base: Rehearsed
    head: Rehearsed
    people: Row
    by_journey: Sequence[Row]
    moved: Sequence[Row]
    crowded_out: Sequence[Row]
    volume: Sequence[Row]
    broken: Sequence[Broken]

    @property
    def is_unchanged(self) -> bool:
        """Neither a message nor a reason differs."""
        return not self.moved


def compare(connection: duckdb.DuckDBPyConnection, base: Rehearsed, head: Rehearsed) -> Comparison:
    """Compare two rehearsals of the same days. Invariants are tested on `head`, the version that is to go live."""
    connection.execute(_BOTH.format(base=_LAST.format(table=base.table), head=_LAST.format(table=head.table)))
    return Comparison(
        base=base,
        head=head,
        people=records(connection, _PEOPLE)[0],
        by_journey=records(connection, _BY_JOURNEY),
        moved=records(connection, _MOVED),
        crowded_out=records(connection, _CROWDED_OUT),
        volume=records(connection, _VOLUME.format(base=base.table, head=head.table)),
        broken=broken_invariants(connection, head.table),
    )
