"""Tables in the metadata of assets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg


def markdown(rows: Sequence[Mapping[str, object]], columns: str) -> dg.MarkdownMetadataValue:
    """Rows as a Markdown table of these columns (names separated by spaces)."""
    names = columns.split()
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(str(row[n] if row[n] is not None else "") for n in names) + " |" for row in rows]
    return dg.MetadataValue.md("\n".join(lines) if rows else "none")
