"""Rendering: traps that have cost others their order lines, their customers' trust, or their reputation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jinja2
import pytest

from assets.messaging.content import ContentRow, RenderError
from assets.messaging.formats import one_line
from assets.messaging.journeys import Templates, load_templates
from assets.messaging.merge_fields import usable_name
from assets.messaging.render import HTML, TEXT, RenderedEmail, RenderedSms, Renderer
from assets.messaging.template_compile import CompileError, check_loops_are_whole, check_tags_survived
from assets.messaging.template_samples import sample_product, sample_row, sample_rows
from assets.messaging.tokens import read_token
from tests.unit.messaging.template_root import SETTINGS, SHIPPED, change, copy_of_templates


@pytest.fixture(scope="module")
def templates() -> Templates:
    return load_templates(SHIPPED, check_texts=False)


@pytest.fixture(scope="module")
def renderer(templates: Templates) -> Renderer:
    return Renderer(SETTINGS, templates)


def row_of(templates: Templates, journey: str, step: str, channel: str = "email", **content: Any) -> ContentRow:
    spec = templates.journeys[journey]
    return sample_row(journey, spec, spec.step(step), channel, spec.variants()[0], spec.branches()[-1], "nb", **content)


def mail(renderer: Renderer, row: ContentRow) -> RenderedEmail:
    message = renderer.render(row)
    assert isinstance(message, RenderedEmail)
    return message


def with_content(row: ContentRow, **changes: Any) -> ContentRow:
    return replace(row, content=row.content | changes)


def with_name(row: ContentRow, name: str | None) -> ContentRow:
    return with_content(row, customer=row.content["customer"] | {"first_name": name})


@pytest.fixture
def cart(templates: Templates) -> ContentRow:
    return row_of(templates, "cart_abandoned", "saved")


@pytest.fixture
def coffee(templates: Templates) -> ContentRow:
    return row_of(templates, "post_purchase_coffee", "tips")


def test_every_line_of_a_long_cart_stands_inside_its_table(renderer: Renderer, templates: Templates) -> None:
    """Inliners that parse HTML move a loop out of its table: the lines vanish, and no error is raised."""
    html = mail(renderer, row_of(templates, "cart_abandoned", "saved", n_lines=5)).html.replace("\u00a0", " ")
    table = html[html.index('class="line-cell"') :]
    table = table[: table.index("</table>\n</td></tr>") if "</table>\n</td></tr>" in table else len(table)]
    for index in range(5):
        assert sample_product(4 - index)["title"] in table
    assert html.count("<tbody") == html.count("</tbody>")
    assert html.count("<tr") == html.count("</tr>")


def test_the_gate_sees_lost_doubled_and_moved_tags() -> None:
    """A gate that nothing fails proves nothing."""
    source = "{% for p in x %}<tr>{{ p }}</tr>{% endfor %}"
    check_tags_survived("t", source, source)
    for broken in (source.replace("{{ p }}", ""), source + "{{ p }}", "{% endfor %}<tr>{{ p }}</tr>{% for p in x %}"):
        with pytest.raises(CompileError):
            check_tags_survived("t", source, broken)


def test_a_loop_that_does_not_close_what_it_opens_is_refused() -> None:
    """A parser adds <tbody> inside the loop when the author left it out; every further row would open another."""
    check_loops_are_whole("t", "<table><tbody>{% for p in x %}<tr><td>a</td></tr>{% endfor %}</tbody></table>")
    with pytest.raises(CompileError, match="tbody"):
        check_loops_are_whole("t", "<table>{% for p in x %}<tbody><tr><td>a</td></tr>{% endfor %}</tbody></table>")


def test_template_tags_in_data_are_text_and_never_run(renderer: Renderer, cart: ContentRow) -> None:
    """Product names come from other systems; one that holds {{ }} must not read the customer's other fields."""
    line = cart.content["cart"]["lines"][0] | {"title": "Kopp {{ 7*7 }} {% raw %} {{ unsubscribe_url }}"}
    message = mail(renderer, with_content(cart, cart=cart.content["cart"] | {"lines": [line]}))
    for part in (message.html, message.text):
        assert "{{ 7*7 }}" in part
        assert "{{ unsubscribe_url }}" in part


def test_markup_in_data_is_escaped_in_html_and_plain_in_text(renderer: Renderer, cart: ContentRow) -> None:
    """Else a product name can rewrite the mail."""
    line = cart.content["cart"]["lines"][0] | {"title": 'Te & <b onclick="x">kaker</b>'}
    message = mail(renderer, with_content(cart, cart=cart.content["cart"] | {"lines": [line]}))
    assert "<b onclick" not in message.html
    assert "Te &amp; &lt;b onclick=&#34;x&#34;&gt;kaker" in message.html
    assert 'Te & <b onclick="x">kaker</b>' in message.text


