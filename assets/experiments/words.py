"""Experiments in plain words and as Markdown: for people who decide, not for people who compute.

Pure; the figures come from `summary.py`. Every sentence says what may be concluded and what may not.
"""

from __future__ import annotations

from collections.abc import Sequence

from assets.experiments.stats import MISMATCH_P
from assets.experiments.summary import (
    FEWEST_PER_ARM,
    MONEY_METRICS,
    PLANNED_LOOKS,
    UNIVERSAL_HOLDOUT,
    Comparison,
    Result,
)

METRIC_NAMES = {
    "revenue": "revenue per customer",
    "conversion": "bought",
    "open": "opened",
    "click": "clicked",
    "click_to_open": "clicked of those who opened",
    "unsubscribe": "unsubscribed",
}


def title(result: Result) -> str:
    """`coffee_product_block` → `Coffee product block`."""
    if result.experiment == UNIVERSAL_HOLDOUT:
        return "All messages against none"
    words = result.experiment.removesuffix("_holdout") if result.is_holdout else result.experiment
    name = words.replace("_", " ").strip().capitalize()
    return f"{name}: messages against none" if result.is_holdout else name


def arm_name(arm: str) -> str:
    return {"holdout": "no messages", "contacted": "messages"}.get(arm, arm.replace("_", " "))


def amount(metric: str, value: float | None, currency: str, *, signed: bool = False) -> str:
    """A mean or difference for people: money in the major unit, shares in per cent (differences: points)."""
    if value is None:
        return "–"
    sign = "+" if signed and value > 0 else "−" if value < 0 else ""
    if metric in MONEY_METRICS:
        return f"{currency} {sign}{abs(value) / 100:,.2f}"
    return f"{sign}{abs(value) * 100:.1f} {'points' if signed else '%'}"


def sentences(result: Result, currency: str) -> list[str]:
    """Who leads, whether that is decided, whether the arms are sound, and what could be seen at all."""
    deciding = result.deciding
    lines = [_lead(result, deciding, currency), _conclusion(result, deciding), _sizes(result)]
    if result.verdict != "decided" and result.detectable is not None and deciding is not None:
        share = ""
        if deciding.control_mean:
            share = f" ({result.detectable / deciding.control_mean * 100:.0f} % of the control arm's mean)"
        lines.append(
            f"With the customers so far, a true difference of {amount('revenue', result.detectable, currency)} per"
            f" customer{share} would be found 8 times out of 10; smaller ones mostly stay hidden."
        )
    return [line for line in lines if line]


def _lead(result: Result, deciding: Comparison | None, currency: str) -> str:
    if deciding is None or deciding.difference.value is None:
        n = sum(arm.n_assigned for arm in result.arms)
        return f"{n:,} customers take part; none of their purchase windows can be compared yet."
    difference = deciding.difference
    value = difference.value or 0.0
    if value == 0:
        return f"“{arm_name(deciding.arm)}” and “{arm_name(deciding.control)}” earned the same per customer."
    leader, other = (deciding.arm, deciding.control) if value > 0 else (deciding.control, deciding.arm)
    low, high = difference.low, difference.high
    interval = ""
    if low is not None and high is not None:
        low, high = (low, high) if value > 0 else (-high, -low)
        interval = (
            f" (95 % interval {amount('revenue', low, currency, signed=True)}"
            f" to {amount('revenue', high, currency, signed=True)})"
        )
    return (
        f"“{arm_name(leader)}” is ahead of “{arm_name(other)}” by {amount('revenue', abs(value), currency)}"
        f" per assigned customer{interval}."
    )


def _conclusion(result: Result, deciding: Comparison | None) -> str:
    if result.verdict == "broken_split":
        return (
            "No winner is named: the arms do not have their planned sizes, so something other than chance decides who"
            " is in which arm, and the figures above may mean anything."
        )
    if result.verdict == "too_early":
        return (
            f"Too early to say: nothing is decided before each arm has {FEWEST_PER_ARM} customers with a full window."
        )
    z = abs(deciding.difference.z or 0.0) if deciding else 0.0
    threshold = f"|z| is {z:.2f} and {{}} {result.z_needed:.2f}" if result.z_needed is not None else ""
    look = f"look {result.look} of {PLANNED_LOOKS}" if result.look <= PLANNED_LOOKS else "a look after the planned ones"
    if result.verdict == "decided":
        return (
            f"Decided in favour of “{arm_name(result.winner or '')}”: at {look}, {threshold.format('had to exceed')}."
        )
    return f"Not decided: at {look}, {threshold.format('must exceed')}. The lead may well be chance."


def _sizes(result: Result) -> str:
    ratio = result.sample_ratio
    if ratio is None:
        return ""
    sizes = " and ".join(f"{arm.n_assigned:,} in “{arm_name(arm.arm)}”" for arm in result.arms)
    if ratio.is_mismatch:
        return f"Sample-ratio check failed: {sizes} (p = {ratio.p_value:.1g}, below {MISMATCH_P})."
    return f"Sample-ratio check passed: {sizes} (p = {ratio.p_value:.2f})."


def markdown(results: Sequence[Result], currency: str) -> str:
    """All experiments: words, then one table each."""
    if not results:
        return "No experiment has been planned yet."
    return "\n\n".join(f"### {title(r)}\n\n{' '.join(sentences(r, currency))}\n\n{table(r, currency)}" for r in results)


def table(result: Result, currency: str) -> str:
    lines = [
        "| segment | metric | arm | customers | mean | control | difference | 95 % interval | p | adjusted p |",
        "|---|---|---|---:|---:|---:|---:|---|---:|---:|",
    ]
    for c in result.comparisons:
        d = c.difference
        interval = (
            f"{amount(c.metric, d.low, currency, signed=True)} to {amount(c.metric, d.high, currency, signed=True)}"
            if d.low is not None
            else d.problem or "–"
        )
        cells = (
            c.segment,
            METRIC_NAMES.get(c.metric, c.metric),
            arm_name(c.arm),
            f"{c.n_arm:,} / {c.n_control:,}",
            amount(c.metric, c.arm_mean, currency),
            amount(c.metric, c.control_mean, currency),
            amount(c.metric, d.value, currency, signed=True),
            interval,
            "–" if d.p_value is None else f"{d.p_value:.3f}",
            "–" if c.adjusted_p is None else f"{c.adjusted_p:.3f}",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
