"""A comparison as text: Markdown, which is what a pull request shows and what people can read in a shell as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from assets.decisions.comparison import Comparison

MOST_ROWS = 25


def as_markdown(c: Comparison, first: date, last: date, currency: str) -> str:
    """The comparison with the outcome first and every table below it."""
    return "\n".join(_lines(c, first, last, currency)) + "\n"


def _lines(c: Comparison, first: date, last: date, currency: str) -> Iterator[str]:
    n_days = (last - first).days + 1
    yield f"## Journeys and policy: {c.base.name} → {c.head.name}"
    yield ""
    yield f"{n_days} days of real inputs, {first} to {last}, decided with each version (nothing was sent)."
    yield f"Versions {c.base.policy_version[:12]} → {c.head.policy_version[:12]}."
    yield ""
    if c.broken:
        yield "**Broken invariants, this must not go live:**"
        yield from (f"- {b.what}: {b.n:,}" for b in c.broken)
        yield ""
    if c.is_unchanged:
        yield "No decision changes."
        return
    n_base = sum(row["n_base"] for row in c.volume)
    n_head = sum(row["n_head"] for row in c.volume)
    yield (
        f"**{n_base:,} → {n_head:,} messages ({n_head - n_base:+,}).** "
        f"{c.people['n_newly']:,} people newly contacted, {c.people['n_no_longer']:,} no longer, "
        f"{c.people['n_both']:,} in both."
    )
    for key, words in (("newly", "Newly contacted"), ("no_longer", "No longer contacted")):
        if c.people[key]:
            yield f"{words}, for example: {', '.join(c.people[key])} (`fredning explain --customer …`)."
    yield ""
    yield "### By journey"
    yield from _table(
        ("journey", "before", "after", "gained", "lost", "people after"),
        [(r["journey"], r["n_base"], r["n_head"], r["n_gained"], r["n_lost"], r["n_people"]) for r in c.by_journey],
    )
    yield "### Moved reasons"
    yield from _table(
        ("journey", "before", "after", "messages"),
        [(r["journey"], r["base_reason"], r["head_reason"], r["n"]) for r in c.moved],
    )
    if c.crowded_out:
        yield "### Crowded out"
        yield (
            "What the first version sends and the second holds back in favour of something else, with what one "
            "such message brought in the past."
        )
        yield ""
        yield from _table(
            ("journey", "by", "reason", "messages", f"past {currency} per message", f"{currency} at stake"),
            [
                (
                    r["journey"],
                    r["by_whom"],
                    r["reason"],
                    r["n"],
                    _money(r["past_revenue_minor_per_message"]),
                    _money(r["at_stake_minor"]),
                )
                for r in c.crowded_out
            ],
        )
    yield "### Messages per day"
    yield from _table(
        ("day", "before", "after", "change"),
        [(r["run_date"], r["n_base"], r["n_head"], f"{r['n_head'] - r['n_base']:+,}") for r in c.volume],
        most=len(c.volume),
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[object]], *, most: int = MOST_ROWS) -> Iterator[str]:
    cells = [[_cell(value) for value in row] for row in rows[:most]]
    numeric = [bool(rows) and isinstance(rows[0][i], int | float) for i in range(len(headings))]
    widths = [max(len(h), *(len(row[i]) for row in cells), 3) if cells else len(h) for i, h in enumerate(headings)]

    def line(values: Sequence[str]) -> str:
        padded = (v.rjust(w) if n else v.ljust(w) for v, w, n in zip(values, widths, numeric, strict=True))
        return f"| {' | '.join(padded)} |"

    yield line(list(headings))
    yield "|" + "|".join("-" * (w + 1) + (":" if n else "-") for w, n in zip(widths, numeric, strict=True)) + "|"
    yield from (line(row) for row in cells)
    if len(rows) > most:
        yield ""
        yield f"… and {len(rows) - most} more rows."
    yield ""


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _money(minor: float | None) -> str | None:
    return None if minor is None else f"{minor / 100:,.2f}"
