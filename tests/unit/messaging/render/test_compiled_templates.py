"""Templates on their way to mails: nothing of them is lost, and nothing in them reaches out of its box."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jinja2
import pytest

from assets.messaging.content import ContentRow, RenderError
from assets.messaging.journeys import Templates, load_templates
from assets.messaging.render import HTML, TEXT, Renderer
from assets.messaging.template_compile import CompileError, check_loops_are_whole, check_tags_survived
from assets.messaging.template_samples import sample_product
from tests.unit.messaging.render.rows import mail, row_of, with_content
from tests.unit.messaging.template_root import SETTINGS, change, copy_of_templates


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


def test_a_step_that_does_not_exist_is_a_render_error(renderer: Renderer, coffee: ContentRow) -> None:
    for changed in (replace(coffee, step="gone"), replace(coffee, journey="gone")):
        with pytest.raises(RenderError, match="no template"):
            renderer.render(changed)


def test_media_queries_survive_and_hand_written_rules_are_inlined(renderer: Renderer, coffee: ContentRow) -> None:
    """Dark mode and phones need the former, Gmail and Outlook the latter."""
    html = mail(renderer, coffee).html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media only screen and (max-width: 480px)" in html
    assert 'class="tip-title" style="' in html
