"""Records of merge fields for a whole page of messages at once, column by column.

What many messages share, such as a product, a name, a day or an amount, is formatted once for each distinct value,
by the same functions that write a message alone (`merge_fields`), and then put together as columns. A message with
anything out of the ordinary has no record here: it is written alone, which says why where it cannot be. Both ways
give the same bytes, and a test holds them to it.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter

import pyarrow as pa
import pyarrow.compute as pc

from assets.messaging import columns, keys
from assets.messaging.merge_kind import Kind
from assets.messaging.merge_parts import Parts
from assets.messaging.pages import Page, WarehousePage
from assets.messaging.prepared import Prepared
from assets.messaging.rendering import RenderedMessages

# Below this, columns cost more than they save.
WORTH_IT = 50
# All that decides which fields messages have and which template they fill in.
_KIND = ("class", "variant", "branch", "permission_basis", "policy_version")


@dataclass(frozen=True, slots=True)
class MergePages:
    """Makes the records of many mails; `source` is who makes them one by one."""

    source: RenderedMessages

    def __call__(self, page: Page, message_ids: Sequence[str]) -> list[Prepared]:
        """The records of all ordinary mails among these, in the order of their ids."""
        if not isinstance(page, WarehousePage) or len(message_ids) < WORTH_IT:
            return []
        with _no_search_for_garbage():
            kinds = columns.split_by(page.part(message_ids), ("channel", "journey", "step", "language", *_KIND))
            done = [member for table in kinds for member in self._of_one_kind(page, table)]
            return sorted(done, key=attrgetter("message_id"))

    def _of_one_kind(self, page: WarehousePage, table: pa.Table) -> list[Prepared]:
        first = table.slice(0, 1).select(["channel", "journey", "step", "language", *_KIND]).to_pylist()[0]
        if first["channel"] != "email":
            return []
        try:
            ready = self.source.renderer.ready(first["journey"], first["step"], first["language"], first["variant"])
        except LookupError:
            return []
        version, template = ready.parts.artifact.version, self.source.file_of(ready.parts.artifact)
        parts, policy = Parts(first, ready, page.goods), first["policy_version"] or ""
        message_ids, zones = table["message_id"].to_pylist(), pc.fill_null(table["timezone"], "").to_pylist()
        records = Kind(parts, template).records(table, message_ids)
        return [
            Prepared(message_id, r, r, keys.request_hash(r), version, template, parts.cards, policy, zone)
            for message_id, r, zone in zip(message_ids, records, zones, strict=True)
            if r is not None
        ]


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """So many objects that stay make the collector look through all of memory, several times and for nothing.

    What was made counts as old from here on, as if it had been looked through: freezing moves it without a look.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on and not gc.get_freeze_count():  # what somebody froze for good stays so
            gc.freeze()
            gc.unfreeze()
        if was_on:
            gc.enable()
