"""The preference page as HTML: four languages, the brand's colours, no script, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assets.messaging.policy_schema import Brand
from assets.service.forms import FREQUENCIES
from assets.service.obey import TOPICS, Standing, latest_pause
from assets.service.recipients import Recipient

_HERE = Path(__file__).parent
DEFAULT = "en"
# Languages whose readers are served better by a neighbour's than by English.
_NEAR = {"no": "nb", "nn": "nb"}


class Pages:
    """All pages of one brand, compiled once."""

    def __init__(self, brand: Brand) -> None:
        self._brand = brand
        self.texts: dict[str, dict[str, str]] = yaml.safe_load((_HERE / "texts.yml").read_text(encoding="utf-8"))
        environment = Environment(
            loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._page = environment.get_template("page.html.j2")
        colors = brand.colors.model_dump()
        css = environment.get_template("page.css.j2").render(light=colors["light"], dark=colors["dark"])
        self._css = Markup(css)
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )

    def language(self, asked: str | None, accepted: str, customer: str | None) -> str:
        """What was chosen on the page, else the customer's own language, else the browser's, else English."""
        browser = [part.partition(";")[0] for part in accepted.split(",")]
        for code in (asked, customer, *browser):
            short = (code or "").strip().lower()[:2]
            short = _NEAR.get(short, short)
            if short in self.texts:
                return short
        return DEFAULT

    def preferences(
        self,
        link: str,
        language: str,
        recipient: Recipient,
        standing: Standing,
        today: date,
        *,
        said: str | None = None,
        is_wrong: bool = False,
    ) -> str:
        """The page of one recipient, with what is on record; `said` names the text at the top."""
        wishes = standing.wishes
        pause = wishes.paused_until if wishes.paused_until and wishes.paused_until > today else None
        return self._rendered(
            link=link,
            language=language,
            recipient=recipient,
            standing=standing,
            said=said,
            is_wrong=is_wrong,
            topics=TOPICS,
            frequencies=FREQUENCIES,
            chosen_frequency=f"{wishes.max_messages}/{wishes.period_days}" if wishes.max_messages else "",
            first_day=(today + timedelta(days=1)).isoformat(),
            last_day=latest_pause(today).isoformat(),
            pause=pause.isoformat() if pause else "",
        )

    def notice(self, language: str, said: str, *, is_wrong: bool) -> str:
        """A page that says one thing and offers nothing."""
        return self._rendered(link="", language=language, recipient=None, said=said, is_wrong=is_wrong)

    def _rendered(self, *, language: str, **values: Any) -> str:
        names = {code: texts["language_name"] for code, texts in self.texts.items()}
        return self._page.render(
            brand=self._brand,
            css=self._css,
            language=language,
            text=self.texts[language],
            language_names=names,
            **values,
        )
