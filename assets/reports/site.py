"""Builds the report: one HTML file with its own styles, script and drawings, which never asks the net for anything."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assets.reports import numbers, view, view_customers, view_results
from assets.reports.figures import Figures, read_figures

PAGE = Path(__file__).with_name("page")


@dataclass(frozen=True)
class SiteReport:
    """What was written, and the figures worth a glance."""

    path: Path
    n_bytes: int
    n_candidates: str
    n_sent: str
    n_in_peace: str


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def build_site(
    database: Path,
    out_dir: Path,
    today: date,
    *,
    currency: str = "NOK",
    data_note: str | None = None,
    previews: Path | None = None,
) -> SiteReport:
    """Write `out_dir/index.html` from the marts in `database`; swapped in whole, so nobody reads half a page.

    `data_note` is shown at the top (a demo says what is synthetic). `previews` is a page to link to, if it exists.
    The same marts give the same bytes.
    """
    figures = read_figures(database, today)
    link = None
    if previews is not None and previews.exists():
        link = Path(os.path.relpath(previews, out_dir)).as_posix()
    html = render(figures, currency=currency, data_note=data_note, previews_link=link)
    out_dir.mkdir(parents=True, exist_ok=True)
    path, temporary = out_dir / "index.html", out_dir / ".index.html.tmp"
    temporary.write_text(html, encoding="utf-8")
    temporary.replace(path)
    headline = view.headline(figures)
    return SiteReport(
        path=path,
        n_bytes=len(html.encode()),
        n_candidates=headline["n_candidates"],
        n_sent=headline["counts"][0]["n"],
        n_in_peace=view.peace(figures)["n_today"],
    )


def render(figures: Figures, *, currency: str, data_note: str | None, previews_link: str | None) -> str:
    """The page as text."""
    first = min((row["run_date"] for row in figures.decisions), default=figures.today)
    return (
        _environment()
        .get_template("index.html.j2")
        .render(
            style=Markup((PAGE / "style.css").read_text(encoding="utf-8")),
            script=Markup((PAGE / "script.js").read_text(encoding="utf-8")),
            day=numbers.long_day(figures.today),
            iso_day=figures.today.isoformat(),
            span=numbers.span(first, figures.today),
            data_note=data_note,
            previews_link=previews_link,
            headline=view.headline(figures),
            decisions=view.decisions(figures),
            journeys=view.journeys(figures, currency),
            peace=view.peace(figures),
            tiles=view_customers.tiles(figures, currency),
            personas=view_customers.personas(figures, currency),
            movement=view_customers.movement(figures, currency),
            experiments=view_results.experiments(figures, currency),
            versus=view_results.flow_against_newsletter(figures, currency),
        )
    )
