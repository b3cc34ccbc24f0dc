"""Who is named a winner, when, and in which words."""

from datetime import date, timedelta

import pytest

from assets.experiments.stats import Sums
from assets.experiments.summary import Arm, Metric, summarise
from assets.experiments.words import markdown, sentences, title

START = date(2026, 1, 1)


def sums(n: int, mean: float, deviation: float) -> Sums:
    total = round(n * mean)
    return Sums(n, total, round((n - 1) * deviation**2 + total**2 / n))


def experiment(
    a: Sums, b: Sums, *, assigned: tuple[int, int] | None = None, days: int = 20, metric: str = "revenue"
) -> list:
    sizes = assigned or (a.n, b.n)
    arms = [
        Arm("block", name, "coffee", 0.5, name == "without", size, START, START + timedelta(days=days), 7)
        for name, size in zip(("without", "with"), sizes, strict=True)
    ]
    metrics = [Metric("block", "without", "all", metric, a), Metric("block", "with", "all", metric, b)]
    return summarise(arms, metrics)


def test_a_clear_lead_late_in_the_test_is_decided():
    """Look 14 of 14: the boundary is 2.105, and the lead is far beyond it."""
    (result,) = experiment(sums(2_000, 10_000, 20_000), sums(2_000, 14_000, 20_000))
    assert (result.verdict, result.winner, result.look) == ("decided", "with", 14)
    text = " ".join(sentences(result, "NOK"))
    assert "“with” is ahead of “without” by NOK 40.00 per assigned customer" in text
    assert "Decided in favour of “with”: at look 14 of 14" in text


def test_the_same_lead_on_the_first_look_is_not_decided():
    """Early looks need far more: a fixed threshold would name a false winner in every fifth test."""
    (result,) = experiment(sums(2_000, 10_000, 20_000), sums(2_000, 14_000, 20_000), days=7)
    assert (result.verdict, result.winner, result.look) == ("undecided", None, 1)
    assert "Not decided" in " ".join(sentences(result, "NOK"))


def test_the_control_can_win():
    """At the first source mails without the product block won, against the hypothesis: the words can say so."""
    (result,) = experiment(sums(2_000, 14_000, 20_000), sums(2_000, 10_000, 20_000))
    assert (result.verdict, result.winner) == ("decided", "without")
    assert "“without” is ahead of “with”" in sentences(result, "NOK")[0]


def test_a_broken_split_names_no_winner_however_large_the_lead():
    """Arms of the wrong size mean that something else than chance chose: the lead may be that something."""
    (result,) = experiment(sums(2_000, 10_000, 20_000), sums(2_000, 14_000, 20_000), assigned=(2_000, 2_400))
    assert (result.verdict, result.winner) == ("broken_split", None)
    text = " ".join(sentences(result, "NOK"))
    assert "No winner is named" in text
    assert "Sample-ratio check failed" in text


def test_opens_never_decide():
    """Machines open, and opens are not what the shop lives on."""
    (result,) = experiment(Sums(2_000, 200, 200), Sums(2_000, 1_000, 1_000), metric="open")
    assert (result.verdict, result.winner) == ("too_early", None)


def test_a_handful_of_customers_decides_nothing():
    """A mean of a dozen receipts is not near normal, whatever z says."""
    (result,) = experiment(sums(50, 10_000, 1_000), sums(50, 20_000, 1_000))
    assert result.verdict == "too_early"


def test_looks_after_the_planned_ones_need_more_again():
    """Evergreen tests go on: a boundary that holds at any time takes over, or false winners would creep in."""
    (late,) = experiment(sums(2_000, 10_000, 20_000), sums(2_000, 11_500, 20_000), days=60)
    (planned,) = experiment(sums(2_000, 10_000, 20_000), sums(2_000, 11_500, 20_000), days=20)
    assert (planned.verdict, late.verdict) == ("decided", "undecided")
    assert "a look after the planned ones" in " ".join(sentences(late, "NOK"))


def test_an_experiment_without_a_full_window_has_words_and_a_table():
    """The first days show sizes only, and say so."""
    arms = [
        Arm("universal_holdout", arm, "all", share, share < 0.5, n, START, START, 7)
        for arm, share, n in (("holdout", 0.05, 5), ("contacted", 0.95, 95))
    ]
    (result,) = summarise(arms, [])
    assert result.verdict == "too_early"
    assert sentences(result, "NOK")[0] == "100 customers take part; none of their purchase windows can be compared yet."
    assert title(result) == "All messages against none"
    assert markdown([result], "NOK").startswith("### All messages against none")
    assert markdown([], "NOK") == "No experiment has been planned yet."


@pytest.mark.parametrize("segment", ["branch:with_accessory", "branch:without_accessory"])
def test_segments_are_adjusted_among_themselves(segment):
    """Looking at many branches finds something by chance; Benjamini and Hochberg keep the claims honest."""
    arms = [Arm("block", n, "coffee", 0.5, n == "a", 200, START, START + timedelta(days=20), 7) for n in ("a", "b")]
    metrics = [
        Metric("block", arm, s, "revenue", sums(100, mean, 5_000))
        for s, difference in (("branch:with_accessory", 1_500), ("branch:without_accessory", 100))
        for arm, mean in (("a", 10_000), ("b", 10_000 + difference))
    ]
    (result,) = summarise(arms, metrics)
    comparison = next(c for c in result.comparisons if c.segment == segment)
    assert comparison.adjusted_p >= comparison.difference.p_value
