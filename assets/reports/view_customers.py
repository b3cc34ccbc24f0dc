"""Tiles, personas and movement as the page prints them. Pure."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from assets.reports import charts, numbers
from assets.reports.figures import PERIODS, Figures
from assets.reports.sankey import Link, sankey
from assets.reports.view import FULL_WIDTH, both_widths

# tile, label, unit, what it is. The average delay has its own comparison words: shorter is better.
TILES = (
    ("revenue_minor", "Revenue", "money_short", "Valid orders, net of returns."),
    ("average_order_value_minor", "Average order value", "money", "Revenue per order."),
    (
        "customer_lifetime_value_minor",
        "Customer lifetime value",
        "money",
        "All net spend so far, per customer with an order in the period.",
    ),
    ("n_orders", "Orders", "whole", "Valid orders."),
    ("items_per_order", "Items per order", "decimal", "Items in valid orders, net of returns."),
    (
        "average_delay_days",
        "Average delay between orders",
        "days",
        "Days between orders of customers with two or more.",
    ),
    ("n_customers", "Customers", "whole", "People with an order in the period."),
    ("n_single_purchase_customers", "Single-purchase customers", "whole", "One order in the period."),
    ("n_repeat_customers", "Repeat customers", "whole", "Two or more orders in the period."),
)

# From the most to the least engaged: the order on the timeline, and in every drawing.
PERSONAS = ("Champions", "Loyal", "New", "At risk", "Need nurturing", "Inactive")
NEWCOMERS = "No order yet"
NO_ORDERS = "No orders"
_NEUTRAL_CSS = "p-0"
PERSONA_CSS = {name: f"p-{i + 1}" for i, name in enumerate(PERSONAS)}
STAGES = {"active": "Active", "lapsed": "Lapsed", "inactive": "Inactive"}


def formatted(value: float | None, unit: str, currency: str) -> str:
    match unit:
        case "money":
            return numbers.money(value, currency)
        case "money_short":
            return numbers.money(value, currency, short=True)
        case "decimal":
            return numbers.decimal(value)
        case "days":
            return f"{numbers.decimal(value)} days" if value is not None else numbers.MISSING
        case _:
            return numbers.whole(value)


def tiles(figures: Figures, currency: str) -> dict[str, Any]:
    """Nine tiles for every period and persona; the page shows one pair at a time."""
    personas = sorted({row["persona"] for row in figures.tiles}, key=_persona_order)
    found = {row["period"] for row in figures.tiles}
    periods = [(key, label) for key, label in PERIODS if key in found]
    value_of = {(row["period"], row["persona"], row["tile"]): row for row in figures.tiles}
    sets: dict[str, dict[str, Any]] = {}
    for period, _ in periods:
        for persona in personas:
            rows = [value_of.get((period, persona, tile)) for tile, *_ in TILES]
            any_row = next((row for row in rows if row), None)
            if any_row is None:
                continue
            compared = any_row["comparison_starts_on"] is not None
            sets[f"{period}|{persona}"] = {
                "span": numbers.span(any_row["starts_on"], any_row["ends_on"]),
                "compared": numbers.span(any_row["comparison_starts_on"], any_row["comparison_ends_on"])
                if compared
                else "",
                "values": [
                    formatted(row["value"] if row else None, unit, currency)
                    for row, (_, _, unit, _) in zip(rows, TILES, strict=True)
                ],
                "changes": [
                    numbers.change(row["value"], row["comparison_value"]) if row and compared else "" for row in rows
                ],
                "before": [
                    formatted(row["comparison_value"], unit, currency) if row and compared else ""
                    for row, (_, _, unit, _) in zip(rows, TILES, strict=True)
                ],
            }
    first = next((key for key in ("last_30_days|all", *sets) if key in sets), None)
    return {
        "labels": [{"label": label, "help": text} for _, label, _, text in TILES],
        "periods": [{"key": key, "label": label} for key, label in periods],
        "personas": [{"key": p, "label": "Everyone" if p == "all" else p} for p in personas],
        "sets": sets,
        "chosen": first,
    }


def _persona_order(persona: str) -> tuple[int, str]:
    """Personas are the retailer's to edit: those that this page has no place for stand after the shipped ones."""
    if persona in ("all", NEWCOMERS):
        return (-1, persona)
    if persona == NO_ORDERS:
        return (len(PERSONAS) + 1, persona)
    return (PERSONAS.index(persona) if persona in PERSONAS else len(PERSONAS), persona)


def _css(persona: str) -> str:
    return PERSONA_CSS.get(persona, _NEUTRAL_CSS)


