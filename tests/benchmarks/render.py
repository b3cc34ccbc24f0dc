"""Messages per second and core, and memory: rendering as it is done against compiling for every message, in one run.

Run it with `python -m tests.benchmarks.render [seconds per measurement]`. Seconds are the process's CPU seconds, so
a busy machine changes little. The mail has four recommended products and order lines up to 38 KB of HTML.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from itertools import cycle
from pathlib import Path
from typing import cast

import duckdb
import zstandard

from assets.messaging.batches import MAX_BATCH, Batch, make_batch
from assets.messaging.content import ContentRow
from assets.messaging.journeys import load_templates
from assets.messaging.manifest import companions, record
from assets.messaging.merge_pages import MergePages
from assets.messaging.mime import Mail, mail_bytes
from assets.messaging.outbox import Outbox
from assets.messaging.pages import WarehousePage
from assets.messaging.planning import ONE_BY_ONE_BATCH, Planner
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.rendering import Format, RenderedMessages
from assets.messaging.run_content import Content, Group, WarehouseContent
from assets.messaging.template_samples import sample_product, sample_row
from orchestration.settings import REPOSITORY, Settings
from tests.unit.messaging.content_tables import as_row, write_content

SETTINGS = Settings(secret_key="a key for benchmarks, signs nothing real")
_JOURNEY, _STEP = "b2b_post_purchase", "follow_up"
_N_ROWS = 2_000
_HTML_BYTES = 38_000
RUN_DATE = date(2026, 11, 20)
GROUP = Group("email", _JOURNEY, _STEP, "nb")
_NAMES: dict[Format, str] = {"eml": "full mails", "ndjson": "merge fields"}

Action = Callable[[ContentRow], object]


def new_renderer() -> Renderer:
    return Renderer(SETTINGS, load_templates(REPOSITORY / "templates", check_texts=False))


def rows(renderer: Renderer, n: int = _N_ROWS, n_lines: int = 3) -> Iterator[ContentRow]:
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


def per_second(action: Action, messages: list[ContentRow], seconds: float) -> float:
    """The best of five windows: what else runs on the machine shares its caches, and only ever slows down."""
    source, best = cycle(messages), 0.0
    action(next(source))
    for _ in range(5):
        done, start = 0, time.process_time()
        while (spent := time.process_time() - start) < seconds / 5:
            for _ in range(20 if done > 1 else 1):
                action(next(source))
                done += 1
        best = max(best, done / spent)
    return best


def batch_per_second(source: RenderedMessages, page: WarehousePage, handoff: Format, seconds: float) -> float:
    """A page of the warehouse to a finished file with its manifest: fields, bytes, hashes, compression."""
    return _timed(lambda: len(hand_off_bytes(source, page, handoff)[1].members), seconds)


def hand_off_bytes(source: RenderedMessages, page: WarehousePage, handoff: Format) -> tuple[bytes, Batch]:
    """A page's file, made as the hand-off makes it, and the batch that it holds."""
    prepared = planner_of(source).prepared(page, page.message_ids, handoff).prepared
    batch = make_batch(RUN_DATE, GROUP, handoff, prepared)
    ids = [member.message_id for member in batch.members]
    content, approved = batch.file_bytes(ids), {**batch.ledger_row(), "approved_by": "auto", "approved_at": None}
    record(SETTINGS, source.sender("email"), batch, ids, content, companions(batch, ids), approved)
    return content, batch


def planner_of(source: RenderedMessages) -> Planner:
    """The part of the planner that makes messages; what it asks of the ledger is measured elsewhere."""
    return Planner(SETTINGS, RUN_DATE, cast(Outbox, None), cast(Content, None), source, many_at_once=MergePages(source))


def _timed(work: Callable[[], int], seconds: float) -> float:
    """Messages per CPU second, the best of five windows."""
    best = 0.0
    work()
    for _ in range(5):
        done, start = 0, time.process_time()
        while (spent := time.process_time() - start) < seconds / 5 or not done:
            done += work()
        best = max(best, done / spent)
    return best


