"""Messages per second and core, and memory: rendering as it is done against compiling for every message, in one run.

Run it with `python -m tests.benchmarks.render [seconds per measurement]`. Seconds are the process's CPU seconds, so
a busy machine changes little. The mail has four recommended products and order lines up to 38 KB of HTML.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from email.message import EmailMessage
from email.policy import SMTP
from itertools import cycle, islice
from typing import Any

import zstandard

from assets.messaging.batches import make_batch
from assets.messaging.content import ContentRow
from assets.messaging.journeys import load_templates
from assets.messaging.mime import Mail, mail_bytes
from assets.messaging.prepared import prepare
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.rendering import Format, RenderedMessages
from assets.messaging.run_content import Group
from assets.messaging.template_samples import sample_product, sample_row
from orchestration.settings import REPOSITORY, Settings

SETTINGS = Settings(secret_key="a key for benchmarks, signs nothing real")
_JOURNEY, _STEP = "b2b_post_purchase", "follow_up"
_N_ROWS = 2_000
_HTML_BYTES = 38_000
_PAGE = 2_000

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


def as_row(row: ContentRow) -> dict[str, Any]:
    """The row as the warehouse gives it, content as JSON text."""
    values = asdict(row)
    return values | {"class": values.pop("message_class"), "content": json.dumps(row.content, ensure_ascii=False)}


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


def batch_per_second(source: RenderedMessages, page: list[Mapping[str, Any]], handoff: Format, seconds: float) -> float:
    """Rows of the warehouse to a finished file: JSON read, fields, bytes, hashes, ledger rows, compression."""
    group = Group("email", _JOURNEY, _STEP, "nb")
    start, done = time.process_time(), 0
    while (spent := time.process_time() - start) < seconds or not done:
        prepared = prepare(SETTINGS, page[0]["run_date"], [dict(row) for row in page], source, handoff).prepared
        batch = make_batch(page[0]["run_date"], group, handoff, prepared)
        batch.file_bytes([member.message_id for member in prepared])
        done += len(prepared)
    return done / spent


def packed_per_second(source: RenderedMessages, page: list[Mapping[str, Any]], seconds: float) -> tuple[float, float]:
    """Merge-field records to a finished file (order, batch hash, compression), and zstd-1 alone on the same bytes."""
    group, day = Group("email", _JOURNEY, _STEP, "nb"), page[0]["run_date"]
    prepared = prepare(SETTINGS, day, [dict(row) for row in page], source, "ndjson").prepared
    ids = [member.message_id for member in prepared]
    records = b"".join(member.content for member in prepared)

    def timed(pack: Callable[[], object]) -> float:
        start, done = time.process_time(), 0
        while (spent := time.process_time() - start) < seconds or not done:
            pack()
            done += len(prepared)
        return done / spent

    packed = timed(lambda: make_batch(day, group, "ndjson", prepared).file_bytes(ids))
    return packed, timed(lambda: zstandard.ZstdCompressor(level=1).compress(records))


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


def peak_megabytes(n: int) -> float:
    """The most memory that a process takes for writing n messages as full mails, a page at a time."""
    renderer = new_renderer()
    source, messages = RenderedMessages(renderer), map(as_row, rows(renderer, n))
    while page := list(islice(messages, _PAGE)):
        prepared = prepare(SETTINGS, page[0]["run_date"], page, source, "eml").prepared
        batch = make_batch(page[0]["run_date"], Group("email", _JOURNEY, _STEP, "nb"), "eml", prepared)
        batch.file_bytes([member.message_id for member in prepared])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
        fast = per_second(action, messages, seconds)
        print(f"{name:<58}{fast:>16,.0f}{fast / slow:>8,.0f}×")
    page = [as_row(row) for row in messages]
    for name, handoff in (("full mails", "eml"), ("merge fields", "ndjson")):
        fast = batch_per_second(source, page, "eml" if handoff == "eml" else "ndjson", seconds)
        print(f"{f'batch file of {name}, from warehouse rows, hashed, zstd':<58}{fast:>16,.0f}{fast / slow:>8,.0f}×")
    packed, alone = packed_per_second(source, page, seconds)
    print(f"{'batch file of merge fields, from finished records':<58}{packed:>16,.0f}{packed / slow:>8,.0f}×")
    print(f"{'  the same bytes through zstd-1 and nothing else':<58}{alone:>16,.0f}{alone / slow:>8,.0f}×")
    spawn = multiprocessing.get_context("spawn")
    for n in (5_000, 50_000):
        with spawn.Pool(1) as pool:
            print(f"most memory for {n:,} full mails: {pool.apply(peak_megabytes, (n,)):.0f} MB")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
