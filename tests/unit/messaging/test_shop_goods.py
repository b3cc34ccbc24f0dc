"""Real products in samples: the journey's own first, and only what a message may show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from assets.messaging.journeys import load_templates
from assets.messaging.render import Renderer
from assets.messaging.shop_goods import own_shop
from assets.messaging.template_samples import sample_rows
from orchestration.settings import Settings
from tests.unit.messaging.template_root import SETTINGS, SHIPPED

TEMPLATES = load_templates(SHIPPED, check_texts=False)


def product(product_id: str, **changes: Any) -> dict[str, Any]:
    known = {
        "product_id": product_id,
        "title": f"Vare {product_id}",
        "brand": None,
        "current_price_minor": 1_990,
        "price_minor": 2_490,
        "product_group": "grocery",
        "image_link": f"https://images.shop.example/{product_id}.jpg",
        "link": f"https://shop.example/p/{product_id}",
        "is_for_sale": True,
    }
    return known | changes


def publish(settings: Settings, products: list[dict[str, Any]]) -> None:
    """An analysts' copy with these products."""
    settings.published_path.parent.mkdir(parents=True)
    with duckdb.connect(str(settings.published_path)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.dim_products (product_id varchar, title varchar, brand varchar, "
            "current_price_minor bigint, price_minor bigint, product_group varchar, image_link varchar, link varchar, "
            "is_for_sale boolean)"
        )
        for one in products:
            connection.execute("insert into marts.dim_products values (?, ?, ?, ?, ?, ?, ?, ?, ?)", [*one.values()])


def test_a_journey_shows_products_of_its_own_groups_first(tmp_path: Path) -> None:
    """A mail about coffee with screws in it would be a test of nothing."""
    settings = Settings(home=tmp_path)
    publish(settings, [product("a1"), product("b2", product_group="coffee"), product("c3", product_group="coffee")])
    shop = own_shop(settings, TEMPLATES.brand)
    assert shop is not None
    coffee, welcome = (TEMPLATES.journeys[key] for key in ("post_purchase_coffee", "welcome"))
    assert "coffee" in coffee.trigger.product_groups()
    assert [shop.product(coffee, index)["product_id"] for index in range(4)] == ["b2", "c3", "a1", "b2"]
    assert shop.product(welcome, 0) == {
        "product_id": "a1",
        "title": "Vare a1",
        "brand": None,
        "price_minor": 1_990,
        "regular_price_minor": 2_490,
        "product_group": "grocery",
        "image_link": "https://images.shop.example/a1.jpg",
        "link": "https://shop.example/p/a1",
    }


def test_what_a_message_may_not_show_is_left_out(tmp_path: Path) -> None:
    """Gone, without a price, or led elsewhere: the message itself would be refused."""
    settings = Settings(home=tmp_path)
    wrong: list[dict[str, Any]] = [
        {"is_for_sale": False},
        {"title": ""},
        {"current_price_minor": None},
        {"image_link": None},
        {"image_link": "https://elsewhere.example/a.jpg"},
        {"link": "https://elsewhere.example/"},
    ]
    publish(settings, [product(str(number), **changes) for number, changes in enumerate(wrong)])
    assert own_shop(settings, TEMPLATES.brand) is None


def test_without_a_copy_or_its_products_there_are_none(tmp_path: Path) -> None:
    """Before the first run, and with a copy that somebody else has made."""
    assert own_shop(Settings(home=tmp_path), TEMPLATES.brand) is None
    strange = Settings(home=tmp_path / "strange")
    strange.published_path.parent.mkdir(parents=True)
    duckdb.connect(str(strange.published_path)).close()
    assert own_shop(strange, TEMPLATES.brand) is None


def test_every_message_can_be_written_with_a_single_product(tmp_path: Path) -> None:
    """A small shop is a shop."""
    settings = Settings(home=tmp_path)
    publish(settings, [product("a1")])
    shop = own_shop(settings, TEMPLATES.brand)
    renderer = Renderer(SETTINGS, TEMPLATES)
    rendered = [renderer.render(row) for row in sample_rows(TEMPLATES, shop=shop) if row.language == "nb"]
    assert len(rendered) > 50
