"""Tables that identity steps outside dbt write and dbt reads (source `identity`): their columns, nothing else."""

from __future__ import annotations

import pyarrow as pa

# Pairs that probabilistic matching holds for one person; they only fill the review queue.
PROPOSALS = pa.schema(
    [
        ("left_record_id", pa.string()),
        ("right_record_id", pa.string()),
        ("match_probability", pa.float64()),
        ("received_on", pa.date32()),
    ]
)

SCHEMAS = {"proposals": PROPOSALS}
