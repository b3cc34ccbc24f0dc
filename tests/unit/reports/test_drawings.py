"""Drawings and numbers: pure, so small cases say it all."""

import re
from datetime import date

import pytest

from assets.reports import numbers
from assets.reports.charts import Interval, Series, intervals, share_bar, stacked_columns, ticks
from assets.reports.sankey import Link, sankey


@pytest.mark.parametrize(
    ("highest", "expected"),
    [(0, [0, 1]), (3, [0, 1, 2, 3]), (95, [0, 25, 50, 75, 100]), (840, [0, 250, 500, 750, 1000])],
)
def test_axis_marks_are_round_and_reach_the_highest_value(highest, expected):
    """People read 250, 500, 750; nobody reads 237."""
    assert ticks(highest) == expected


def test_columns_are_as_high_as_their_values():
    """The drawn areas must be true: twice the number, twice the height."""
    drawing = stacked_columns(
        ["1 Jan", "2 Jan"], [Series("sent", "d-send", [50, 100])], width=300, height=200, title="t", description="d"
    )
    low, high = (float(h) for h in re.findall(r'height="([\d.]+)"', drawing))
    assert high == pytest.approx(2 * low, rel=0.01)
    assert "1 Jan: sent 50" in drawing


def test_shares_fill_the_bar_and_nothing_is_said_so():
    """A bar of nothing has a name, too."""
    widths = [
        float(w)
        for w in re.findall(r'width="([\d.]+)"', share_bar([Series("a", "x", [1]), Series("b", "y", [3])], "Split"))
    ]
    assert widths == [250.0, 750.0]
    assert 'aria-label="Split: nothing"' in share_bar([Series("a", "x", [0])], "Split")


def test_an_interval_that_crosses_nothing_is_drawn_as_open():
    """The colour may not claim what the interval does not."""

    def tones(low: float, high: float) -> str:
        return re.search(
            r"whisker (\w+)", intervals([Interval("a", 1, low, high, "1")], width=300, title="t", description="d")
        )[1]

    assert (tones(-1, 3), tones(0.5, 3), tones(-3, -1)) == ("open", "ahead", "behind")


def test_ribbons_leave_and_arrive_in_full():
    """Every person who leaves a persona arrives somewhere: node heights equal the sums of their ribbons."""
    drawing = sankey(
        [Link("A", "A", 60), Link("A", "B", 40), Link("B", "B", 100)],
        ["A", "B"],
        {"A": "p-1", "B": "p-2"},
        width=1080,
        height=400,
        headings=("before", "after"),
        title="Moves",
        description="d",
    )
    ribbons = [float(v) for v in re.findall(r" v([\d.]+) C", drawing)]
    nodes = [float(h) for h in re.findall(r'width="12" height="([\d.]+)"', drawing)]
    assert sum(ribbons) * 2 == pytest.approx(sum(nodes), rel=0.01)
    assert nodes[0] == pytest.approx(nodes[1], rel=0.01)
    assert sankey([], ["A"], {}, width=100, height=100, headings=("", ""), title="", description="") == ""


def test_numbers_read_as_people_write_them():
    """Missing is a dash, minus is a minus, and division by nothing never shows as infinity."""
    assert numbers.money(123_450, "NOK") == "NOK 1,234"
    assert numbers.money(12_345, "NOK") == "NOK 123.45"
    assert numbers.money(384_512_300, "NOK", short=True) == "NOK 3.8 M"
    assert numbers.money(-5_000, "NOK") == "−NOK 50.00"
    assert numbers.money(None, "NOK") == numbers.whole(None) == numbers.percent(None) == "–"
    assert (numbers.change(110, 100), numbers.change(50, 100), numbers.change(5, 0)) == ("+10.0 %", "−50.0 %", "–")
    assert numbers.change(100, 100) == "±0 %"
    assert numbers.span(date(2025, 12, 30), date(2026, 1, 5)) == "30 Dec 2025 – 5 Jan 2026"
    assert numbers.span(None, date(2026, 1, 5)) == "until 5 Jan 2026"
    assert numbers.counted(1, "message", "messages") == "1 message"