def test_an_undefined_field_stops_the_message(tmp_path: Path) -> None:
    """A hole where the amount should stand is worse than no mail."""
    root = copy_of_templates(tmp_path)
    change(root / "partials/lines.mjml.j2", "{{ p.line_total }}", "{{ p.line_sum }}")
    broken = Renderer(SETTINGS, load_templates(root, check_texts=False))
    with pytest.raises(RenderError, match="line_sum"):
        broken.render(row_of(broken.templates, "cart_abandoned", "saved"))


def test_merge_fields_are_refused_when_the_template_needs_one_that_is_missing(
    renderer: Renderer, templates: Templates, cart: ContentRow
) -> None:
    """A provider fills in merge fields where we cannot see it: the hole must be found before the hand-off."""
    offer = row_of(templates, "cart_abandoned", "reminder")
    for row in (with_content(cart, cart=None), with_content(offer, offer=None)):
        with pytest.raises(RenderError, match="is undefined"):
            renderer.merge_fields(row)


def test_none_is_never_printed() -> None:
    """Half of the world's worst mails begin with "Dear None"."""
    for environment in (HTML, TEXT):
        with pytest.raises(ValueError, match="None"):
            environment.from_string("Hei {{ name }}").render(name=None)


@pytest.mark.parametrize(
    "source", ["{{ ''.__class__.__mro__ }}", "{{ x.__init__.__globals__ }}", "{% include 'policy.yml' %}"]
)
def test_templates_cannot_reach_out_of_their_box(source: str) -> None:
    """Who may write texts may not run code or read files."""
    with pytest.raises((jinja2.TemplateError, TypeError)):
        HTML.from_string(source).render(x=object())


@pytest.mark.parametrize(
    "content",
    [
        {"cart": None},
        {"cart": {"cart_id": "1", "checkout_link": None, "total_minor": 1, "lines": []}},
        {"cart": {"cart_id": "1", "checkout_link": "https://shop.example/c", "total_minor": None, "lines": []}},
        {"cart": {"cart_id": "1", "checkout_link": "http://shop.example/c", "total_minor": 1, "lines": []}},
        {"cart": {"cart_id": "1", "checkout_link": "https://evil.example/c", "total_minor": 1, "lines": []}},
        {
            "cart": {
                "cart_id": "1",
                "checkout_link": "https://shop.example/c",
                "total_minor": 1,
                "lines": [{"title": None}],
            }
        },
        {"cart": "no cart"},
    ],
)
def test_a_poison_row_is_put_aside_without_telling_whose_it_is(
    renderer: Renderer, cart: ContentRow, content: dict[str, Any]
) -> None:
    """The batch goes on without it; the reason goes to logs, so it must name fields and rules only."""
    poison = with_name(with_content(cart, **content), "Kanarifugl")
    with pytest.raises(RenderError) as caught:
        renderer.render(poison)
    assert caught.value.message_id == cart.message_id
    assert "Kanarifugl" not in str(caught.value)
    assert "evil.example/c" not in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]", '"x"', "null", "{}", None])
def test_content_that_cannot_be_read_is_a_render_error(coffee: ContentRow, content: str | None) -> None:
    with pytest.raises(RenderError):
        ContentRow.from_mapping({**vars(coffee), "class": coffee.message_class, "content": content})


def test_a_row_of_the_warehouse_becomes_a_content_row(coffee: ContentRow) -> None:
    """The content is JSON text there; `class` is a word that Python keeps for itself."""
    stored = {**vars(coffee), "class": coffee.message_class, "content": json.dumps(coffee.content), "unknown": 1}
    assert ContentRow.from_mapping(stored) == coffee


NO_NAMES = [
    "Kari\r\nBcc: x@y.example", "Kari\nX", "https://evil.example", "kari@x.example", "<b>", "K" * 60, "1234",
    "\u202eirak", "Ka\ufffeari", " ",
]  # fmt: skip


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_is_none_is_left_out_of_the_greeting(renderer: Renderer, coffee: ContentRow, name: str) -> None:
    """A greeting without a name is always right; a greeting with somebody's injection is not."""
    message = mail(renderer, with_name(coffee, name))
    assert "Hei!" in message.text
    assert "\r" not in message.subject + message.text


@pytest.mark.parametrize("name", ["Kari", "Åse-Marie", "Anne Lise", "O'Brien", "Łukasz", "李", "Kari 🎉"])
def test_real_names_are_kept_as_they_are(renderer: Renderer, coffee: ContentRow, name: str) -> None:
    assert usable_name(name) == name
    assert f"Hei {name}!" in mail(renderer, with_name(coffee, name)).text


def test_a_company_name_with_line_breaks_cannot_start_a_header(renderer: Renderer, templates: Templates) -> None:
    """The subject holds the company's name; CR or LF in it would be a header of the customer's choice."""
    row = row_of(templates, "b2b_post_purchase", "follow_up")
    customer = row.content["customer"] | {"company_name": "Firma\r\nBcc: x@y.example"}
    subject = mail(renderer, with_content(row, customer=customer)).subject
    assert subject == "Takk for bestillingen, Firma Bcc: x@y.example"


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


