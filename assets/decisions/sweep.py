"""What another contact policy would have meant: quarantine windows and caps tried over past days.

Each setting is a rehearsal of its own. What it earns is told with what messages of the same journeys brought in the
past (`facts.past_value`), which is an association and no effect: compare settings with it, do not bank on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from assets.decisions.invariants import Broken, broken_invariants
from assets.decisions.rehearsal import Stage

HOUR = 3600


@dataclass(frozen=True)
class Setting:
    """One point of the sweep: hours of every rule that lets one message through, cap of every rule that lets more.

    None leaves the policy's own value.
    """

    window_hours: int | None = None
    cap: int | None = None

    @property
    def label(self) -> str:
        """Its name in tables."""
        parts = []
        if self.window_hours is not None:
            parts.append(f"{self.window_hours} h quarantine")
        if self.cap is not None:
            parts.append(f"at most {self.cap}")
        return ", ".join(parts) or "policy as it is"

    def apply(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Change the landed policy of a stage."""
        if self.window_hours is not None:
            connection.execute(
                "update staging.stg_templates__policy_rules set window_seconds = ? where max_messages = 1",
                [self.window_hours * HOUR],
            )
        if self.cap is not None:
            connection.execute(
                "update staging.stg_templates__policy_rules set max_messages = ? where max_messages > 1", [self.cap]
            )


@dataclass(frozen=True)
class Outcome:
    """What a setting did over all days. Money in minor units; `n_opt_outs` is expected from past rates."""

    setting: Setting
    n_messages: int
    n_people: int
    n_left_in_peace: int
    n_held: int
    revenue_seen_minor: float
    n_opt_outs: float
    broken: tuple[Broken, ...]


# Left in peace: somebody for whom a message passed every gate but the policy, and who got none in all these days.
_OUTCOME = """
    with ledger as (select * from {table}),

    people as (
        select
            customer_id,
            bool_or(decision = 'send') as is_contacted,
            bool_or(reason in ('QUARANTINED', 'RESERVED', 'OUTRANKED')) as is_held
        from ledger
        group by customer_id
    ),

    value as (
        select
            count(*) as n_messages,
            sum(past.revenue_minor / nullif(past.n_sent, 0)) as revenue_minor,
            sum(past.n_unsubscribed / nullif(past.n_sent, 0)) as n_opt_outs
        from ledger
        left join facts.past_value as past using (journey)
        where ledger.decision = 'send'
    )

    select
        value.n_messages,
        (select count(*) from people where is_contacted),
        (select count(*) from people where is_held and not is_contacted),
        (select count(distinct message_id) from ledger where reason = 'QUARANTINED'),
        coalesce(value.revenue_minor, 0)::double,
        coalesce(value.n_opt_outs, 0)::double
    from value
"""


def sweep(
    stage: Stage,
    templates_dir: Path,
    settings: Sequence[Setting],
    first: date,
    last: date,
    say: Callable[[str], None],
) -> list[Outcome]:
    """Rehearse the days with each setting."""
    outcomes = []
    for number, setting in enumerate(settings):
        rehearsed = stage.rehearse(f"setting_{number}", templates_dir, first, last, change=setting.apply)
        found: Any = stage.connection.execute(_OUTCOME.format(table=rehearsed.table)).fetchone()
        broken = broken_invariants(stage.connection, rehearsed.table)
        messages, people, in_peace, held, revenue, opt_outs = found
        outcomes.append(Outcome(setting, messages, people, in_peace, held, revenue, opt_outs, tuple(broken)))
        say(f"{setting.label}: {outcomes[-1].n_messages:,} messages")
    return outcomes


def as_markdown(outcomes: Sequence[Outcome], first: date, last: date, currency: str) -> str:
    """The sweep as a table with a bar for the number of messages."""
    return "\n".join(_lines(outcomes, first, last, currency)) + "\n"


def _lines(outcomes: Sequence[Outcome], first: date, last: date, currency: str) -> Iterator[str]:
    most = max((o.n_messages for o in outcomes), default=0) or 1
    width = max(len(o.setting.label) for o in outcomes)
    yield f"## Contact policy, {first} to {last}"
    yield ""
    headings = ("messages", "people", "in peace", "held", f"past {currency}", "opt-outs")
    yield f"| {'policy'.ljust(width)} | {' | '.join(h.rjust(10) for h in headings)} | messages |"
    yield f"|{'-' * (width + 2)}|{'|'.join('-' * 11 + ':' for _ in headings)}|---|"
    for o in outcomes:
        numbers = (
            f"{o.n_messages:,}",
            f"{o.n_people:,}",
            f"{o.n_left_in_peace:,}",
            f"{o.n_held:,}",
            f"{o.revenue_seen_minor / 100:,.0f}",
            f"{o.n_opt_outs:,.1f}",
        )
        bar = "█" * round(30 * o.n_messages / most)
        yield f"| {o.setting.label.ljust(width)} | {' | '.join(n.rjust(10) for n in numbers)} | {bar} |"
    yield ""
    yield "In peace: people for whom something was ready, and who got nothing. Held: messages that met a full window."
    yield f"Past {currency} and opt-outs: what messages of the same journeys brought before; an association, no effect."
    for o in outcomes:
        for broken in o.broken:
            yield f"{o.setting.label}: breaks an invariant ({broken.what}: {broken.n:,})."


def as_svg(outcomes: Sequence[Outcome]) -> str:
    """Messages and people left in peace per setting, as bars; figures stand at the bars, so colour carries nothing."""
    from html import escape

    row, left, most = 44, 190, max((o.n_messages for o in outcomes), default=0) or 1
    most_people = max((o.n_left_in_peace for o in outcomes), default=0) or 1
    body = []
    for number, o in enumerate(outcomes):
        y = 30 + number * row
        sent, peace = round(300 * o.n_messages / most), round(300 * o.n_left_in_peace / most_people)
        body.append(
            f'<text x="0" y="{y + 19}">{escape(o.setting.label)}</text>'
            f'<rect x="{left}" y="{y}" width="{sent}" height="14" fill="#2f6f73"/>'
            f'<text x="{left + sent + 6}" y="{y + 12}">{o.n_messages:,} messages</text>'
            f'<rect x="{left}" y="{y + 17}" width="{peace}" height="14" fill="#b8c7a6"/>'
            f'<text x="{left + peace + 6}" y="{y + 29}">{o.n_left_in_peace:,} left in peace</text>'
        )
    height = 40 + row * len(outcomes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="680" height="{height}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>Contact policy sweep</title>{"".join(body)}</svg>'
    )
