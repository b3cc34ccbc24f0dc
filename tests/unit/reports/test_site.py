"""The report page: complete, self-contained, the same bytes for the same marts, and safe with hostile names."""

import re
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from assets.reports.site import build_site
from tests.unit.reports import world


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    return world.build(tmp_path_factory.mktemp("copy") / "fredning.duckdb")


@pytest.fixture(scope="module")
def page(database, tmp_path_factory) -> str:
    report = build_site(database, tmp_path_factory.mktemp("reports"), world.TODAY, data_note="People are invented.")
    return report.path.read_text(encoding="utf-8")


class Outline(HTMLParser):
    """Tags that are open, ids, links, and everything that would fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.fetched: list[str] = []
        self.unnamed: list[str] = []

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        if tag not in {"meta", "link", "br", "i", "rect", "line", "path", "circle", "polygon", "polyline", "input"}:
            self.open.append(tag)
        self.ids += [of["id"]] if "id" in of else []
        self.anchors += [of["href"][1:]] if tag == "a" and of.get("href", "").startswith("#") else []
        self.fetched += [of[name] for name in ("src", "srcset", "poster", "action") if name in of]
        self.fetched += [of["href"]] if tag == "link" and not of["href"].startswith("data:") else []
        if tag == "svg" and "aria-hidden" not in of and not of.get("aria-label"):
            self.unnamed.append(self.get_starttag_text())

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()


def test_the_page_fetches_nothing_and_every_anchor_leads_somewhere(page):
    """It is opened from a file share or an e-mail: one reference to the net would leak who reads it, or stay empty."""
    outline = Outline()
    outline.feed(page)
    assert outline.fetched == []
    assert set(outline.anchors) <= set(outline.ids)
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.unnamed == []
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", page)


def test_the_page_tells_what_every_section_promises(page):
    """A section that silently vanished would be missed by nobody but the reader."""
    for text in (
        "messages were sent",
        "357 people are left in peace today",
        "Nine figures of the shop",
        "Repeat customers",
        "No permission",
        "There was no legal basis for this channel and purpose.",
        "Coffee, after the purchase",
        "Sample-ratio check passed",
        "Not decided: at look 7 of 14",
        "All messages against none",
        "Click-to-open rate",
        "Revenue per recipient",
        "Movement, 25 Oct – 22 Nov 2026",
        "People are invented.",
        "post purchase 48 hours",
    ):
        assert text in page, text


def test_the_ledger_adds_up_on_the_page(page, database):
    """Candidates = sent + held + suppressed, also where people read it."""
    with duckdb.connect(str(database), read_only=True) as connection:
        total = connection.execute("select sum(n) from marts.rpt_decisions_by_day").fetchone()[0]
    foot = page.split("<tfoot>")[1].split("</tfoot>")[0]
    figures = [int(cell.replace(",", "")) for cell in re.findall(r'<td class="n">(?:<b>)?([\d,]+)', foot)]
    assert figures[0] == sum(figures[1:]) == total


def test_the_same_marts_give_the_same_bytes(database, tmp_path):
    """A report that changes by itself cannot be compared; nothing in it may depend on the clock."""
    first = build_site(database, tmp_path / "a", world.TODAY).path.read_bytes()
    assert build_site(database, tmp_path / "b", world.TODAY).path.read_bytes() == first


def test_an_empty_warehouse_gives_a_page_that_says_so(tmp_path):
    """The first morning has no figures; it must not have errors either."""
    page = build_site(world.empty(tmp_path / "e.duckdb"), tmp_path / "out", world.TODAY).path.read_text()
    for text in ("No messages were decided on this day.", "No figures yet.", "Nothing has been decided yet."):
        assert text in page
    assert "nan" not in page.lower().replace("finance", "")
    assert "inf" not in re.sub(r"[a-z]*inf[a-z]+", "", page.lower())


def test_names_from_files_cannot_break_out_of_the_page(tmp_path):
    """Journey names come from YAML that anyone may edit; a tag in one is text."""
    database = world.build(tmp_path / "w.duckdb")
    with duckdb.connect(str(database)) as connection:
        connection.execute("update marts.dim_journeys set name = '<script>alert(1)</script>&\"x'")
        connection.execute("update marts.rpt_tiles set persona = '</script><b>' where persona = 'Loyal'")
    page = build_site(database, tmp_path / "out", world.TODAY).path.read_text()
    assert "<script>alert" not in page
    assert page.count("</script>") == 2


def test_personas_of_the_retailers_own_and_people_whose_orders_all_came_back_are_drawn(tmp_path):
    """Personas are data, and a base of any size has somebody who returned everything."""
    database = world.build(tmp_path / "w.duckdb")
    with duckdb.connect(str(database)) as connection:
        for column in ("persona_from", "persona_to"):
            connection.execute(f"update marts.rpt_persona_movement set {column} = 'Regulars' where {column} = 'Loyal'")
        connection.execute(
            "update marts.rpt_persona_movement set persona_to = 'No orders' "
            "where persona_from = 'Inactive' and persona_to = 'At risk'"
        )
    page = build_site(database, tmp_path / "out", world.TODAY).path.read_text()
    assert "<title>Inactive to No orders" in page
    assert page.index("<title>Champions to Regulars") < page.index("<title>Inactive to No orders")


def test_the_previews_are_linked_relatively_and_only_if_they_exist(database, tmp_path):
    """The folder may be moved or mounted elsewhere as a whole."""
    previews = tmp_path / "previews" / "2026-11-22" / "index.html"
    out = tmp_path / "reports"
    assert "messages</a>" not in build_site(database, out, world.TODAY, previews=previews).path.read_text()
    previews.parent.mkdir(parents=True)
    previews.touch()
    page = build_site(database, out, world.TODAY, previews=previews).path.read_text()
    assert 'href="../previews/2026-11-22/index.html"' in page
