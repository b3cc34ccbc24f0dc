"""The relations that the decision models read, with their types: the interface to the rest of the warehouse.

A world (worlds.py) fills them with rows; the engine (engine.py) and the oracle (oracle.py) read the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

Row = dict[str, Any]
Tables = dict[str, list[Row]]

_ANCHORS = """customer_id varchar, journey varchar, anchor varchar, anchor_at timestamptz, branch varchar,
    goal_reached_at timestamptz, reference_order_id varchar, reference_product_id varchar,
    reference_cart_id varchar, evidence varchar, received_on date, still_holds boolean, visited_at timestamptz"""

INPUTS: Mapping[str, str] = {
    "staging.stg_templates__journeys": """policy_version varchar, journey varchar, class varchar, priority integer,
        trigger_kind varchar, trigger_params varchar, goal varchar, entry_gap_days integer,
        audience_customer_type varchar, audience_is_member boolean, audience_countries varchar[],
        audience_personas varchar[], audience_stages varchar[], audience_engagement varchar[],
        is_paused boolean, holdout_buckets integer, min_expected_value_minor bigint""",
    "staging.stg_templates__journey_steps": """journey varchar, step varchar, position integer, delay_seconds bigint,
        send_after_local time, valid_for_seconds bigint, yields boolean, conditions varchar[],
        recommendation_slots varchar[], min_recommendations integer, min_recommendations_branch varchar,
        offer_kind varchar""",
    "staging.stg_templates__journey_step_channels": """journey varchar, step varchar, channel varchar,
        position integer, is_fallback boolean""",
    "staging.stg_templates__journey_experiments": """journey varchar, experiment varchar, arm varchar,
        bucket_from integer, bucket_to integer""",
    "staging.stg_templates__policy_rules": """position integer, name varchar, when_classes varchar[],
        counts_classes varchar[], channels varchar[], window_seconds bigint, max_messages integer,
        engagement_stages varchar[], engagement_max_messages integer[]""",
    "staging.stg_templates__policy_settings": """policy_version varchar, holdout_epoch varchar,
        holdout_buckets integer, accessory_lookback_days integer, is_email_paused boolean, is_sms_paused boolean,
        sends_at_best_hour boolean""",
    "staging.stg_templates__channel_windows": """channel varchar, opens_at time, closes_at time, on_sundays boolean,
        on_holidays boolean""",
    "staging.stg_templates__holidays": "country varchar, holiday_on date, name varchar",
    "staging.stg_outbox__contact_log": """message_id varchar, run_date date, customer_id varchar, journey varchar,
        step varchar, channel varchar, class varchar, anchor varchar, experiment varchar, variant varchar,
        state varchar, send_at timestamptz, sent_at timestamptz, permission_basis varchar, permission_id varchar""",
    "staging.stg_provider__events": """event_id varchar, occurred_at timestamptz, channel varchar, event varchar,
        message_id varchar, address varchar, campaign_id varchar, class varchar, received_on date""",
    "intermediate.int_triggers__anchors": _ANCHORS,
    "staging.stg_consent__preferences": """event_id varchar, address varchar, channel varchar, max_messages integer,
        period_days integer, paused_until timestamptz, topics_off varchar[]""",
    "intermediate.int_identity__aliases": "past_customer_id varchar, customer_id varchar",
    "intermediate.int_customers__contact_points": """customer_id varchar, channel varchar, address varchar,
        suppression_id varchar, permission_basis varchar, permission_id varchar""",
    "intermediate.int_service__open_cases": """customer_id varchar, case_id varchar, topic varchar,
        opened_at timestamptz""",
    "intermediate.int_recommendations__for_candidates": """customer_id varchar, journey varchar, anchor varchar,
        slot varchar, rank integer, product_id varchar""",
    "marts.dim_customers": """customer_id varchar, customer_type varchar, is_member boolean, country varchar,
        timezone varchar, persona varchar, stage varchar, is_erased boolean""",
    "marts.dim_customer_identifiers": "customer_id varchar, identifier_kind varchar, identifier_value varchar",
    "marts.fct_customer_scores": "customer_id varchar, engagement_stage varchar, best_hour_local integer",
    "marts.dim_products": "product_id varchar, is_in_stock boolean",
    "marts.fct_orders": """order_id varchar, customer_id varchar, ordered_at timestamptz, is_valid boolean,
        net_amount_minor bigint""",
    "marts.fct_carts": "cart_id varchar, bought_order_id varchar",
}


def columns(relation: str) -> list[tuple[str, str]]:
    """Names and types of one relation."""
    pairs = (" ".join(part.split()).rsplit(" ", 1) for part in INPUTS[relation].split(","))
    return [(name, kind) for name, kind in pairs]


def fill(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[Row]]) -> None:
    """Replace every input relation by the given rows (none for a relation that is not named)."""
    for relation, ddl in INPUTS.items():
        connection.execute(f"create or replace table {relation} ({ddl})")
        rows = tables.get(relation, ())
        if rows:
            names = [name for name, _ in columns(relation)]
            arrow = pa.table({name: pa.array([row.get(name) for row in rows]) for name in names})
            connection.register("incoming", arrow)
            connection.execute(f"insert into {relation} from incoming")
            connection.unregister("incoming")
