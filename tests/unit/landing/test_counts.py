"""Whatever is delivered, every row that was read is accounted for."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.settings import Settings
from tests.unit.landing.conftest import GOOD, Shop

LINES = "webshop/order_lines"
COLUMNS = list(GOOD[LINES])

values = st.one_of(
    st.sampled_from(["1", "2", "", " ", "-1", "1,5", "NaN", "W1", "1e400", "æ🌸", '"', 'a"b', "\n", "x,y", "0x1F"]),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=6),
)
rows = st.lists(st.tuples(*[values] * len(COLUMNS)), max_size=25)
good_rows = st.lists(st.tuples(*[st.sampled_from(["1", "2"])] * len(COLUMNS)), max_size=12)


def as_csv(content: list[tuple[str, ...]]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([tuple(COLUMNS), *content])
    return stream.getvalue()


def as_ndjson(content: list[tuple[str, ...]]) -> str:
    return "".join(json.dumps(dict(zip(COLUMNS, row, strict=True))) + "\n" for row in content)


@given(csv_rows=rows, json_rows=rows, more=good_rows, tail=st.text('ab,"\n{}', max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_read_is_kept_and_rejected_and_repeated(
    csv_rows: list[tuple[str, ...]],
    json_rows: list[tuple[str, ...]],
    more: list[tuple[str, ...]],
    tail: str,
) -> None:
    """A count that does not reconcile means that rows vanish, or are invented, somewhere."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Settings(home=Path(folder)))
        shop.deliver(LINES, as_csv([*csv_rows, *more]) + tail, "a.csv")
        shop.deliver(LINES, as_ndjson([*json_rows, *more]) + tail, "b.ndjson")
        report = shop.land(LINES)
        kept = shop.raw(LINES) if shop.raw_file(LINES).exists() else []
        rejected = set(shop.rejects(LINES, "source_file, source_line"))
    assert report.n_rows_read == report.n_rows_kept + report.n_rows_rejected + report.n_rows_duplicate
    assert (report.n_rows_kept, report.n_rows_rejected) == (len(kept), len(rejected))
    for file in report.files:
        assert file.n_rows_read == file.n_rows_kept + file.n_rows_rejected + file.n_rows_duplicate
    assert len({row[:2] for row in kept}) == len(kept), "a key was landed twice"
    complete = [row for row in kept if all(row[i] is not None for i in (0, 1, 2, 3, 4, 6))]
    assert complete == kept
