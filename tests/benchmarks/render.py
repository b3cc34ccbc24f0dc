"""Messages per second and core, and memory: rendering as it is done against compiling for every message, in one run.

Run it with `python -m tests.benchmarks.render [seconds per measurement]`. Seconds are the process's CPU seconds, so
a busy machine changes little. The mail has four recommended products and order lines up to 38 KB of HTML. Merge
fields are measured as a whole: read from the warehouse's file, made, hashed, packed, written and flushed to disk
with cards, templates and manifest; not in it are the ledger's moves.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import cast

import zstandard

from assets.messaging.batches import MAX_BATCH, Batch, make_batch
from assets.messaging.channels.file import FileChannel
from assets.messaging.content import ContentRow
from assets.messaging.manifest import companions, manifest_name, record
from assets.messaging.merge_pages import MergePages
from assets.messaging.mime import Mail, mail_bytes
from assets.messaging.outbox import Outbox
from assets.messaging.pages import WarehousePage
from assets.messaging.planning import ONE_BY_ONE_BATCH, Planner
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.rendering import Format, RenderedMessages
from assets.messaging.run_content import PAGES_A_READ, Content, WarehouseContent
from tests.benchmarks.mails import GROUP, RUN_DATE, SETTINGS, new_renderer, reference_lines, rows, warehouse_of

_N_ROWS = 2_000
_NAMES: dict[Format, str] = {"eml": "full mails", "ndjson": "merge fields"}

Action = Callable[[ContentRow], object]


def per_second(action: Action, messages: list[ContentRow], seconds: float) -> float:
    """The best of five windows: what else runs on the machine shares its caches, and only ever slows down."""
    source = cycle(messages)

    def some() -> int:
        for _ in range(20):
            action(next(source))
        return 20

    return timed(some, seconds)


def timed(work: Callable[[], int], seconds: float) -> float:
    """Messages per CPU second, the best of five windows."""
    best = 0.0
    work()
    for _ in range(5):
        done, start = 0, time.process_time()
        while (spent := time.process_time() - start) < seconds / 5 or not done:
            done += work()
        best = max(best, done / spent)
    return best


def batch_of(source: RenderedMessages, page: WarehousePage, handoff: Format) -> Batch:
    # The part of the planner that makes messages; what it asks of the ledger is measured elsewhere.
    planner = Planner(
        SETTINGS, RUN_DATE, cast(Outbox, None), cast(Content, None), source, many_at_once=MergePages(source)
    )
    return make_batch(RUN_DATE, GROUP, handoff, planner.prepared(page, page.message_ids, handoff).prepared)


def files_of(source: RenderedMessages, batch: Batch) -> dict[str, bytes]:
    """A batch's files by their names, as the hand-off makes them, the manifest last."""
    ids = [member.message_id for member in batch.members]
    content, others = batch.file_bytes(ids), companions(batch, ids)
    approved = {**batch.ledger_row(), "approved_by": "auto", "approved_at": None}
    noted = record(SETTINGS, source.sender("email"), batch, ids, content, others, approved)
    return others | {batch.file: content, manifest_name(RUN_DATE, batch.batch_id): noted["manifest"].encode()}


def hand_off(source: RenderedMessages, content: WarehouseContent, handoff: Format) -> int:
    """All messages of a warehouse, from its file to finished files on disk; returns their number."""
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        channel = FileChannel(Path(folder) / "outbox", Path(folder) / "staging")
        for page in content.pages(GROUP, ONE_BY_ONE_BATCH if handoff == "eml" else MAX_BATCH):
            batch = batch_of(source, cast(WarehousePage, page), handoff)
            for name, file in files_of(source, batch).items():
                channel.put(name, file)
            done += len(batch.members)
    return done


