"""The macros that predict in SQL, rendered and run, against the fitted models in Python."""

from __future__ import annotations

from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pytest

from assets.value.purchases_model import BgNbd

MACROS = Path(__file__).resolve().parents[3] / "dbt_project" / "macros" / "value.sql"
# Of the series after its last term, and of the sum over points.
SERIES_END = 2e-5


@pytest.mark.parametrize(
    "model",
    [
        BgNbd(0.243, 30.9, 0.793, 2.426, 0.0),
        BgNbd(0.94, 12.4, 0.022, 10.5, 0.0),
        BgNbd(2.5, 60.0, 1.0, 3.0, 0.0),
        BgNbd(0.1, 3.0, 4.0, 9.0, 0.0),
        BgNbd(0.3, 20.0, 4.0, 6.0, 0.0),
        BgNbd(1.0, 50.0, 10.0, 50.0, 0.0),
        BgNbd(0.2, 3.0, 30.0, 100.0, 0.0),
        BgNbd(0.05, 2.0, 0.9, 1.2, 0.0),
        BgNbd(0.05, 2.0, 0.05, 1.0, 0.0),
        BgNbd(0.25, 50.0, 6e5, 1.2e6, 0.0),
    ],
    ids=[
        "cdnow in days",
        "little dropout",
        "a is one",
        "leaves early",
        "many leave",
        "all alike",
        "steep",
        "slow",
        "slow and loyal",
        "at the bound",
    ],
)
def test_p_alive_and_expected_purchases_are_the_models(model: BgNbd) -> None:
    """The series is cut after some terms and the form is transformed; for nobody may that show."""
    macros = jinja2.Environment().from_string(MACROS.read_text()).module
    dice = np.random.default_rng(1)
    # Whoever bought for the first time yesterday has the longest way ahead for what is known of them.
    x = np.concatenate([np.arange(1, 40), [200, 1500], dice.integers(1, 60, 400), [0, 0, 0, 1, 1, 3]]).astype(float)
    T = np.concatenate([np.full(20, 400.0), dice.integers(2, 2000, len(x) - 26), [1, 10, 100, 1, 10, 2]])
    t_x = np.floor(T * dice.uniform(0, 1, len(x)))
    a = model.a if abs(model.a - 1) > 1e-6 else 1 + 1e-6
    with duckdb.connect() as connection:
        connection.execute(
            "create table p as "
            "select $r as r, $alpha as alpha, $a as a, $b as b, $sa as series_a, $sb as series_b, $sc as series_c",
            {
                **{"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b},
                **{"sa": a + model.b - 1 - model.r, "sb": a - 1, "sc": a + model.b - 1},
            },
        )
        connection.execute("create table c (i integer, x double, t_x double, observed double)")
        connection.executemany(
            "insert into c values (?, ?, ?, ?)",
            [(i, *row) for i, row in enumerate(zip(x, t_x, T, strict=True))],
        )
        alive_sql = macros.p_alive("p", "x", "t_x", "observed")
        expected_sql = macros.expected_purchases_if_alive("p", "x", "kept")
        connection.execute(
            "create view k as select c.*, (alpha + observed) / (alpha + observed + 365) as kept from c, p"
        )
        connection.execute(
            "create view beginners as "
            "select i as customer_id, p.r + x as rate, p.a, p.b + x as b, 1 / kept - 1 as ahead "
            f"from k, p where {macros.is_series_too_short('p', 'x', 'kept')}"
        )
        by_points = macros.expected_purchases_by_points("beginners")
        told = connection.execute(
            f"select {alive_sql}, coalesce(by_points.expected_if_alive, {expected_sql}) "
            f"from p, k left join ({by_points}) as by_points on customer_id = i order by i"
        ).fetchall()
    alive, expected = (np.array(column) for column in zip(*told, strict=True))
    assert alive == pytest.approx(model.p_alive(x, t_x, T), rel=1e-12)
    assert alive * expected == pytest.approx(model.expected_purchases(365, x, t_x, T), rel=SERIES_END)
