"""Messages per second and core: rendering as it is done, against compiling for every message, in one run.

Run it with `python -m tests.benchmarks.render [seconds per measurement]`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle

from assets.messaging.content import ContentRow
from assets.messaging.journeys import load_templates
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.template_samples import sample_product, sample_row
from orchestration.settings import REPOSITORY, Settings

SETTINGS = Settings(secret_key="a key for benchmarks, signs nothing real")
_N_ROWS = 2_000


def rows(renderer: Renderer) -> list[ContentRow]:
    """Messages of one batch as they come: many customers, and goods of which each is shown to many."""
    journey = renderer.templates.journeys["post_purchase_coffee"]
    step = journey.step("tips")
    base = sample_row("post_purchase_coffee", journey, step, "email", "with_products", "without_accessory", "nb")
    products = [sample_product(i, f"Vare nummer {i}") | {"product_id": f"p{i}"} for i in range(400)]
    made = []
    for index in range(_N_ROWS):
        shown = [products[(index * 7 + k * 13) % len(products)] for k in range(4)]
        content = base.content | {"recommendations": {"accessories": shown, "also_bought": []}}
        content["customer"] = {"first_name": f"Kunde {chr(65 + index % 26)}", "is_member": True, "company_name": None}
        made.append(replace(base, message_id=f"{index:032x}", content=content))
    return made


def per_second(action: Callable[[ContentRow], object], messages: list[ContentRow], seconds: float) -> float:
    action(messages[0])
    source, done, start = cycle(messages), 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for _ in range(20 if done else 1):
            action(next(source))
            done += 1
    return done / spent


def main(seconds: float = 3.0) -> None:
    templates = load_templates(REPOSITORY / "templates", check_texts=False)
    renderer = Renderer(SETTINGS, templates)
    messages = rows(renderer)
    mail = renderer.render(messages[0])
    assert isinstance(mail, RenderedEmail)

    def compile_each(row: ContentRow) -> object:
        return Renderer(SETTINGS, templates, texts=renderer.texts).render(row)

    slow = per_second(compile_each, messages, seconds)
    html, text = (len(part.encode()) / 1000 for part in (mail.html, mail.text))
    print(f"one mail: {html:.1f} KB of HTML, {text:.1f} KB of text, 4 products")
    print(f"{'way':<44}{'messages/s/core':>16}{'ratio':>9}")
    ways: list[tuple[str, Callable[[ContentRow], object]]] = [
        ("rendered: subject, HTML and text", renderer.render),
        ("merge fields", renderer.merge_fields),
        ("merge fields as JSON", lambda row: json.dumps(renderer.merge_fields(row), ensure_ascii=False)),
    ]
    print(f"{'compiled and inlined for every message':<44}{slow:>16,.0f}{1:>8}×")
    for name, action in ways:
        fast = per_second(action, messages, seconds)
        print(f"{name:<44}{fast:>16,.0f}{fast / slow:>8,.0f}×")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0)
