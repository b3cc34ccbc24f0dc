"""Turns figures into what the page's template prints: texts, formatted numbers and drawings. Pure.

One function per section; the template holds no logic beyond loops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from assets.queries import Row
from assets.reports import charts, numbers
from assets.reports.charts import Series
from assets.reports.figures import Figures

DECISION_WORDS = {"send": "Sent", "hold": "Held", "suppress": "Suppressed"}
# So many reasons have a colour of their own in a drawing; the rest is drawn as one and told apart in the table.
SHADES = 3


HALF_WIDTH, FULL_WIDTH, PHONE_WIDTH = 530, 1080, 330


def both_widths(draw: Callable[[int, str], str], wide: int = HALF_WIDTH) -> Markup:
    """The drawing for wide and for narrow screens; the stylesheet shows one of them. Text keeps its size on both."""
    return Markup(draw(wide, "wide") + draw(PHONE_WIDTH, "narrow"))


def reason_name(reason: str) -> str:
    return reason.replace("_", " ").capitalize()


def headline(figures: Figures) -> dict[str, Any]:
    """What happened today, in one sentence and one bar."""
    today = [row for row in figures.decisions if row["run_date"] == figures.today]
    counts = {name: sum(r["n"] for r in today if r["decision"] == name) for name in DECISION_WORDS}
    layers = [Series(word, f"d-{name}", [counts[name]]) for name, word in DECISION_WORDS.items()]
    n_peace = sum(row["n"] for row in figures.peace_by_day if row["run_date"] == figures.today)
    return {
        "counts": [
            {"label": word, "css": f"d-{name}", "n": numbers.whole(counts[name])}
            for name, word in DECISION_WORDS.items()
        ],
        "n_candidates": numbers.whole(sum(counts.values())),
        "n_sent": numbers.counted(counts["send"], "message was sent", "messages were sent"),
        "n_not_sent": numbers.whole(counts["hold"] + counts["suppress"]),
        "n_peace": numbers.counted(n_peace, "person is", "people are"),
        "share_in_peace": numbers.percent(n_peace / figures.n_people if figures.n_people else None),
        "bar": Markup(charts.share_bar(layers, "Decisions of the day")),
        "has_decisions": bool(today),
    }


def decisions(figures: Figures) -> dict[str, Any]:
    """Decisions by day and reason: two drawings (sent or held; suppressed) and the table behind them."""
    days = sorted({row["run_date"] for row in figures.decisions})
    sentence_of = {row["reason"]: row["sentence"] for row in figures.reasons}
    position_of = {row["reason"]: row["position"] for row in figures.reasons}
    totals: dict[tuple[str, str], int] = {}
    cell: dict[tuple[str, str, Any], int] = {}
    for row in figures.decisions:
        key = (row["decision"], row["reason"])
        totals[key] = totals.get(key, 0) + row["n"]
        cell[(*key, row["run_date"])] = row["n"]
    sent = [Series("sent", "d-send", [cell.get(("send", "SENT", day), 0) for day in days])]
    held = _layers("hold", "d-hold", totals, cell, days, "other reasons to hold")
    suppressed = _layers("suppress", "d-suppress", totals, cell, days, "other reasons to suppress")
    labels = [numbers.short_day(day) for day in days]

    def drawing(series: Sequence[Series], title: str) -> Markup:
        description = "; ".join(f"{layer.label} {numbers.whole(sum(layer.values))}" for layer in series)
        return both_widths(
            lambda width, css: charts.stacked_columns(
                labels, series, width=width, height=260, title=title, description=f"In all: {description}.", css=css
            )
        )

    table = []
    for (decision, reason), total in sorted(
        totals.items(), key=lambda item: (list(DECISION_WORDS).index(item[0][0]), position_of.get(item[0][1], 0))
    ):
        values = [cell.get((decision, reason, day), 0) for day in days]
        table.append(
            {
                "css": f"d-{decision}",
                "decision": DECISION_WORDS[decision],
                "reason": reason_name(reason),
                "sentence": sentence_of.get(reason, "Nothing stood in the way." if decision == "send" else ""),
                "values": [numbers.whole(value) if value else "" for value in values],
                "total": numbers.whole(total),
            }
        )
    all_days = [sum(row["n"] for row in figures.decisions if row["run_date"] == day) for day in days]
    return {
        "days": labels,
        "contacted": drawing([*sent, *held], "Messages sent, and messages held back for later, by day"),
        "contacted_legend": _legend([*sent, *held]),
        "suppressed": drawing(suppressed, "Messages that will not be sent, by day and reason"),
        "suppressed_legend": _legend(suppressed),
        "table": table,
        "day_totals": [numbers.whole(n) for n in all_days],
        "total": numbers.whole(sum(all_days)),
    }


def _layers(
    decision: str,
    css: str,
    totals: Mapping[tuple[str, str], int],
    cell: Mapping[tuple[str, str, Any], int],
    days: Sequence[Any],
    others: str,
) -> list[Series]:
    """A layer for each of the most frequent reasons, and one for all others."""
    reasons = sorted((r for d, r in totals if d == decision), key=lambda r: (-totals[decision, r], r))
    layers = [
        Series(reason_name(reason).lower(), f"{css}-{i + 1}", [cell.get((decision, reason, day), 0) for day in days])
        for i, reason in enumerate(reasons[:SHADES])
    ]
    if rest := reasons[SHADES:]:
        layers.append(Series(others, f"{css}-4", [sum(cell.get((decision, r, day), 0) for r in rest) for day in days]))
    return layers


def _legend(series: Sequence[Series]) -> list[dict[str, str]]:
    return [{"label": s.label, "css": s.css, "n": numbers.whole(sum(s.values))} for s in series]


def journeys(figures: Figures, currency: str) -> list[dict[str, Any]]:
    """Per journey: what was decided, and what people did with what was sent."""
    shown = []
    for row in figures.journeys:
        layers = [
            Series("to send", "d-send", [row["n_decided_to_send"]]),
            Series("held", "d-hold", [row["n_held"]]),
            Series("suppressed", "d-suppress", [row["n_suppressed"]]),
        ]
        shown.append(
            {
                "name": row["name"],
                "class": (row["class"] or "").replace("_", "-"),
                "priority": row["priority"] if row["priority"] != 999 else numbers.MISSING,
                "bar": Markup(charts.share_bar(layers, f"Decisions of {row['name']}")),
                "decided": [{"label": s.label, "css": s.css, "n": numbers.whole(s.values[0])} for s in layers],
                "cells": [
                    numbers.whole(row["n_sent"]),
                    numbers.whole(row["n_delivered"]),
                    _share(row, "n_opened"),
                    _share(row, "n_clicked"),
                    _share(row, "n_unsubscribed"),
                    numbers.whole(row["n_orders"]),
                    numbers.money(row["revenue_minor"], currency, short=True),
                ],
            }
        )
    return shown


def _share(row: Row, name: str) -> str:
    return numbers.percent(row[name] / row["n_delivered"] if row["n_delivered"] else None)


def peace(figures: Figures) -> dict[str, Any]:
    """How many people are left in peace: today by rule, and day by day."""
    days = list(figures.peace_by_day)
    labels = [numbers.short_day(row["run_date"]) for row in days]
    series = [Series("people in peace", "d-hold-1", [row["n"] for row in days])]
    n_today = sum(row["n"] for row in days if row["run_date"] == figures.today)
    held = sum(r["n"] for r in figures.decisions if r["reason"] == "QUARANTINED")
    return {
        "n_today": numbers.whole(n_today),
        "share": numbers.percent(n_today / figures.n_people if figures.n_people else None),
        "n_people": numbers.whole(figures.n_people),
        "n_held": numbers.whole(held),
        "rules": [
            {
                "rule": row["rule"].replace("_", " "),
                "n": numbers.whole(row["n"]),
                "share": Markup(charts.meter(row["n"] / n_today if n_today else 0, "d-hold-1")),
            }
            for row in figures.peace_by_rule
        ],
        "chart": both_widths(
            lambda width, css: charts.stacked_columns(
                labels,
                series,
                width=width,
                height=190,
                title="People in peace by day",
                description=f"{numbers.whole(n_today)} today.",
                css=css,
            )
        ),
    }
