"""Golden messages: what customers get, letter by letter. A change shows as a diff that somebody has looked at.

Write them anew with `FREDNING_UPDATE_GOLDEN=1 pytest tests/templates`, and look at the diff before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assets.messaging.content import ContentRow
from assets.messaging.journeys import load_templates
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.template_samples import sample_rows
from orchestration.settings import REPOSITORY, Settings

GOLDEN = Path(__file__).parent / "golden"
UPDATE = os.environ.get("FREDNING_UPDATE_GOLDEN") == "1"

TEMPLATES = load_templates(REPOSITORY / "templates", check_texts=False)
RENDERER = Renderer(Settings(secret_key="a key for golden messages, signs nothing"), TEMPLATES)


def golden_rows() -> dict[str, ContentRow]:
    """Every journey, step, channel, variant, branch and language, with one line and with three."""
    rows: dict[str, ContentRow] = {}
    for n_lines, n_products in ((1, 1), (3, 4)):
        for row in sample_rows(TEMPLATES, n_lines=n_lines, n_products=n_products):
            parts = (row.journey, row.step, row.variant, row.branch, row.language, f"lines{n_lines}")
            name = ".".join(part for part in parts if part and part != "default")
            rows[f"{name}.{row.channel}"] = row
    return rows


ROWS = golden_rows()


def files_of(name: str, row: ContentRow) -> dict[str, str]:
    message = RENDERER.render(row)
    if isinstance(message, RenderedEmail):
        head = f"Subject: {message.subject}\nPreheader: {message.preheader}\n\n"
        # HTML of one language is enough to see a changed layout (the words stand in every text part), and short
        # mails only matter where lines repeat.
        repeats = "lines3" in name or bool(row.content["cart"]) or row.journey.startswith("b2b")
        html = {f"{name}.html": message.html} if row.language == "nb" and repeats else {}
        return {f"{name}.txt": head + message.text, **html}
    return {f"{name}.txt": f"{message.encoding}, {message.segments} segments\n\n{message.text}\n"}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_message_is_the_one_that_was_approved(name: str) -> None:
    """Texts, layout, formats and links together: nothing in a customer's mail changes unseen."""
    for file, content in files_of(name, ROWS[name]).items():
        path = GOLDEN / file
        if UPDATE:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        assert path.is_file(), f"no golden file {file}: see the head of this module"
        assert content == path.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    """A file that no test reads is believed to be tested."""
    wanted = {file for name, row in ROWS.items() for file in files_of(name, row)}
    if UPDATE:
        for path in GOLDEN.iterdir():
            if path.name not in wanted:
                path.unlink()
    assert {path.name for path in GOLDEN.iterdir()} == wanted
