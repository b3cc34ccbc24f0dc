"""Preview pages: complete, honest about what is real, and free of anything that could be misused."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assets.messaging.assets_previews import preview_metadata
from assets.messaging.drawn_pictures import with_drawn_pictures
from assets.messaging.journeys import load_templates
from assets.messaging.messages import RenderedEmail
from assets.messaging.previews import build_previews
from assets.messaging.template_samples import Shop, sample_product, sample_rows
from assets.messaging.tokens import TokenError, read_token
from orchestration.settings import Settings
from tests.unit.messaging.template_root import SETTINGS, SHIPPED

RUN_DATE = date(2026, 11, 20)
TEMPLATES = load_templates(SHIPPED, check_texts=False)


def settings_in(home: Path) -> Settings:
    return Settings(home=home, secret_key=SETTINGS.secret_key)


def stored_row(journey: str, **changes: Any) -> dict[str, Any]:
    """A row as the warehouse holds it, with things that must not show."""
    row = next(row for row in sample_rows(TEMPLATES) if row.journey == journey)
    content = row.content | {
        "customer": row.content["customer"] | {"first_name": "Torbjørg", "company_name": "Canary AS"}
    }
    if content["cart"]:
        content["cart"] = content["cart"] | {"checkout_link": "https://shop.example/cart/canary"}
    stored = {
        **vars(row),
        "class": row.message_class,
        "content": json.dumps(content),
        "address": "canary@customer.example",
    }
    return stored | {"message_id": "c" * 32, "customer_id": "canary-customer"} | changes


def pages(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()
    }


def test_every_kind_of_message_has_a_page_even_without_any_row(tmp_path: Path) -> None:
    """A marketer looks at a journey before it has sent anything."""
    previews = build_previews(settings_in(tmp_path), RUN_DATE, [])
    written = pages(previews.index.parent)
    assert len(previews.examples) == len(list(sample_rows(TEMPLATES)))
    for example in previews.examples:
        assert f'href="{example.page}"' in written["index.html"]
        for name in re.findall(r'<iframe[^>]* src="([^"]+)"', written[example.page]):
            assert name in written
    assert previews.n_real == 0


def test_the_runs_own_messages_are_shown_before_samples(tmp_path: Path) -> None:
    """Real goods and real names show what samples hide."""
    previews = build_previews(settings_in(tmp_path), RUN_DATE, [stored_row("cart_abandoned")])
    assert previews.n_real == 1
    (real,) = [example for example in previews.examples if example.origin == "this run"]
    assert "Torbjørg" in pages(previews.index.parent)[real.page]


def test_no_address_no_cart_and_no_working_link_reaches_a_preview(tmp_path: Path) -> None:
    """Previews are passed around; nobody may be recognised, and nobody unsubscribed, by clicking in one."""
    rows = [stored_row(journey) for journey in TEMPLATES.journeys]
    previews = build_previews(settings_in(tmp_path), RUN_DATE, rows)
    everything = "\n".join(pages(previews.index.parent).values())
    assert "canary" not in everything.lower()
    tokens = set(re.findall(r"/u/([\w-]+)", everything))
    assert tokens
    for token in tokens:
        with pytest.raises(TokenError):
            read_token([SETTINGS.require_secret_key()], token)


def test_pictures_that_nobody_has_are_drawn_in_previews_and_only_there(tmp_path: Path) -> None:
    """A demo's pictures lie on hosts that do not exist; a page of broken pictures says nothing about a mail."""
    previews = build_previews(settings_in(tmp_path), RUN_DATE, [stored_row("welcome")])
    written = pages(previews.index.parent)
    shown = {source for page in written.values() for source in re.findall(r'<img[^>]* src="([^"]*)"', page)}
    assert len(shown) > 3
    # In the page itself: the sandbox that a mail is shown in loads no file from beside it.
    drawn = [base64.b64decode(source.removeprefix("data:image/svg+xml;base64,"), validate=True) for source in shown]
    assert all(drawing.startswith(b"<svg ") for drawing in drawn)
    sent = [example.message.html for example in previews.examples if isinstance(example.message, RenderedEmail)]
    assert not any("data:image" in html for html in sent)


def test_pictures_of_invented_products_are_drawn_whatever_the_brands_hosts_are() -> None:
    """A sample's picture lies on the brand's own host, where nobody has put it."""
    picture = sample_product(3, shop=Shop("https://butikk.no/", "cdn.butikk.no"))["image_link"]
    assert picture.startswith("https://cdn.butikk.no/")
    assert picture not in with_drawn_pictures(f'<img class="p" src="{picture}" alt="">')


def test_pictures_of_real_hosts_stay_what_they_are() -> None:
    html = '<img class="p" src="https://cdn.shop.no/a.jpg" alt=""><img src="https://cdn.example.com/b.jpg" alt="">'
    assert with_drawn_pictures(html) == html


def test_rows_that_cannot_be_rendered_are_counted_and_a_sample_stands_in(tmp_path: Path) -> None:
    """One bad row must not take the marketer's pages away."""
    bad = [stored_row("cart_abandoned", content="{"), stored_row("welcome", content='{"customer": {}}')]
    previews = build_previews(settings_in(tmp_path), RUN_DATE, bad)
    assert sum(previews.problems.values()) >= 1
    assert len(previews.examples) == len(list(sample_rows(TEMPLATES)))


def test_building_twice_gives_the_same_pages_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """A day that is run again shows the same, and no pages of journeys that are gone."""
    first = build_previews(settings_in(tmp_path), RUN_DATE, [stored_row("welcome")])
    (first.index.parent / "stale.html").write_text("old")
    before = {k: v for k, v in pages(first.index.parent).items() if k != "stale.html"}
    second = build_previews(settings_in(tmp_path), RUN_DATE, [stored_row("welcome")])
    assert pages(second.index.parent) == before
    assert [path.name for path in second.index.parent.parent.iterdir()] == [RUN_DATE.isoformat()]


def test_the_run_page_shows_a_mail_and_leads_to_the_pages(tmp_path: Path) -> None:
    """What a person wants to see in the run's metadata, without any address in it."""
    metadata = preview_metadata(build_previews(settings_in(tmp_path), RUN_DATE, [stored_row("welcome")]))
    assert "Velkommen til Fjordkurven" in str(metadata["a_mail"].value)
    assert str(metadata["previews"].value).endswith("2026-11-20/index.html")
    assert "canary" not in str(metadata).lower()
