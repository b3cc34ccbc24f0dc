"""What the experiments showed: who leads, whether it is decided, and what could be seen at all.

Pure: rows of `rpt_experiment_metrics` and `rpt_experiment_arms` in, frozen results out. Revenue per assigned customer
decides; opens never do. A winner is named only if the arms have their planned sizes and the boundary of today's look is
passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from assets.experiments import sequential, stats
from assets.experiments.stats import Estimate, SampleRatio, Sums

DECISION_METRIC = "revenue"
# Money per customer decides and is counted in minor units; all other metrics are shares.
MONEY_METRICS = frozenset({"revenue"})
RATIO_METRICS = frozenset({"click_to_open"})
PLANNED_LOOKS = 14
ALPHA = 0.05
# Below this many customers in the smaller arm no distribution of a mean is near normal: nothing is decided.
FEWEST_PER_ARM = 100

Verdict = Literal["broken_split", "too_early", "undecided", "decided"]
UNIVERSAL_HOLDOUT = "universal_holdout"


@dataclass(frozen=True, slots=True)
class Arm:
    """A row of `rpt_experiment_arms`."""

    experiment: str
    arm: str
    journey: str
    planned_share: float
    is_control: bool
    n_assigned: int
    first_assigned_on: date | None
    as_of_on: date
    purchase_window_days: int


@dataclass(frozen=True, slots=True)
class Metric:
    """A row of `rpt_experiment_metrics`."""

    experiment: str
    arm: str
    segment: str
    metric: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm against the control: means per customer (money in minor units), and the difference with its interval.

    `adjusted_p` is Holm's over the metrics of all customers, and Benjamini and Hochberg's over segments.
    """

    segment: str
    metric: str
    control: str
    arm: str
    n_control: int
    n_arm: int
    control_mean: float | None
    arm_mean: float | None
    difference: Estimate
    lift: Estimate
    adjusted_p: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """One experiment. `z_needed`: boundary of today's look; `detectable`: the smallest difference that would show."""

    experiment: str
    journey: str
    as_of_on: date
    arms: tuple[Arm, ...]
    sample_ratio: SampleRatio | None
    comparisons: tuple[Comparison, ...]
    verdict: Verdict
    winner: str | None
    look: int
    z_needed: float | None
    detectable: float | None

    @property
    def is_holdout(self) -> bool:
        return any(arm.arm == "holdout" for arm in self.arms)

    @property
    def deciding(self) -> Comparison | None:
        """The comparison of the decision metric with the largest |z| over all customers."""
        candidates = [c for c in self.comparisons if (c.metric, c.segment) == (DECISION_METRIC, "all")]
        return max(candidates, key=lambda c: abs(c.difference.z or 0.0), default=None)


def summarise(arms: Iterable[Arm], metrics: Iterable[Metric]) -> list[Result]:
    """Every experiment, ordered by name. Raises `ValueError` when a metric names an arm that nobody planned."""
    arms_of: dict[str, list[Arm]] = {}
    for arm in arms:
        arms_of.setdefault(arm.experiment, []).append(arm)
    metrics_of: dict[str, list[Metric]] = {}
    for metric in metrics:
        metrics_of.setdefault(metric.experiment, []).append(metric)
    return [_result(name, arms_of[name], metrics_of.get(name, [])) for name in sorted(arms_of)]


