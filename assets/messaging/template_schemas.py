"""The columns of the tables in which SQL sees journeys and policy. Their rows are made in `template_tables`."""

from __future__ import annotations

import pyarrow as pa

TEXT, TEXTS, INT, BIG, FLAG = pa.string(), pa.list_(pa.string()), pa.int32(), pa.int64(), pa.bool_()
TIME, DAY, REAL = pa.time64("us"), pa.date32(), pa.float64()
INTS, DAYS = pa.list_(pa.int32()), pa.list_(pa.date32())
_STAMP = [("received_on", DAY), ("policy_version", TEXT)]


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([*columns, *_STAMP])


SCHEMAS: dict[str, pa.Schema] = {
    "journeys": _schema(
        ("journey", TEXT),
        ("name", TEXT),
        ("description", TEXT),
        ("class", TEXT),
        ("priority", INT),
        ("trigger_kind", TEXT),
        ("trigger_params", TEXT),
        ("audience_customer_type", TEXT),
        ("audience_is_member", FLAG),
        ("audience_countries", TEXTS),
        ("audience_personas", TEXTS),
        ("audience_stages", TEXTS),
        ("audience_engagement", TEXTS),
        ("is_paused", FLAG),
        ("enter_from", DAY),
        ("enter_until", DAY),
        ("holdout_buckets", INT),
        ("goal", TEXT),
        ("entry_gap_days", INT),
        ("once_per", TEXT),
        ("min_expected_value_minor", BIG),
        ("handoff", TEXT),
    ),
    "journey_steps": _schema(
        ("journey", TEXT),
        ("step", TEXT),
        ("position", INT),
        ("delay_seconds", BIG),
        ("send_after_local", TIME),
        ("valid_for_seconds", BIG),
        ("yields", FLAG),
        ("conditions", TEXTS),
        ("recommendation_slots", TEXTS),
        ("min_recommendations", INT),
        ("min_recommendations_branch", TEXT),
        ("max_recommendations", INT),
        ("offer_kind", TEXT),
        ("offer_value_minor", BIG),
        ("offer_code", TEXT),
        ("offer_valid_days", INT),
    ),
    "journey_step_channels": _schema(
        ("journey", TEXT),
        ("step", TEXT),
        ("channel", TEXT),
        ("position", INT),
        ("is_fallback", FLAG),
    ),
    "journey_experiments": _schema(
        ("journey", TEXT),
        ("experiment", TEXT),
        ("arm", TEXT),
        ("bucket_from", INT),
        ("bucket_to", INT),
    ),
    "policy_rules": _schema(
        ("position", INT),
        ("name", TEXT),
        ("when_classes", TEXTS),
        ("counts_classes", TEXTS),
        ("channels", TEXTS),
        ("window_seconds", BIG),
        ("max_messages", INT),
        ("engagement_stages", TEXTS),
        ("engagement_max_messages", pa.list_(INT)),
    ),
    "policy_settings": _schema(
        ("holdout_epoch", TEXT),
        ("holdout_buckets", INT),
        ("soft_opt_in_months", INT),
        ("soft_opt_in_channels", TEXTS),
        ("price_regret_days", INT),
        ("accessory_lookback_days", INT),
        ("gifts_steer", FLAG),
        ("is_email_paused", FLAG),
        ("is_sms_paused", FLAG),
        ("default_open_local", TIME),
        ("sends_at_best_hour", FLAG),
        ("volume_max_messages", INT),
        ("volume_max_ratio", REAL),
        ("volume_min_past_runs", INT),
        ("volume_always_fine", INT),
        ("volume_max_without_forecast", INT),
        ("volume_exception_journeys", TEXTS),
        ("volume_exception_from", DAYS),
        ("volume_exception_until", DAYS),
        ("volume_exception_max", INTS),
    ),
    "channel_windows": _schema(
        ("channel", TEXT),
        ("opens_at", TIME),
        ("closes_at", TIME),
        ("on_sundays", FLAG),
        ("on_holidays", FLAG),
    ),
    "holidays": _schema(("country", TEXT), ("holiday_on", DAY), ("name", TEXT)),
}
