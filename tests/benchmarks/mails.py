"""Messages for the benchmarks of rendering: many customers, and goods of which each is shown to many."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from assets.messaging.content import ContentRow
from assets.messaging.journeys import load_templates
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.run_content import Group, WarehouseContent
from assets.messaging.template_samples import sample_product, sample_row
from orchestration.settings import REPOSITORY, Settings
from tests.unit.messaging.content_tables import as_row, write_content

SETTINGS = Settings(secret_key="a key for benchmarks, signs nothing real")
RUN_DATE = date(2026, 11, 20)
_JOURNEY, _STEP = "b2b_post_purchase", "follow_up"
GROUP = Group("email", _JOURNEY, _STEP, "nb")
_HTML_BYTES = 38_000


def new_renderer() -> Renderer:
    return Renderer(SETTINGS, load_templates(REPOSITORY / "templates", check_texts=False))


def rows(renderer: Renderer, n: int, n_lines: int = 3) -> Iterator[ContentRow]:
    """Messages of one batch as they come: many customers, and goods of which each is shown to many."""
    journey = renderer.templates.journeys[_JOURNEY]
    base = sample_row(
        _JOURNEY, journey, journey.step(_STEP), "email", "with_products", "without_accessory", "nb", n_lines=n_lines
    )
    products = [sample_product(i, f"Vare nummer {i}") | {"product_id": f"p{i}"} for i in range(400)]
    for index in range(n):
        shown = [products[(index * 7 + k * 13) % len(products)] for k in range(4)]
        bought = [products[(index * 11 + k * 17) % len(products)] for k in range(n_lines)]
        lines = [product | {"quantity": 1 + index % 3, "amount_minor": product["price_minor"]} for product in bought]
        yield replace(
            base,
            message_id=f"{index:032x}",
            address=f"kunde.{index}@post.example",
            content=base.content
            | {
                "customer": {"first_name": f"Kunde {chr(65 + index % 26)}", "is_member": True, "company_name": None},
                "order": base.content["order"] | {"lines": lines, "total_minor": 10_000 + index},
                "recommendations": {"accessories": shown, "also_bought": shown},
            },
        )


def reference_lines(renderer: Renderer) -> int:
    """How many order lines make a mail of the reference size."""
    for n in range(1, 13):
        mail = renderer.render(next(rows(renderer, 1, n)))
        if isinstance(mail, RenderedEmail) and len(mail.html.encode()) >= _HTML_BYTES:
            return n
    return 12


@contextmanager
def warehouse_of(messages: Iterable[ContentRow], times: int = 1) -> Iterator[WarehouseContent]:
    """A warehouse that holds these messages, and as many of the same under other ids, read as a run reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(path)) as connection:
            write_content(connection, map(as_row, messages))
            connection.execute(
                """
                create or replace table intermediate.int_messages__content as
                select messages.* replace (if(copy = 0, message_id, md5(message_id || '-' || copy)) as message_id)
                from intermediate.int_messages__content as messages, range(?) as copies(copy)
                order by message_id
                """,
                [times],
            )
        yield WarehouseContent(path, RUN_DATE, small_run=0)
