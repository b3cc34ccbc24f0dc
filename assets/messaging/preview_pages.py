"""The look of the preview pages: fills in the templates in `pages/`. Decides nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

_PAGES = Path(__file__).parent / "pages"


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters["shown"] = lambda value: "–" if value == "default" else value
    # Our own file, and the page must not depend on a second one.
    environment.globals["style"] = Markup((_PAGES / "style.css").read_text(encoding="utf-8"))
    return environment


def index_page(**values: Any) -> str:
    return _ENVIRONMENT.get_template("index.html.j2").render(values)


def message_page(example: Any, same: list[Any]) -> str:
    """One message; `same` is the message in every language, its own included."""
    return _ENVIRONMENT.get_template("message.html.j2").render(e=example, same=same)


def as_dark(html: str) -> str:
    """The mail as a reader in dark mode sees it, whatever the viewer's own setting."""
    return html.replace("@media (prefers-color-scheme: dark)", "@media all")


_ENVIRONMENT = _environment()
