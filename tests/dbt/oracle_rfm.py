"""RFM, cut points and tiles once more in plain Python: one loop per sentence of the rules, slow and obvious.

Takes delivered rows and who is who (identity has tests of its own). Shares no code with the warehouse.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.dbt.oracle_purchases import DAY, Event, Order


@dataclass(frozen=True)
class Standing:
    """What a customer's orders come to on a snapshot day."""

    n_orders: int
    net: int
    days: int


class Shop:
    """The orders of one run, looked at from any snapshot day."""

    def __init__(self, orders: Sequence[Order], base_customers: set[str]) -> None:
        self.orders = orders
        self.base_customers = base_customers
        self.history_on = min((order.bought.told_on for order in orders), default=date.max)

    def is_seen(self, event: Event, day: date) -> bool:
        """Happened before the day, and told by then, or already with the first delivery of all."""
        return event.happened_on < day and (event.told_on <= day or event.told_on <= self.history_on)

    def net_on(self, order: Order, day: date) -> int | None:
        """What a valid order is worth on the day; None if it is not valid then."""
        if not self.is_seen(order.bought, day) or (order.cancelled and self.is_seen(order.cancelled, day)):
            return None
        net = order.bought.amount - sum(refund.amount for refund in order.refunds if self.is_seen(refund, day))
        return net if net > 0 else None

    def base(self, day: date) -> dict[str, Standing]:
        valid: dict[str, list[tuple[date, int]]] = defaultdict(list)
        for order in self.orders:
            net = self.net_on(order, day)
            if order.customer_id in self.base_customers and net is not None:
                valid[str(order.customer_id)].append((order.bought.happened_on, net))
        return {
            customer: Standing(len(own), sum(net for _, net in own), (day - max(on for on, _ in own)).days)
            for customer, own in valid.items()
        }

    def gaps(self, day: date) -> list[int]:
        """Days between consecutive purchase occasions (several orders on one day are one)."""
        occasions: dict[str, set[date]] = defaultdict(set)
        for order in self.orders:
            if order.customer_id in self.base_customers and self.net_on(order, day) is not None:
                occasions[str(order.customer_id)].add(order.bought.happened_on)
        return [
            (later - earlier).days
            for days in occasions.values()
            for earlier, later in zip(sorted(days), sorted(days)[1:], strict=False)
        ]


def quantile_disc(values: Iterable[int], numerator: int, denominator: int) -> int:
    """The smallest value with at least that share of the values at or below it."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * numerator / denominator)) - 1]


@dataclass(frozen=True)
class CutPoints:
    basis_on: date
    r: tuple[int, ...]
    m: tuple[int, ...]
    active_until: int | None
    lapsed_until: int | None


def cut_points(shop: Shop, month: date) -> CutPoints | None:
    day = month
    while not (base := shop.base(day)):
        day += DAY
        if (day.year, day.month) != (month.year, month.month):
            return None
    gaps = shop.gaps(day)
    return CutPoints(
        basis_on=day,
        r=tuple(quantile_disc((s.days for s in base.values()), n, 3) for n in (1, 2)),
        m=tuple(quantile_disc((s.net for s in base.values()), n, 5) for n in (1, 2, 3, 4)),
        active_until=quantile_disc(gaps, 75, 100) if gaps else None,
        lapsed_until=quantile_disc(gaps, 95, 100) if gaps else None,
    )


def score(value: int, cuts: Sequence[int]) -> int:
    return 1 + sum(1 for cut in cuts if cut < value)


def frequency_score(n_orders: int) -> int:
    return 1 if n_orders == 1 else 2 if n_orders == 2 else 3 if n_orders == 3 else 4 if n_orders <= 5 else 5


def persona(r: int, f: int, m: int, n_orders: int) -> str:
    if r == 3 and n_orders == 1:
        return "New"
    if r == 3:
        return "Champions" if f + m >= 8 else "Loyal" if f + m >= 5 else "New"
    if r == 2:
        return "At risk" if f + m >= 6 else "Need nurturing"
    return "Inactive"


def snapshot_days(run_date: date) -> list[date]:
    past = (run_date - timedelta(days=back) for back in range(1, 366))
    return sorted({run_date, *(day for day in past if day.isoweekday() == 1)})


def rfm_rows(shop: Shop, day: date, cuts: CutPoints | None) -> set[tuple[Any, ...]]:
    """(snapshot_on, customer, days, orders, net, r, f, m, persona, absolute stage) of one snapshot."""
    rows = set()
    for customer, standing in shop.base(day).items():
        r = 4 - score(standing.days, cuts.r if cuts else ())
        f = frequency_score(standing.n_orders)
        m = score(standing.net, cuts.m if cuts else ())
        stage = None
        if cuts and cuts.active_until is not None and cuts.lapsed_until is not None:
            is_active, is_lapsed = standing.days <= cuts.active_until, standing.days <= cuts.lapsed_until
            stage = "active" if is_active else "lapsed" if is_lapsed else "inactive"
        name = persona(r, f, m, standing.n_orders)
        rows.add((day, customer, standing.days, standing.n_orders, standing.net, r, f, m, name, stage))
    return rows


def periods(run_date: date) -> dict[str, tuple[date, date, date | None]]:
    """Name → first day, day after the last, and first day of the comparison (None: there is none)."""
    month = run_date.replace(day=1)
    previous = (month - DAY).replace(day=1)
    bounds = {f"last_{n}_days": (run_date - timedelta(days=n), run_date) for n in (7, 30, 90, 365)}
    bounds |= {"month_to_date": (month, run_date), "previous_month": (previous, month)}
    named: dict[str, tuple[date, date, date | None]] = {
        name: (start, end, start - (end - start)) for name, (start, end) in bounds.items()
    }
    return named | {"all_time": (date.min, run_date, None)}


def tiles(shop: Shop, run_date: date, start: date, end: date, members: set[str] | None) -> dict[str, float | None]:
    """The tiles of [start, end) for some customers, or for the whole shop (None)."""
    in_period: dict[str, list[tuple[date, int]]] = defaultdict(list)
    lifetime: dict[str, int] = defaultdict(int)
    revenue, n_orders, n_items = 0, 0, 0.0
    for order in shop.orders:
        gross, refunded = order.bought.amount, sum(refund.amount for refund in order.refunds)
        if order.cancelled or gross - refunded <= 0 or (members is not None and order.customer_id not in members):
            continue
        if order.customer_id and order.bought.happened_on < end:
            lifetime[order.customer_id] += gross - refunded
        if start <= order.bought.happened_on < end:
            revenue, n_orders = revenue + gross - refunded, n_orders + 1
            n_items += order.n_items
            if order.customer_id:
                in_period[order.customer_id].append((order.bought.happened_on, gross - refunded))
    repeat = [own for own in in_period.values() if len(own) > 1]
    delay = sum((max(own)[0] - min(own)[0]).days for own in repeat)

    def ratio(above: float, below: float) -> float | None:
        return above / below if below else None

    spent = sum(net for own in in_period.values() for _, net in own)
    return {
        "revenue_minor": revenue,
        "average_order_value_minor": ratio(revenue, n_orders),
        "customer_lifetime_value_minor": ratio(sum(lifetime[c] for c in in_period), len(in_period)),
        "customer_value_in_period_minor": ratio(spent, len(in_period)),
        "n_orders": n_orders,
        "items_per_order": ratio(n_items, n_orders),
        "average_delay_days": ratio(delay, sum(len(own) - 1 for own in repeat)),
        "n_customers": len(in_period),
        "n_single_purchase_customers": len(in_period) - len(repeat),
        "n_repeat_customers": len(repeat),
    }
