"""Unsubscribe and preferences in a real browser: without scripts, by keyboard, on a phone; looking changes nothing."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from assets.messaging.ledger import suppressions, wishes
from assets.messaging.ledger_guard import open_ledger
from tests.browser.test_report_site import FLAGS
from tests.faults import kit
from tests.faults.kit import ListContent, row
from tests.faults.one_by_one import release
from tests.unit.service import world
from tests.unit.service.world import Site, link

playwright = pytest.importorskip("playwright.sync_api", reason="the browser tests need the package playwright")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
MAIL = row(0)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: install one, or name it in CHROMIUM"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright.sync_playwright() as api:
        chromium = api.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    settings = kit.settings(tmp_path)
    with open_ledger(settings) as outbox:
        release(settings, outbox, ListContent([MAIL]))
        world.publish(settings, [MAIL])
        with world.running(settings, outbox) as running:
            yield running


def recorded(site: Site) -> tuple[int, int]:
    """How many opt-outs and wishes are on record."""
    with open_ledger(site.settings) as outbox, outbox.transaction() as tx:
        count = [
            tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in (suppressions, wishes)
        ]
    return count[0], count[1]


class Visit:
    """A page without JavaScript, with everything it asked for and complained about."""

    def __init__(self, browser, site: Site, *, width: int = 390, scheme: str = "light") -> None:
        viewport = {"width": width, "height": 800}
        self.context = browser.new_context(viewport=viewport, color_scheme=scheme, java_script_enabled=False)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("request", lambda asked: self.elsewhere.append(asked.url) if home not in asked.url else None)
        home = f"http://127.0.0.1:{site.port}/"
        self.page.goto(f"{home}{link(MAIL)[1:]}?lang=en")

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


def test_looking_at_the_page_changes_nothing_and_asks_nobody_else(browser, site) -> None:
    """Scanners open the link in real browsers, too."""
    with Visit(browser, site) as visit:
        visit.page.reload()
        assert visit.context.request.head(visit.page.url).status == 200
        assert (visit.complaints, visit.elsewhere, visit.context.cookies()) == ([], [], [])
    assert recorded(site) == (0, 0)


def test_one_press_unsubscribes_and_stays_on_the_page(browser, site) -> None:
    """No second question, no account, no redirect."""
    with Visit(browser, site) as visit:
        before = visit.page.url
        visit.page.get_by_role("button", name="Unsubscribe me from everything").click()
        assert visit.page.get_by_role("status").inner_text() == "You are unsubscribed, from now on."
        assert visit.page.url == before
        assert (visit.complaints, visit.context.cookies()) == ([], [])
    assert recorded(site) == (1, 0)


def test_wishes_are_set_with_the_keyboard_alone(browser, site) -> None:
    """Every control is reached by Tab, has a name, and keeps what was chosen."""
    with Visit(browser, site) as visit:
        page = visit.page
        page.get_by_label("Newsletter").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.get_by_role("button", name="Save").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=status]")
        assert page.get_by_role("status").inner_text() == "Saved. It holds from now on."
        assert not page.get_by_label("Newsletter").is_checked()
        assert page.get_by_label("Once a week").is_checked()
    assert recorded(site) == (0, 1)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_its_controls_can_be_hit(browser, site, width: int, scheme: str) -> None:
    """On the narrowest phone nothing is cut off; buttons and choices are at least 44 pixels high."""
    with Visit(browser, site, width=width, scheme=scheme) as visit:
        for control in visit.page.locator("button, .choice, input[type=date]").all():
            box = control.bounding_box()
            assert box is not None
            assert box["height"] >= 44
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        headings = [visit.page.locator(f"h{level}").count() for level in (1, 2)]
        assert headings == [1, 2]
        if shown := os.environ.get("FREDNING_SCREENSHOTS"):
            visit.page.screenshot(path=f"{shown}/preferences-{width}-{scheme}.png", full_page=True)
