"""The report in a real browser with the network cut off: no errors, no requests, readable on a phone."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.reports.site import build_site
from tests.unit.reports import world

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

CHROMIUM = (
    os.environ.get("CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--metrics-recording-only",
]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: install one, or name it in CHROMIUM"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    return build_site(world.build(folder / "copy.duckdb"), folder / "reports", world.TODAY, data_note="Invented.").path


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright.sync_playwright() as api:
        chromium = api.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Visit:
    """A page with everything it asked for and complained about."""

    def __init__(self, browser, site: Path, width: int, scheme: str = "light") -> None:
        self.context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.context.set_offline(True)
        self.page.goto(site.as_uri())

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def test_the_page_opens_without_network_errors_or_requests(browser, site):
    """It is mailed, mounted and archived: it must be whole by itself."""
    with Visit(browser, site, 1280) as visit:
        assert visit.page.title() == "Fredning – Sunday 22 November 2026"
        assert visit.complaints == []
        assert [url for url in visit.requests if not url.startswith(("file:", "data:"))] == []


def test_the_nine_tiles_are_visible_and_follow_the_choice(browser, site):
    """Period and persona switch by keyboard as well as by mouse; the figures change with them."""
    with Visit(browser, site, 1280) as visit:
        tiles = visit.page.locator(".tile")
        assert tiles.count() == 9
        assert all(tile.is_visible() for tile in tiles.all())
        before = tiles.nth(0).locator(".value").inner_text()
        visit.page.get_by_label("Period").select_option("last_7_days")
        assert tiles.nth(0).locator(".value").inner_text() != before
        visit.page.get_by_label("Period").select_option("all_time")
        assert tiles.nth(0).locator(".change").inner_text() == ""
        visit.page.locator("#persona").focus()
        visit.page.keyboard.press("ArrowDown")
        assert "until" in visit.page.locator("#tiles-span").inner_text()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_scrolls_sideways(browser, site, width):
    """Tables scroll inside their own frame; the page itself never does, or text is cut on phones."""
    with Visit(browser, site, width) as visit:
        visit.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        shown = [name for name in ("wide", "narrow") if visit.page.locator(f".chart.{name}").first.is_visible()]
        assert len(shown) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browser, site, scheme):
    """4.5 : 1 against its background for every visible text (WCAG 2.2 AA), in both themes."""
    with Visit(browser, site, 1280, scheme) as visit:
        poor = visit.page.evaluate(CONTRAST)
        assert poor == []


def test_the_keyboard_reaches_everything(browser, site):
    """Skip link first; drawings and frames that scroll can be reached without a mouse."""
    with Visit(browser, site, 360) as visit:
        visit.page.keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.textContent") == "Skip to the report"
        frames = visit.page.locator(".scroll")
        assert all(frame.get_attribute("tabindex") == "0" for frame in frames.all())


CONTRAST = """
() => {
  const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1); context.fillStyle = colour; context.fillRect(0, 0, 1, 1);
    return Array.from(context.getImageData(0, 0, 1, 1).data);
  };
  const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const light = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 200) { return colour; }
    }
    return rgba(getComputedStyle(document.body).backgroundColor);
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || ['SCRIPT', 'STYLE', 'TITLE', 'title', 'OPTION'].includes(element.tagName)) { continue; }
    if (!element.checkVisibility()) { continue; }
    const style = getComputedStyle(element);
    const ink = rgba(element.closest('svg') ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) { poor.push(text + ' ' + ratio.toFixed(2)); }
  }
  return poor;
}
"""
