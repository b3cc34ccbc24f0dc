"""Who moved from which persona to which, drawn as ribbons between two columns. Pure SVG; colours by CSS class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from assets.reports.charts import svg
from assets.reports.numbers import whole

_NODE, _TOP, _LEAST = 12, 26, 6.0


@dataclass(frozen=True)
class Link:
    start: str
    end: str
    n: float


def sankey(
    links: Sequence[Link],
    order: Sequence[str],
    css_of: Mapping[str, str],
    *,
    width: int,
    height: int,
    headings: tuple[str, str],
    title: str,
    description: str,
    css: str = "",
) -> str:
    """Ribbons as wide as the number of people; names in `order` from top to bottom on both sides."""
    links = [link for link in links if link.n > 0]
    if not links:
        return ""
    # On a narrow screen a name and its number stand on two lines, so nodes stand further apart.
    is_narrow = width < 600
    gap, label_w = (20, 96) if is_narrow else (10, 160)
    starts = _columns(links, order, height, gap, "start")
    ends = _columns(links, order, height, gap, "end")
    scale = min(starts[1], ends[1])
    x0, x1 = label_w, width - label_w - _NODE
    left, right = _positions(starts[0], scale, gap), _positions(ends[0], scale, gap)
    parts = [
        f'<text class="axis" x="{x0 + _NODE}" y="14" text-anchor="end">{escape(headings[0])}</text>',
        f'<text class="axis" x="{x1}" y="14">{escape(headings[1])}</text>',
    ]
    used_left, used_right = dict.fromkeys(left, 0.0), dict.fromkeys(right, 0.0)
    rank = {name: i for i, name in enumerate(order)}
    for link in sorted(links, key=lambda item: (rank[item.start], rank[item.end])):
        size = link.n * scale
        y0 = left[link.start] + used_left[link.start]
        y1 = right[link.end] + used_right[link.end]
        used_left[link.start] += size
        used_right[link.end] += size
        middle = (x0 + _NODE + x1) / 2
        stay = " stay" if link.start == link.end else ""
        parts.append(
            f'<path class="ribbon {css_of[link.start]}{stay}" '
            f'd="M{x0 + _NODE},{y0:.1f} C{middle:.0f},{y0:.1f} {middle:.0f},{y1:.1f} {x1},{y1:.1f} '
            f'v{size:.1f} C{middle:.0f},{y1 + size:.1f} {middle:.0f},{y0 + size:.1f} {x0 + _NODE},{y0 + size:.1f} Z">'
            f"<title>{escape(link.start)} to {escape(link.end)}: {whole(link.n)}</title></path>"
        )
    for column, positions, x, anchor, text_x in (
        (starts[0], left, x0, "end", x0 - 6),
        (ends[0], right, x1, "start", x1 + _NODE + 6),
    ):
        for name, n in column.items():
            size = max(1.0, n * scale)
            middle = positions[name] + size / 2 - (6 if is_narrow else 0)
            second = f' x="{text_x}" dy="13"' if is_narrow else ""
            parts.append(
                f'<rect class="{css_of[name]}" x="{x}" y="{positions[name]:.1f}" width="{_NODE}" '
                f'height="{size:.1f}" rx="2"/>'
                f'<text class="label" x="{text_x}" y="{middle + 4:.1f}" text-anchor="{anchor}">{escape(name)} '
                f'<tspan class="axis"{second}>{whole(n)}</tspan></text>'
            )
    return svg(width, height, "".join(parts), title, description, css)


def _columns(
    links: Sequence[Link], order: Sequence[str], height: int, gap: int, side: str
) -> tuple[dict[str, float], float]:
    sums = {name: sum(link.n for link in links if getattr(link, side) == name) for name in order}
    column = {name: n for name, n in sums.items() if n > 0}
    room = height - _TOP - 8 - (gap + _LEAST) * len(column)
    return column, room / sum(column.values())


def _positions(column: Mapping[str, float], scale: float, gap: int) -> dict[str, float]:
    """Tops of the nodes; small ones get room for their name."""
    positions, y = {}, float(_TOP)
    for name, n in column.items():
        positions[name] = y
        y += max(n * scale, _LEAST) + gap
    return positions
