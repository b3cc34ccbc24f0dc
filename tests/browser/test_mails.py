"""Every shipped mail as a browser shows it: what a reader can read, reach and tap, measured on the finished page.

Template checks reason about colours and sources; this looks at what came of them, in light and dark, on the narrowest
phone, with pictures that do not load. Letters must be as wide as those of the fonts that the mails name: where Arial is
missing, install fonts-liberation; in a wider font, such as DejaVu Sans, the longest carts do not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assets.messaging.journeys import load_templates
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.template_samples import sample_rows
from orchestration.settings import REPOSITORY, Settings
from tests.browser.test_report_site import CHROMIUM, FLAGS

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: install one, or name it in CHROMIUM"),
]
TEMPLATES = load_templates(REPOSITORY / "templates", check_texts=False)
RENDERER = Renderer(Settings(secret_key="a key for tests, signs nothing real"), TEMPLATES)

# WCAG 2.2, 1.4.3: text needs 4.5 : 1 against what lies behind it, large text (24 px, or 18.66 px bold) 3 : 1.
# Measured are all texts that show, against the nearest background that is not transparent.
_UNREADABLE = """
() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const shade = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (!text || style.visibility === 'hidden' || !box.width || !box.height || element.closest('style')) continue;
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const [a, b] = [shade(rgb(style.color)), shade(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    if (ratio < needed) found.push(`${text.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
}
"""
# Where a finger has to meet one thing and not its neighbour.
_SMALL_TARGETS = """
() => [...document.querySelectorAll('.btn a, .choice a')]
  .map((link) => [link.textContent.trim(), (link.closest('.choice') || link).getBoundingClientRect().height])
  .filter(([, height]) => height < 44)
"""
_PICTURES_WITHOUT_WORDS = "() => [...document.images].filter((i) => !i.alt && i.getAttribute('alt') !== '').length"
_WIDER_THAN_THE_SCREEN = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


def mails() -> dict[str, RenderedEmail]:
    """One of each journey, step and branch, in each language."""
    found: dict[str, RenderedEmail] = {}
    for row in sample_rows(TEMPLATES, n_lines=3, n_products=4):
        mail = RENDERER.render(row)
        if isinstance(mail, RenderedEmail):
            found[".".join((row.journey, row.step, row.branch, row.variant or "", row.language or ""))] = mail
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as api:
        chromium = api.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


def pages(browser: Any, **options: Any) -> Iterator[tuple[str, Any]]:
    """Every mail, one after the other, on one page of a browser that loads nothing from outside."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    try:
        for name, mail in mails().items():
            page.set_content(mail.html, wait_until="domcontentloaded")
            yield name, page
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_of_every_mail_stands_out_from_what_lies_behind_it(browser: Any, scheme: str) -> None:
    """Measured on the page, not on the list of colours: a rule that is not inlined or not darkened shows here."""
    wanted = {"color_scheme": scheme, "viewport": {"width": 640, "height": 900}}
    problems = {name: found for name, page in pages(browser, **wanted) if (found := page.evaluate(_UNREADABLE))}
    assert problems == {}


def test_no_mail_is_wider_than_the_narrowest_phone_and_every_button_can_be_met(browser: Any) -> None:
    """320 pixels; nothing is cut off, and what is to be tapped is at least 44 pixels high."""
    wide, small, mute = [], {}, []
    for name, page in pages(browser, viewport={"width": 320, "height": 700}):
        wide += [name] if page.evaluate(_WIDER_THAN_THE_SCREEN) else []
        small |= {name: found} if (found := page.evaluate(_SMALL_TARGETS)) else {}
        mute += [name] if page.evaluate(_PICTURES_WITHOUT_WORDS) else []
    assert (wide, small, mute) == ([], {}, [])


def test_the_measure_of_contrast_finds_what_is_too_pale(browser: Any) -> None:
    """A measure that finds nothing anywhere proves nothing."""
    page = browser.new_page()
    page.set_content('<body style="background:#fff"><p style="color:#999">pale</p><p style="color:#767676">enough</p>')
    assert page.evaluate(_UNREADABLE) == ["pale: 2.85"]
