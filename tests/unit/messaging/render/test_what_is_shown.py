"""What a mail shows to whom: products, prices, offers, language and arms of experiments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assets.messaging.content import ContentRow, RenderError
from assets.messaging.journeys import Templates
from assets.messaging.render import Renderer
from assets.messaging.template_samples import sample_product
from tests.unit.messaging.render.rows import mail, row_of, with_content


def test_customers_who_had_the_accessory_get_tips_only(renderer: Renderer, coffee: ContentRow) -> None:
    """The split of the journey: accessories are shown to those who lack them, whatever the row carries."""
    title = "Godt å ha til kaffen"
    assert title in mail(renderer, coffee).html
    assert title not in mail(renderer, replace(coffee, branch="with_accessory")).html


def test_the_arm_without_products_shows_none(renderer: Renderer, coffee: ContentRow) -> None:
    """Else the experiment compares a mail with itself."""
    without = mail(renderer, replace(coffee, variant="without_products"))
    assert "Godt å ha til kaffen" not in without.html + without.text
    assert without.template_version != mail(renderer, coffee).template_version


def test_without_permission_for_marketing_there_is_neither_recommendation_nor_offer(
    renderer: Renderer, templates: Templates, coffee: ContentRow
) -> None:
    """`service` fulfils the order and holds nothing else."""
    fields = renderer.merge_fields(replace(coffee, permission_basis="service"))
    assert (fields["accessories"], fields["also_bought"], fields["offer_kind"]) == ([], [], "")
    # A mail that speaks of nothing but its offer cannot be sent without one.
    with pytest.raises(RenderError, match="offer"):
        renderer.render(replace(row_of(templates, "cart_abandoned", "reminder"), permission_basis="service"))


def test_a_crossed_out_price_must_be_higher_than_the_price(renderer: Renderer, coffee: ContentRow) -> None:
    """Discounts that are none are forbidden, and noticed."""
    regular_prices = (900, 1000, None, 1500)
    products = [sample_product(0) | {"price_minor": 1000, "regular_price_minor": price} for price in regular_prices]
    fields = renderer.merge_fields(with_content(coffee, recommendations={"accessories": products}))
    assert [product["before"] for product in fields["accessories"]] == ["", "", "", "15\u00a0kr"]


def test_a_product_without_picture_gets_its_initial(renderer: Renderer, coffee: ContentRow) -> None:
    """A card must look right although the catalogue has no picture."""
    products = [sample_product(1) | {"image_link": None, "brand": None}]
    html = mail(renderer, with_content(coffee, recommendations={"accessories": products})).html
    assert "<img" not in html
    assert 'class="p-letter"' in html


def test_a_customer_of_another_language_gets_the_one_that_the_brand_names(
    renderer: Renderer, coffee: ContentRow
) -> None:
    """A mail in the wrong language is better than none, but it must be decided, not stumbled on."""
    languages = ("nb", "nn", "no", "fi", "de", None)
    subjects = {language: mail(renderer, replace(coffee, language=language)).subject for language in languages}
    assert subjects["nn"] == subjects["no"] == subjects["nb"]
    assert subjects["fi"] == subjects["de"] == subjects[None] == mail(renderer, replace(coffee, language="en")).subject


def test_an_arm_that_was_taken_out_gets_what_everybody_gets(renderer: Renderer, coffee: ContentRow) -> None:
    """A journey may change between the decision and the sending."""
    assert mail(renderer, replace(coffee, variant="gone")).subject == mail(renderer, coffee).subject


def test_a_long_order_shows_some_lines_and_counts_the_rest(renderer: Renderer, templates: Templates) -> None:
    """A business orders a hundred lines; the mail must stay readable and below the size at which it is cut."""
    message = mail(renderer, row_of(templates, "b2b_post_purchase", "follow_up", n_lines=120))
    assert len(message.fields["order_lines"]) == 12
    assert "varer til" in message.fields["order_more"]
    assert message.fields["order_more"] in message.html
    assert message.fields["order_more"] in message.text


def test_an_order_shows_what_was_paid_and_never_todays_price(renderer: Renderer, templates: Templates) -> None:
    """Prices change between the order and the mail; a summary that does not add up makes people call."""
    row = row_of(templates, "b2b_post_purchase", "follow_up")
    paid, fuel = sample_product(1) | {"quantity": 2, "amount_minor": 5_000}, sample_product(2) | {"quantity": 89_638.0}
    fields = renderer.merge_fields(with_content(row, order=row.content["order"] | {"lines": [paid, fuel]}))
    shown = [(line["quantity_text"], line["line_total"], line["price"]) for line in fields["order_lines"]]
    assert shown == [("2 stk.", "50\u00a0kr", ""), ("", "", "")]


@pytest.mark.parametrize(
    ("title", "shown"), [("Krus, 0,4 l", "0,4\u00a0l"), ("Kaffe 500 g filter", "500\u00a0g filter")]
)
def test_a_number_stays_on_the_line_of_its_unit(
    renderer: Renderer, templates: Templates, title: str, shown: str
) -> None:
    """A lone l on a line of its own reads like a misprint; a model number is no measure and may break."""
    row = row_of(templates, "price_drop", "lower")
    row.content["trigger_product"] |= {"title": title}
    assert shown in renderer.merge_fields(row)["trigger_title"]
    row.content["trigger_product"] |= {"title": "Serie 500 gull"}
    assert "\u00a0" not in renderer.merge_fields(row)["trigger_title"]