def compiled_each_time(renderer: Renderer, row: ContentRow) -> bytes:
    return mime(RenderedMessages(Renderer(SETTINGS, renderer.templates, texts=renderer.texts)), row)


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
    """The most memory that a process takes for handing off all messages of a warehouse (Linux only)."""
    hand_off(RenderedMessages(new_renderer()), WarehouseContent(path, RUN_DATE, small_run=0), handoff)
    # Not getrusage: there a process begins with what its parent had.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def print_memory() -> None:
    """Below what is read at once memory follows the number of messages; beyond it, it may not."""
    spawn, renderer = multiprocessing.get_context("spawn"), new_renderer()
    for handoff, page in ((cast(Format, "eml"), ONE_BY_ONE_BATCH), (cast(Format, "ndjson"), MAX_BATCH)):
        for times in (PAGES_A_READ, 5 * PAGES_A_READ):
            with warehouse_of(rows(renderer, page), times) as content, spawn.Pool(1) as pool:
                peak = pool.apply(peak_megabytes, (content.path, handoff))
            print(f"most memory for {page * times:,} messages as {_NAMES[handoff]}: {peak:.0f} MB")


def print_batches(source: RenderedMessages, n_lines: int, slow: float, seconds: float) -> None:
    for handoff, page_of, lines in ((cast(Format, "eml"), _N_ROWS, n_lines), (cast(Format, "ndjson"), MAX_BATCH, 3)):
        # Rows that stayed here would be looked through with every search for garbage, which no run has to do. As in
        # any run, the last page is not quite full.
        with warehouse_of(rows(source.renderer, page_of - 1, lines), PAGES_A_READ) as content:
            fast = timed(partial(hand_off, source, content, handoff), seconds)
            page = cast(WarehousePage, next(iter(content.pages(GROUP, MAX_BATCH))))
        print_way(f"{_NAMES[handoff]}: read, made, written, with manifest", fast, slow)
    batch = batch_of(source, page, "ndjson")
    records = b"".join(member.content for member in batch.members)
    n, ids = len(batch.members), [member.message_id for member in batch.members]
    alone = timed(lambda: n if zstandard.ZstdCompressor(level=1).compress(records) else 0, seconds)
    print_way("  its records through zstd-1 and nothing else", alone, slow)
    packed = timed(lambda: n if make_batch(RUN_DATE, GROUP, "ndjson", batch.members).file_bytes(ids) else 0, seconds)
    print_way("  finished records to a file: order, hash, compression", packed, slow)
    print(f"finished records to a file takes {alone / packed:.1f} × zstd-1 on the same bytes (at most 3)")
    print(f"a record has {len(records) / n:,.0f} bytes, {len(batch.file_bytes(ids)) / n:,.0f} of them in the file")


def print_way(name: str, fast: float, slow: float) -> None:
    print(f"{name:<58}{fast:>16,.0f}{fast / slow:>8,.0f}×")


def main(seconds: float = 3.0) -> None:
    renderer = new_renderer()
    source = RenderedMessages(renderer)
    n_lines = reference_lines(renderer)
    messages = list(rows(renderer, _N_ROWS, n_lines))
    mail = renderer.render(messages[0])
    assert isinstance(mail, RenderedEmail)
    html, text = (len(part.encode()) / 1000 for part in (mail.html, mail.text))
    print(f"one mail: {html:.1f} KB of HTML, {text:.1f} KB of text, 4 products")
    print(f"{'way':<58}{'messages/s/core':>16}{'ratio':>9}")
    slow = per_second(lambda row: compiled_each_time(renderer, row), messages, seconds)
    ways: list[tuple[str, Action]] = [
        ("rendered, MIME by EmailMessage", lambda row: standard_library(renderer, row)),
        ("rendered: subject, HTML and text", renderer.render),
        ("rendered + MIME", lambda row: mime(source, row)),
    ]
    print_way("compiled and inlined for every message, + MIME", slow, slow)
    for name, action in ways:
        print_way(name, per_second(action, messages, seconds), slow)
    messages.clear()
    print_batches(source, n_lines, slow, seconds)
    print_memory()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