@contextmanager
def warehouse_of(messages: Iterable[ContentRow], times: int = 1) -> Iterator[WarehouseContent]:
    """A warehouse that holds these messages, and as many of the same under other ids, read as a run reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        with duckdb.connect(str(path)) as connection:
            write_content(connection, map(as_row, messages))
            connection.execute(
                """
                insert into intermediate.int_messages__content
                select messages.* replace (md5(message_id || '-' || copy) as message_id)
                from intermediate.int_messages__content as messages, range(1, ?) as copies(copy)
                """,
                [times],
            )
        yield WarehouseContent(path, RUN_DATE, small_run=0)


def standard_library(renderer: Renderer, row: ContentRow) -> bytes:
    mail = renderer.render(row)
    assert isinstance(mail, RenderedEmail)
    message = EmailMessage(policy=SMTP)
    message["Subject"], message["To"], message["From"] = mail.subject, row.address, "hei@post.shop.example"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def mime(source: RenderedMessages, row: ContentRow) -> bytes:
    """Rendered and written out as one mail, as the channels do it."""
    mail, sender = source.renderer.quoted(row), source.sender("email")
    return mail_bytes(
        Mail(
            row.message_id, "post.shop.example", sender.name, sender.address, row.address, row.send_at, mail.subject,
            mail.text, mail.html, f"https://post.shop.example/u/{row.message_id}", "a:b:c:d", sender.reply_to, "nb",
        )
    )  # fmt: skip


def peak_megabytes(path: Path, handoff: Format) -> float:
    """The most memory that a process takes for writing all messages of a warehouse, a page at a time."""
    source, content = RenderedMessages(new_renderer()), WarehouseContent(path, RUN_DATE, small_run=0)
    for page in content.pages(GROUP, ONE_BY_ONE_BATCH if handoff == "eml" else MAX_BATCH):
        hand_off_bytes(source, cast(WarehousePage, page), handoff)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_memory() -> None:
    """Below a page's size memory follows the number of messages; beyond it, it may not."""
    spawn, renderer = multiprocessing.get_context("spawn"), new_renderer()
    for handoff, page in ((cast(Format, "eml"), ONE_BY_ONE_BATCH), (cast(Format, "ndjson"), MAX_BATCH)):
        for times in (2, 10):
            with warehouse_of(rows(renderer, page), times) as content, spawn.Pool(1) as pool:
                peak = pool.apply(peak_megabytes, (content.path, handoff))
            print(f"most memory for {page * times:,} messages as {_NAMES[handoff]}: {peak:.0f} MB")


def print_batches(source: RenderedMessages, messages: list[ContentRow], slow: float, seconds: float) -> None:
    with warehouse_of(messages) as content:
        page = cast(WarehousePage, next(content.pages(GROUP, MAX_BATCH)))
        fast: dict[Format, float] = {}
        for handoff, shown in ((cast(Format, "eml"), page.message_ids[:_N_ROWS]), (cast(Format, "ndjson"), None)):
            part = page if shown is None else WarehousePage(page.part(shown), page.goods)
            fast[handoff] = batch_per_second(source, part, handoff, seconds)
            print_way(f"batch file of {_NAMES[handoff]}, hashed, zstd, manifest", fast[handoff], slow)
        read = _timed(lambda: len(next(content.pages(GROUP, MAX_BATCH)).message_ids), seconds)
        both = 1 / (1 / read + 1 / fast["ndjson"])
        print_way("  the same, and read from the warehouse's file before", both, slow)
    file, batch = hand_off_bytes(source, page, "ndjson")
    records = b"".join(member.content for member in batch.members)
    alone = _timed(lambda: len(page.message_ids) if zstandard.ZstdCompressor(level=1).compress(records) else 0, seconds)
    print_way("  its records through zstd-1 and nothing else", alone, slow)
    packed = packed_per_second(source, page, seconds)
    print_way("  finished records to a file: order, hash, compression", packed, slow)
    print(f"finished records to a file takes {alone / packed:.1f} × zstd-1 on the same bytes (at most 3)")
    size, packed_size = len(records) / len(page.message_ids), len(file) / len(page.message_ids)
    print(f"a record has {size:,.0f} bytes, {packed_size:,.0f} of them in the file")


def packed_per_second(source: RenderedMessages, page: WarehousePage, seconds: float) -> float:
    prepared = planner_of(source).prepared(page, page.message_ids, "ndjson").prepared
    ids = [member.message_id for member in prepared]
    return _timed(lambda: len(ids) if make_batch(RUN_DATE, GROUP, "ndjson", prepared).file_bytes(ids) else 0, seconds)


def print_way(name: str, fast: float, slow: float) -> None:
    print(f"{name:<58}{fast:>16,.0f}{fast / slow:>8,.0f}×")


def main(seconds: float = 3.0) -> None:
    renderer = new_renderer()
    source = RenderedMessages(renderer)
    messages = list(rows(renderer, n_lines=reference_lines(renderer)))
    mail = renderer.render(messages[0])
    assert isinstance(mail, RenderedEmail)

    def compile_each(row: ContentRow) -> object:
        return mime(RenderedMessages(Renderer(SETTINGS, renderer.templates, texts=renderer.texts)), row)

    slow = per_second(compile_each, messages, seconds)
    html, text = (len(part.encode()) / 1000 for part in (mail.html, mail.text))
    print(f"one mail: {html:.1f} KB of HTML, {text:.1f} KB of text, 4 products")
    print(f"{'way':<58}{'messages/s/core':>16}{'ratio':>9}")
    ways: list[tuple[str, Action]] = [
        ("rendered, MIME by EmailMessage", lambda row: standard_library(renderer, row)),
        ("rendered: subject, HTML and text", renderer.render),
        ("rendered + MIME", lambda row: mime(source, row)),
        ("merge fields", renderer.merge_fields),
    ]
    print(f"{'compiled and inlined for every message, + MIME':<58}{slow:>16,.0f}{1:>8}×")
    for name, action in ways:
        print_way(name, per_second(action, messages, seconds), slow)
    print_batches(source, list(rows(renderer, MAX_BATCH)), slow, seconds)
    print_memory()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
