"""Probabilistic matching with splink: proposes pairs to the review queue, and merges nothing.

Splink is an extra (requirements/splink.in); nothing imports this module in the daily run. Parameters are estimated from
the records themselves: u by random pairs, m by expectation maximisation over two blockings.
"""

from __future__ import annotations

import logging
import warnings
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from assets.identity.sources import PROPOSALS
from assets.landing.storage import write_table
from orchestration.settings import Settings

SEED = 20
MAX_PAIRS = 1_000_000

_RECORDS = """
    select
        record_id as unique_id, first_name_key as first_name, last_name_key as last_name,
        strftime(birth_date, '%Y-%m-%d') as birth_date, email, phone, postal_key as postal_code, street_key as street
    from intermediate.int_identity__records
    where source <> 'webshop_order' and first_name_key is not null and last_name_key is not null
"""
# A pair is worth a person's time only if the rules left it apart and no guard is beyond doubt.
_OPEN = """
    select
        least(unique_id_l, unique_id_r) as left_record_id,
        greatest(unique_id_l, unique_id_r) as right_record_id,
        match_probability,
        ?::date as received_on
    from pairs
    join warehouse.intermediate.int_identity__persons as left_person on left_person.record_id = unique_id_l
    join warehouse.intermediate.int_identity__persons as right_person on right_person.record_id = unique_id_r
    join warehouse.intermediate.int_identity__records as left_record on left_record.record_id = unique_id_l
    join warehouse.intermediate.int_identity__records as right_record on right_record.record_id = unique_id_r
    where
        left_person.customer_id <> right_person.customer_id
        and coalesce(left_record.member_id = right_record.member_id, true)
        and coalesce(left_record.birth_date = right_record.birth_date, true)
        and coalesce(left_record.organisation_number = right_record.organisation_number, true)
    order by match_probability desc, 1, 2
"""


def propose(settings: Settings, run_date: date, threshold: float = 0.9) -> int:
    """Match the warehouse's records and write the pairs at or above `threshold` that are not one customer yet.

    Replaces the proposals of the same day. Returns their number. Raises `ImportError` where splink is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one of splink's own dependencies is told off on every import
        import splink.comparison_library as compare  # type: ignore[import-not-found, unused-ignore]
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # type: ignore[import-not-found, unused-ignore]
    # Pages about its training, which nobody can act on here; errors still come through.
    logging.getLogger("splink").setLevel(logging.ERROR)

    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        records = warehouse.execute(_RECORDS).df()
    blocks = [
        block_on("email"),
        block_on("phone"),
        block_on("last_name", "postal_code"),
        block_on("first_name", "last_name"),
        block_on("birth_date"),
    ]
    model = SettingsCreator(
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=blocks,
        comparisons=[
            compare.JaroWinklerAtThresholds("first_name", [0.92, 0.8]),
            compare.JaroWinklerAtThresholds("last_name", [0.92, 0.8]),
            compare.LevenshteinAtThresholds("birth_date", [1, 2]),
            compare.LevenshteinAtThresholds("email", [1, 3]),
            compare.ExactMatch("phone"),
            compare.ExactMatch("postal_code"),
            compare.JaroWinklerAtThresholds("street", [0.9]),
        ],
    )
    linker = Linker(records, model, DuckDBAPI(), set_up_basic_logging=False)
    linker.training.estimate_probability_two_random_records_match(
        [block_on("email", "first_name"), block_on("phone", "first_name")], recall=0.7
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_PAIRS, seed=SEED)
    for rule in (block_on("email"), block_on("last_name", "postal_code")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    pairs: Any = linker.inference.predict(threshold_match_probability=threshold).as_pandas_dataframe()
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
        connection.register("pairs", pairs)
        found = connection.execute(_OPEN, [run_date]).to_arrow_table()
    table: pa.Table = found.cast(PROPOSALS)
    write_table(settings.raw_dir / "identity" / "proposals" / f"{run_date}.parquet", table)
    return int(table.num_rows)
