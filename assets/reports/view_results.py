"""Experiments and flow against newsletter as the page prints them. Pure."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from assets.experiments.summary import Comparison, Result
from assets.experiments.words import METRIC_NAMES, amount, arm_name, sentences, title
from assets.reports import charts, numbers
from assets.reports.charts import Interval
from assets.reports.figures import Figures
from assets.reports.view import both_widths

VERDICTS = {
    "broken_split": ("Split is broken", "bad"),
    "too_early": ("Too early to say", "wait"),
    "undecided": ("Not decided", "wait"),
    "decided": ("Decided", "good"),
}
METRIC_ORDER = ("revenue", "conversion", "open", "click", "click_to_open", "unsubscribe")

# column, label, unit, what it is: the five measures.
MEASURES = (
    ("open_rate", "Open rate", "percent", "Opened by a person, of those delivered"),
    ("click_rate", "Click rate", "percent", "Clicked by a person, of those delivered"),
    ("click_to_open_rate", "Click-to-open rate", "percent", "Clicked, of those opened"),
    ("revenue_per_recipient_minor", "Revenue per recipient", "money", "Credited revenue per delivered mail"),
    ("average_receipt_minor", "Average receipt", "money", "Credited revenue per credited order"),
)


def experiments(figures: Figures, currency: str) -> list[dict[str, Any]]:
    """A/B tests first, then the control groups."""
    ordered = sorted(figures.experiments, key=lambda r: (r.is_holdout, r.experiment))
    return [_experiment(result, currency) for result in ordered]


def _experiment(result: Result, currency: str) -> dict[str, Any]:
    verdict, tone = VERDICTS[result.verdict]
    revenue = [c for c in result.comparisons if c.metric == "revenue" and c.difference.low is not None]
    rows = [
        Interval(
            _segment(c, many_arms=len(result.arms) > 2),
            c.difference.value or 0.0,
            c.difference.low or 0.0,
            c.difference.high or 0.0,
            amount("revenue", c.difference.value, currency, signed=True),
        )
        for c in revenue
    ]
    name = title(result)
    drawing = None
    if rows:
        drawing = both_widths(
            lambda width, css: charts.intervals(
                rows,
                width=width,
                css=css,
                title=f"{name}: difference in revenue per customer with 95 % interval",
                description="; ".join(
                    f"{row.label}: {row.text}, from {amount('revenue', row.low, currency, signed=True)} to "
                    f"{amount('revenue', row.high, currency, signed=True)}"
                    for row in rows
                ),
            )
        )
    table = sorted(
        (c for c in result.comparisons if c.n_arm or c.n_control),
        key=lambda c: (c.segment != "all", c.segment, METRIC_ORDER.index(c.metric), c.arm),
    )
    return {
        "title": name,
        "kind": "Control group" if result.is_holdout else "A/B test",
        "verdict": verdict,
        "tone": tone,
        "words": sentences(result, currency),
        "arms": [
            {
                "name": arm_name(arm.arm),
                "n": numbers.whole(arm.n_assigned),
                "planned": numbers.percent(arm.planned_share, 0),
                "is_control": arm.is_control,
            }
            for arm in result.arms
        ],
        "versus": f"{arm_name(result.arms[-1].arm)} − {arm_name(result.arms[0].arm)}",
        "drawing": drawing,
        "rows": [_row(c, currency) for c in table],
    }


def _segment(c: Comparison, *, many_arms: bool) -> str:
    name = "All customers" if c.segment == "all" else c.segment.removeprefix("branch:").replace("_", " ").capitalize()
    return f"{name}, {arm_name(c.arm)}" if many_arms else name


def _row(c: Comparison, currency: str) -> dict[str, Any]:
    d = c.difference
    return {
        "segment": _segment(c, many_arms=False),
        "cells": [
            METRIC_NAMES.get(c.metric, c.metric).capitalize(),
            arm_name(c.arm),
            f"{numbers.whole(c.n_arm)} / {numbers.whole(c.n_control)}",
            amount(c.metric, c.arm_mean, currency),
            amount(c.metric, c.control_mean, currency),
            amount(c.metric, d.value, currency, signed=True),
            f"{amount(c.metric, d.low, currency, signed=True)} to {amount(c.metric, d.high, currency, signed=True)}"
            if d.low is not None
            else (d.problem or numbers.MISSING),
            numbers.MISSING if c.adjusted_p is None else f"{c.adjusted_p:.3f}",
        ],
    }


def flow_against_newsletter(figures: Figures, currency: str) -> dict[str, Any] | None:
    """Five pairs of bars; the difference is the flow's against the newsletter's."""
    of_kind = {row["message_kind"]: row for row in figures.kinds}
    if not of_kind:
        return None
    flow, newsletter = of_kind.get("flow"), of_kind.get("newsletter")
    measures = []
    for column, label, unit, text in MEASURES:
        values = [row[column] if row else None for row in (flow, newsletter)]
        highest = max((v for v in values if v is not None), default=0) or 1
        measures.append(
            {
                "label": label,
                "help": text,
                "change": numbers.change(*values),
                "bars": [
                    {
                        "name": name,
                        "text": numbers.percent(value) if unit == "percent" else numbers.money(value, currency),
                        "bar": Markup(charts.meter((value or 0) / highest, css)),
                    }
                    for name, value, css in (("Flow", values[0], "k-flow"), ("Newsletter", values[1], "k-news"))
                ],
            }
        )
    return {
        "measures": measures,
        "n_flow": numbers.whole(flow["n_delivered"] if flow else 0),
        "n_newsletter": numbers.whole(newsletter["n_delivered"] if newsletter else 0),
        "machine": {key: numbers.whole(value) for key, value in figures.machine.items()},
    }