def personas(figures: Figures, currency: str) -> dict[str, Any]:
    """How many people each persona has, and what they are worth."""
    total = sum(row["n"] for row in figures.personas) or 1
    worth = {row["persona"]: row for row in figures.persona_metrics}
    rows = []
    for row in sorted(figures.personas, key=lambda r: _persona_order(r["persona"])):
        money = worth.get(row["persona"])
        css = _css(row["persona"])
        rows.append(
            {
                "name": row["persona"],
                "css": css,
                "stage": STAGES.get(row["stage"], row["stage"]),
                "meter": Markup(charts.meter(row["n"] / total, css)),
                "cells": [
                    numbers.whole(row["n"]),
                    numbers.percent(row["n"] / total),
                    numbers.money(money["revenue_minor"], currency, short=True) if money else numbers.MISSING,
                    numbers.percent(money["revenue_share"]) if money else numbers.MISSING,
                    numbers.money(money["customer_value_minor"], currency) if money else numbers.MISSING,
                    numbers.decimal(money["orders_per_customer"]) if money else numbers.MISSING,
                    numbers.money(money["order_value_minor"], currency) if money else numbers.MISSING,
                ],
            }
        )
    return {"rows": rows, "n": numbers.whole(sum(row["n"] for row in figures.personas))}


def movement(figures: Figures, currency: str) -> dict[str, Any] | None:
    """The Sankey of who moved where, and the table behind it with own behaviour and drift apart."""
    total = [row for row in figures.movement if row["split"] == "total"]
    if not total:
        return None
    split = {
        (r["persona_from"], r["persona_to"], r["had_order_at_start"], r["split"]): r["n_customers"]
        for r in figures.movement
    }
    links = [Link(_start(row), row["persona_to"], row["n_customers"]) for row in total if row["persona_to"]]
    moved = [row for row in total if _start(row) != row["persona_to"] and row["n_customers"] > 0]
    n_all = sum(row["n_customers"] for row in total)
    n_new = sum(row["n_customers"] for row in total if not row["had_order_at_start"])
    n_moved = sum(row["n_customers"] for row in moved) - n_new
    names = {link.start for link in links} | {link.end for link in links}
    order = sorted(names, key=_persona_order)
    first, last = total[0]["from_on"], total[0]["to_on"]
    description = "; ".join(
        f"{_start(r)} to {r['persona_to']} {numbers.whole(r['n_customers'])}"
        for r in sorted(moved, key=lambda r: -r["n_customers"])[:6]
    )

    def draw(width: int, css: str) -> str:
        return sankey(
            links,
            order,
            {name: _css(name) for name in order},
            width=width,
            height=430,
            css=css,
            headings=(numbers.short_day(first), numbers.short_day(last)),
            title=f"Movement between personas, {numbers.span(first, last)}",
            description=f"Largest moves: {description or 'none'}.",
        )

    return {
        "span": numbers.span(first, last),
        "chart": both_widths(draw, FULL_WIDTH),
        "n_all": numbers.whole(n_all),
        "n_moved": numbers.whole(n_moved),
        "moved_share": numbers.percent(n_moved / (n_all - n_new) if n_all > n_new else None),
        "n_new": numbers.whole(n_new),
        "n_own": numbers.whole(_n_moved_by(figures, "own_behaviour")),
        "n_drift": numbers.whole(_n_moved_by(figures, "drift")),
        "rows": [
            {
                "start": _start(row),
                "end": row["persona_to"],
                "start_css": _css(_start(row)),
                "end_css": _css(row["persona_to"]),
                "n": numbers.whole(row["n_customers"]),
                "own": numbers.whole(_part(split, row, "own_behaviour")),
                "drift": numbers.whole(_part(split, row, "drift")),
                "revenue": numbers.money(row["revenue_minor"], currency, short=True),
            }
            for row in sorted(moved, key=lambda r: (-r["n_customers"], _start(r), r["persona_to"]))
        ],
    }


def _start(row: dict[str, Any]) -> str:
    return str(row["persona_from"]) if row["had_order_at_start"] else NEWCOMERS


def _n_moved_by(figures: Figures, part: str) -> int:
    """People with an order at the start whom this cause alone took to another persona; some are moved by both."""
    return sum(
        row["n_customers"]
        for row in figures.movement
        if row["split"] == part and row["had_order_at_start"] and row["persona_from"] != row["persona_to"]
    )


def _part(split: dict[tuple[Any, ...], int], row: dict[str, Any], part: str) -> int:
    return split.get((row["persona_from"], row["persona_to"], row["had_order_at_start"], part), 0)
