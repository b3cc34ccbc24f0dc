"""Drawings as inline SVG: pure functions from numbers to text, no library, no colours of their own.

Colours come from CSS classes, so that the page's light and dark themes reach into every drawing. Every drawing has a
name and a description for people who do not see it; the exact figures always stand in a table beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from assets.reports.numbers import whole


@dataclass(frozen=True)
class Series:
    """One layer of a stacked drawing. `css` is the class that colours it."""

    label: str
    css: str
    values: Sequence[float]


@dataclass(frozen=True)
class Interval:
    """One line of an interval drawing; figures in the unit of the axis, already formatted in `text`."""

    label: str
    value: float
    low: float
    high: float
    text: str


def svg(width: int, height: float, body: str, title: str, description: str, css: str = "") -> str:
    return (
        f'<svg class="chart {css}" viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{escape(title)}. '
        f'{escape(description)}">{body}</svg>'
    )


def ticks(highest: float, count: int = 4) -> list[float]:
    """Round values from 0 up to at least `highest`."""
    if highest <= 0:
        return [0.0, 1.0]
    raw = highest / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw)
    if highest <= count:
        step = 1.0
    return [step * i for i in range(math.ceil(highest / step) + 1)]


def stacked_columns(
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    width: int,
    height: int,
    title: str,
    description: str,
    css: str = "",
) -> str:
    """One column per label, layers from the bottom up."""
    totals = [sum(layer.values[i] for layer in series) for i in range(len(labels))]
    marks = ticks(max(totals, default=0))
    left, bottom, top = 8 + 7 * max(len(whole(mark)) for mark in marks), 26, 10
    inner_w, inner_h = width - left - 4, height - bottom - top
    slot = inner_w / max(1, len(labels))
    bar = min(44.0, slot * 0.72)
    parts = []
    for mark in marks:
        y = top + inner_h * (1 - mark / marks[-1])
        parts.append(f'<line class="grid" x1="{left}" x2="{width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="axis" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{whole(mark)}</text>')
    every = max(1, math.ceil(len(labels) * 46 / inner_w))
    for i, label in enumerate(labels):
        x, y = left + slot * i + (slot - bar) / 2, top + inner_h
        for layer in series:
            size = inner_h * layer.values[i] / marks[-1]
            if size <= 0:
                continue
            y -= size
            parts.append(
                f'<rect class="{layer.css}" x="{x:.1f}" y="{y:.1f}" width="{bar:.1f}" height="{size:.1f}">'
                f"<title>{escape(label)}: {escape(layer.label)} {whole(layer.values[i])}</title></rect>"
            )
        if (len(labels) - 1 - i) % every == 0:
            parts.append(
                f'<text class="axis" x="{x + bar / 2:.1f}" y="{height - 7}" text-anchor="middle">{escape(label)}</text>'
            )
    return svg(width, height, "".join(parts), title, description, css)


def share_bar(series: Sequence[Series], title: str) -> str:
    """One horizontal bar that is divided in shares; stretches to its place."""
    total = sum(layer.values[0] for layer in series)
    if total <= 0:
        return (
            '<svg class="share" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" '
            f'aria-label="{escape(title)}: nothing"></svg>'
        )
    parts, x, words = [], 0.0, []
    for layer in series:
        size = 1000 * layer.values[0] / total
        words.append(f"{layer.label} {whole(layer.values[0])}")
        if size > 0:
            parts.append(
                f'<rect class="{layer.css}" x="{x:.2f}" y="0" width="{size:.2f}" height="10">'
                f"<title>{escape(words[-1])}</title></rect>"
            )
        x += size
    return (
        f'<svg class="share" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(title)}: {escape(", ".join(words))}">{"".join(parts)}</svg>'
    )


def meter(share: float, css: str) -> str:
    """A thin bar of one share; decoration beside a figure, so hidden from screen readers."""
    size = 1000 * max(0.0, min(1.0, share))
    return (
        '<svg class="meter" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="{css}" x="0" y="0" width="{size:.1f}" height="10"/></svg>'
    )


def intervals(rows: Sequence[Interval], *, width: int, title: str, description: str, css: str = "") -> str:
    """Point and 95 % interval per row around a line of no difference."""
    if not rows:
        return ""
    reach = max(max(abs(row.low), abs(row.high)) for row in rows) or 1.0
    row_h, top = 52, 8
    height = top + row_h * len(rows) + 22

    def x_of(value: float) -> float:
        return 10 + (width - 20) * (value + reach) / (2 * reach)

    zero = x_of(0)
    parts = [f'<line class="zero" x1="{zero:.1f}" x2="{zero:.1f}" y1="{top}" y2="{height - 20}"/>']
    parts.append(f'<text class="axis" x="{zero:.1f}" y="{height - 5}" text-anchor="middle">no difference</text>')
    for i, row in enumerate(rows):
        y = top + row_h * i + 34
        tone = "ahead" if row.low > 0 else "behind" if row.high < 0 else "open"
        parts.append(
            f'<text class="label" x="10" y="{y - 18}">{escape(row.label)}</text>'
            f'<text class="axis" x="{width - 10}" y="{y - 18}" text-anchor="end">{escape(row.text)}</text>'
            f'<line class="whisker {tone}" x1="{x_of(row.low):.1f}" x2="{x_of(row.high):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="dot {tone}" cx="{x_of(row.value):.1f}" cy="{y}" r="6"/>'
        )
    return svg(width, height, "".join(parts), title, description, css)


def sparkline(values: Sequence[float], css: str) -> str:
    """The course of a figure without axes; decoration, so hidden from screen readers."""
    if len(values) < 2 or max(values) <= 0:
        return ""
    step = 100 / (len(values) - 1)
    points = [(i * step, 22 - 20 * value / max(values)) for i, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
        f'<polygon class="{css}-area" points="0,24 {line} 100,24"/><polyline class="{css}-line" points="{line}"/></svg>'
    )
