"""The rows in which SQL sees journeys and policy, from a validated template folder.

The only translation from files to rows. It decides nothing; a rule that needs deciding belongs to SQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import holidays
import pyarrow as pa

from assets.messaging.journey_schema import Journey
from assets.messaging.policy_schema import Policy
from assets.messaging.template_schemas import SCHEMAS
from assets.messaging.yaml_types import buckets, minor

Row = dict[str, Any]


def template_rows(journeys: dict[str, Journey], policy: Policy, run_date: date) -> dict[str, list[Row]]:
    """Rows by table, without the stamp, in an order that depends on the files only."""
    ordered = sorted(journeys.items())
    return {
        "journeys": [_journey(key, journey) for key, journey in ordered],
        "journey_steps": [row for key, journey in ordered for row in _steps(key, journey)],
        "journey_step_channels": [row for key, journey in ordered for row in _channels(key, journey)],
        "journey_experiments": [row for key, journey in ordered for row in _experiments(key, journey)],
        "policy_rules": [
            {
                "position": position,
                "name": rule.name,
                "when_classes": list(rule.when),
                "counts_classes": list(rule.counts),
                "channels": list(rule.channels) if rule.channels else None,
                "window_seconds": rule.window,
                "max_messages": rule.max_messages,
                "engagement_stages": list(rule.max_messages_by_engagement),
                "engagement_max_messages": list(rule.max_messages_by_engagement.values()),
            }
            for position, rule in enumerate(policy.rules, start=1)
        ],
        "policy_settings": [_settings(policy)],
        "channel_windows": [
            {
                "channel": channel,
                "opens_at": window.opens,
                "closes_at": window.closes,
                "on_sundays": window.on_sundays,
                "on_holidays": window.on_holidays,
            }
            for channel, window in (("email", policy.sending_windows.email), ("sms", policy.sending_windows.sms))
        ],
        "holidays": list(_holidays(policy.holiday_countries, run_date)),
    }


def to_table(name: str, rows: list[Row], run_date: date, policy_version: str) -> pa.Table:
    stamp = {"received_on": run_date, "policy_version": policy_version}
    return pa.Table.from_pylist([row | stamp for row in rows], schema=SCHEMAS[name])


def _journey(key: str, journey: Journey) -> Row:
    audience = journey.audience
    return {
        "journey": key,
        "name": journey.name,
        "description": journey.description.strip(),
        "class": journey.message_class,
        "priority": journey.priority,
        "trigger_kind": journey.trigger.kind,
        "trigger_params": json.dumps(journey.trigger.params(), sort_keys=True, ensure_ascii=False),
        "audience_customer_type": audience.customer_type,
        "audience_is_member": audience.is_member,
        "audience_countries": audience.countries,
        "audience_personas": audience.personas,
        "audience_stages": audience.stages,
        "audience_engagement": audience.engagement,
        "is_paused": journey.paused,
        "enter_from": journey.enter_from,
        "enter_until": journey.enter_until,
        "holdout_buckets": buckets(journey.holdout_percent),
        "goal": None if journey.goal == "none" else journey.goal,
        "entry_gap_days": journey.entry_gap_days,
        "once_per": journey.once_per,
        "min_expected_value_minor": minor(journey.min_expected_value),
        "handoff": journey.handoff,
    }


def _steps(key: str, journey: Journey) -> Iterator[Row]:
    for position, step in enumerate(journey.steps, start=1):
        recommendations, offer = step.recommendations, step.offer
        yield {
            "journey": key,
            "step": step.id,
            "position": position,
            "delay_seconds": step.delay,
            "send_after_local": step.send_after,
            "valid_for_seconds": step.valid_for,
            "yields": step.yields,
            "conditions": list(step.conditions),
            "recommendation_slots": list(recommendations.slots) if recommendations else [],
            "min_recommendations": recommendations.min if recommendations else 0,
            "min_recommendations_branch": recommendations.min_only_in_branch if recommendations else None,
            "max_recommendations": recommendations.max if recommendations else 0,
            "offer_kind": offer.kind if offer else None,
            "offer_value_minor": minor(offer.value) if offer else None,
            "offer_code": offer.code if offer else None,
            "offer_valid_days": offer.valid_days if offer else None,
        }


def _channels(key: str, journey: Journey) -> Iterator[Row]:
    for step in journey.steps:
        for position, (channel, is_fallback) in enumerate(step.channel_order(), start=1):
            yield {
                "journey": key,
                "step": step.id,
                "channel": channel,
                "position": position,
                "is_fallback": is_fallback,
            }


def _experiments(key: str, journey: Journey) -> Iterator[Row]:
    if journey.experiment:
        for arm, start, end in journey.experiment.ranges():
            yield {
                "journey": key,
                "experiment": journey.experiment.id,
                "arm": arm,
                "bucket_from": start,
                "bucket_to": end,
            }


def _settings(policy: Policy) -> Row:
    caps = policy.caps
    return {
        "holdout_epoch": policy.holdout.epoch,
        "holdout_buckets": buckets(policy.holdout.percent),
        "soft_opt_in_months": policy.soft_opt_in.months,
        "soft_opt_in_channels": list(policy.soft_opt_in.channels),
        "price_regret_days": policy.guards.price_regret_days,
        "accessory_lookback_days": policy.guards.accessory_lookback_days,
        "gifts_steer": policy.guards.gifts_steer,
        "is_email_paused": policy.paused.email,
        "is_sms_paused": policy.paused.sms,
        "default_open_local": policy.default_open,
        "sends_at_best_hour": policy.send_at_best_hour,
        "volume_max_messages": caps.max_messages,
        "volume_max_ratio": caps.max_ratio,
        "volume_min_past_runs": caps.min_past_runs,
        "volume_always_fine": caps.always_fine,
        "volume_max_without_forecast": caps.max_without_forecast,
        "volume_exception_journeys": [each.journey for each in caps.exceptions],
        "volume_exception_from": [each.day for each in caps.exceptions],
        "volume_exception_until": [each.until or each.day for each in caps.exceptions],
        "volume_exception_max": [each.max_messages for each in caps.exceptions],
    }


def _holidays(countries: list[str], run_date: date) -> Iterator[Row]:
    years = range(run_date.year - 1, run_date.year + 2)
    for country in sorted(countries):
        # Sweden's calendar counts every Sunday; the sending windows know Sundays already.
        days = holidays.country_holidays(country, years=years, language="en_US")
        for day, name in sorted(days.items()):
            if name.lower() not in ("sunday", "söndag"):
                yield {"country": country, "holiday_on": day, "name": name}