def _result(name: str, arms: Sequence[Arm], metrics: Sequence[Metric]) -> Result:
    ordered = tuple(sorted(arms, key=lambda a: (not a.is_control, a.arm)))
    control, treatments = ordered[0], ordered[1:]
    sums = {(m.segment, m.metric, m.arm): m.sums for m in metrics}
    comparisons = _adjusted(
        [
            _compare(segment, metric, control.arm, arm.arm, sums)
            for segment, metric in sorted({(m.segment, m.metric) for m in metrics})
            for arm in treatments
        ]
    )
    ratio = stats.sample_ratio({a.arm: a.n_assigned for a in ordered}, {a.arm: a.planned_share for a in ordered})
    look = look_number(ordered)
    deciding = [c for c in comparisons if (c.metric, c.segment) == (DECISION_METRIC, "all")]
    smallest = min((min(c.n_control, c.n_arm) for c in deciding), default=0)
    # Several arms share the 5 %, so that more arms do not mean more false winners.
    alpha = ALPHA / max(1, len(treatments))
    z_needed = None
    if look >= 1:
        n = sum(s.n for (segment, metric, _), s in sums.items() if (segment, metric) == ("all", DECISION_METRIC))
        z_needed = (
            sequential.boundary(look, PLANNED_LOOKS, alpha)
            if look <= PLANNED_LOOKS
            else sequential.confidence_sequence_z(n, alpha)
        )
    verdict, winner = _verdict(ratio, smallest, z_needed, deciding)
    detectable = None
    if deciding:
        pair = deciding[0]
        detectable = stats.detectable_difference(
            sums.get(("all", DECISION_METRIC, pair.control), Sums(0, 0, 0)),
            sums.get(("all", DECISION_METRIC, pair.arm), Sums(0, 0, 0)),
        )
    return Result(
        experiment=name,
        journey=control.journey,
        as_of_on=control.as_of_on,
        arms=ordered,
        sample_ratio=ratio,
        comparisons=tuple(comparisons),
        verdict=verdict,
        winner=winner,
        look=look,
        z_needed=z_needed,
        detectable=detectable,
    )


def look_number(arms: Sequence[Arm]) -> int:
    """Days since the first customer's purchase window was over, from 1; 0 while there is nothing to look at."""
    first = min((a.first_assigned_on for a in arms if a.first_assigned_on is not None), default=None)
    return max(0, (arms[0].as_of_on - first).days - arms[0].purchase_window_days + 1) if first else 0


def _verdict(
    ratio: SampleRatio | None, smallest: int, z_needed: float | None, deciding: Sequence[Comparison]
) -> tuple[Verdict, str | None]:
    if ratio is not None and ratio.is_mismatch:
        return "broken_split", None
    if z_needed is None or smallest < FEWEST_PER_ARM:
        return "too_early", None
    passed = [c for c in deciding if c.difference.z is not None and abs(c.difference.z) > z_needed]
    if not passed:
        return "undecided", None
    best = max(passed, key=lambda c: c.difference.value or 0.0)
    return "decided", best.arm if (best.difference.value or 0.0) > 0 else best.control


def _compare(segment: str, metric: str, control: str, arm: str, sums: dict[tuple[str, str, str], Sums]) -> Comparison:
    a = sums.get((segment, metric, control), Sums(0, 0, 0))
    b = sums.get((segment, metric, arm), Sums(0, 0, 0))
    if metric in RATIO_METRICS:
        mean_a, mean_b = stats.ratio_of_sums(a).value, stats.ratio_of_sums(b).value
        difference = stats.ratio_difference(a, b)
        lift = Estimate.impossible("not computed for ratios")
    else:
        mean_a, mean_b = (arm_sums.mean_y if arm_sums.n else None for arm_sums in (a, b))
        difference = stats.cuped(a, b) if a.has_x and b.has_x else stats.welch(a, b)
        lift = stats.relative_lift(a, b)
    return Comparison(segment, metric, control, arm, a.n, b.n, mean_a, mean_b, difference, lift, None)


def _adjusted(comparisons: Sequence[Comparison]) -> list[Comparison]:
    adjusted = {id(c): c.adjusted_p for c in comparisons}
    for is_all, adjust in ((True, sequential.holm), (False, sequential.benjamini_hochberg)):
        group = [c for c in comparisons if (c.segment == "all") is is_all and c.difference.p_value is not None]
        for comparison, p_value in zip(group, adjust([c.difference.p_value or 0.0 for c in group]), strict=True):
            adjusted[id(comparison)] = p_value
    return [replace(c, adjusted_p=adjusted[id(c)]) for c in comparisons]