def test_a_step_that_does_not_exist_is_a_render_error(renderer: Renderer, coffee: ContentRow) -> None:
    for changed in (replace(coffee, step="gone"), replace(coffee, journey="gone")):
        with pytest.raises(RenderError, match="no template"):
            renderer.render(changed)


def test_a_huge_mail_is_refused(renderer: Renderer, cart: ContentRow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gmail cuts mails at 102 KB, and the unsubscribe link with them."""
    monkeypatch.setattr("assets.messaging.render.MAX_HTML_BYTES", 20_000)
    with pytest.raises(RenderError, match="20 KB"):
        renderer.render(cart)


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


def test_an_sms_holds_its_segment_cap_and_its_opt_out(renderer: Renderer, templates: Templates) -> None:
    """Each segment is paid for; each SMS must say how to stop."""
    row = row_of(templates, "cart_abandoned", "reminder", "sms")
    message = renderer.render(row)
    assert isinstance(message, RenderedSms)
    assert (message.encoding, message.segments) == ("GSM-7", 2)
    assert message.unsubscribe_url in message.text
    long = row.content["cart"] | {"checkout_link": "https://shop.example/" + "x" * 400}
    with pytest.raises(RenderError, match="segments"):
        renderer.render(with_content(row, cart=long))


def test_the_unsubscribe_link_is_the_messages_own_and_holds_no_person(renderer: Renderer, coffee: ContentRow) -> None:
    """No address in any URL: links are logged, shared and forwarded."""
    message = mail(renderer, replace(coffee, address="canary@customer.example"))
    token = message.unsubscribe_url.rsplit("/", 1)[1]
    assert read_token([SETTINGS.require_secret_key()], token) == (coffee.message_id, "email")
    assert message.unsubscribe_url in message.html
    assert message.unsubscribe_url in message.text
    assert "canary" not in message.html + message.text + message.subject


def every_mail(renderer: Renderer, templates: Templates) -> Iterator[tuple[ContentRow, RenderedEmail]]:
    for row in sample_rows(templates):
        if row.channel == "email":
            yield row, mail(renderer, row)


def test_every_mail_names_its_sender_and_is_small(renderer: Renderer, templates: Templates) -> None:
    """Legal name, postal address and organisation number in every marketing mail, in both parts."""
    legal = templates.brand.legal
    for row, message in every_mail(renderer, templates):
        assert len(message.html.encode()) < 90_000
        assert f'lang="{row.language}"' in message.html
        for part in (message.html, message.text):
            for fact in (legal.name, legal.postal_address, legal.organisation_number):
                assert fact in part


def test_every_link_of_a_mail_stands_in_its_text_part(renderer: Renderer, templates: Templates) -> None:
    """Who reads the text part must be able to do the same, unsubscribing first of all."""
    for _, message in every_mail(renderer, templates):
        assert message.links
        assert all(url in message.text for url in message.links)
        assert all(url.startswith("https://") for url in message.links)


def test_media_queries_survive_and_hand_written_rules_are_inlined(renderer: Renderer, coffee: ContentRow) -> None:
    """Dark mode and phones need the former, Gmail and Outlook the latter."""
    html = mail(renderer, coffee).html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media only screen and (max-width: 480px)" in html
    assert 'class="tip-title" style="' in html


def test_the_artifact_and_the_fields_give_the_same_mail_in_any_jinja_engine(
    renderer: Renderer, templates: Templates
) -> None:
    """Merge-field hand-off: the provider fills in our template; it must get what we would have sent."""
    for row, message in every_mail(renderer, templates):
        artifact = renderer.artifact_for(row)
        fields = json.loads(json.dumps(message.fields))
        plain, escaped = jinja2.Environment(keep_trailing_newline=True), jinja2.Environment(autoescape=True)
        assert escaped.from_string(artifact.html).render(fields) == message.html.rstrip("\n")
        assert plain.from_string(artifact.text).render(fields) == message.text
        assert one_line(plain.from_string(artifact.subject).render(fields), 150) == message.subject


def test_rendering_twice_gives_the_same_bytes(templates: Templates, renderer: Renderer) -> None:
    """Hand-off files are compared byte for byte when a day is run again."""
    again = Renderer(SETTINGS, templates)
    for row in sample_rows(templates):
        assert again.render(row) == renderer.render(row)


def test_the_version_changes_with_the_words_and_not_with_the_customer(
    tmp_path: Path, renderer: Renderer, coffee: ContentRow
) -> None:
    """Who got which words must be answerable later."""
    assert mail(renderer, coffee).template_version == mail(renderer, with_name(coffee, "Ola")).template_version
    root = copy_of_templates(tmp_path, "post_purchase_coffee")
    change(root / "journeys/post_purchase_coffee/texts.nb.yml", "En bedre kopp", "En god kopp")
    changed = Renderer(SETTINGS, load_templates(root, check_texts=False))
    assert mail(changed, coffee).template_version != mail(renderer, coffee).template_version


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
