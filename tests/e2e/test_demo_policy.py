"""The demo's messages held against the contact policy by plain Python: quarantine, caps, audience, consent, hours.

Nothing of the product is imported: the rules are written down a second time.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from tests.e2e.demo import Published

MARKETING = {"post_purchase", "lifecycle", "newsletter"}

pytestmark = pytest.mark.slow


def counted_messages(published: Published) -> list[dict[str, Any]]:
    lost = {"REJECTED", "SUPPRESSED", "HELD", "EXPIRED", "PLANNED", "READY", "APPROVED", "CLAIMED", "DEFERRED"}
    return [row for row in published["fct_messages"] if row["state"] not in lost]


def test_nobody_gets_two_post_purchase_touches_within_48_hours(published: Published) -> None:
    """The quarantine, the product's name."""
    touches: dict[str, dict[tuple, Any]] = defaultdict(dict)
    for row in counted_messages(published):
        if row["class"] == "post_purchase":
            key = (row["journey"], row["anchor"], row["step"])
            touches[row["customer_id"]][key] = min(row["sent_at"], touches[row["customer_id"]].get(key, row["sent_at"]))
    for times in touches.values():
        ordered = sorted(times.values())
        assert all(b - a >= timedelta(hours=48) for a, b in pairwise(ordered))


def test_no_newsletter_within_48_hours_after_a_post_purchase_message(published: Published) -> None:
    """The second half of the quarantine: those two days are free of sales newsletters."""
    post = defaultdict(list)
    for row in counted_messages(published):
        if row["class"] == "post_purchase":
            post[row["customer_id"]].append(row["sent_at"])
    for row in counted_messages(published):
        if row["class"] == "newsletter" and not row["is_external"]:
            for sent_at in post[row["customer_id"]]:
                assert not timedelta(0) <= row["sent_at"] - sent_at < timedelta(hours=48)


def test_weekly_and_monthly_caps_hold(published: Published) -> None:
    """At most 4 marketing e-mails in 7 days and 4 SMS in 30 days, counted at each message of our own."""
    for channel, window in (("email", timedelta(days=7)), ("sms", timedelta(days=30))):
        sent = defaultdict(list)
        for row in counted_messages(published):
            if row["channel"] == channel and row["class"] in MARKETING:
                sent[row["customer_id"]].append((row["sent_at"], row["is_external"]))
        for times in sent.values():
            for at, is_external in times:
                if not is_external:
                    assert sum(at - window < other <= at for other, _ in times) <= 4


def test_business_customers_stay_out_of_consumer_journeys(published: Published) -> None:
    """They buy far more often and have flows of their own."""
    kind = {row["customer_id"]: row["customer_type"] for row in published["dim_customers"]}
    for row in published["fct_contact_decisions"]:
        if row["decision"] == "send":
            is_business_journey = row["journey"].startswith("b2b")
            assert (kind[row["customer_id"]] == "b2b") == is_business_journey


def local_midnight(day: Any) -> Any:
    return pd.Timestamp(day).tz_localize("Europe/Oslo").tz_convert("UTC")


def test_every_message_has_a_permission_row_valid_that_day(published: Published) -> None:
    """Consent proof on every message: the row exists, for that channel, and was valid at as_of."""
    rows = defaultdict(list)
    for row in published["fct_permissions"]:
        rows[row["permission_id"]].append(row)
    for row in published["fct_contact_decisions"]:
        if row["decision"] != "send" or row["class"] == "service":
            continue
        as_of = local_midnight(row["run_date"])
        assert any(
            p["channel"] == row["channel"]
            and p["basis"] == row["permission_basis"]
            and p["valid_from"] < as_of
            and (pd.isna(p["valid_to"]) or p["valid_to"] >= as_of)
            for p in rows[row["permission_id"]]
        ), row["message_id"]


def test_send_times_lie_inside_the_window(published: Published) -> None:
    """09:00 to 20:00 local, no SMS on Sundays."""
    for row in published["fct_contact_decisions"]:
        if row["decision"] == "send":
            local = row["send_at"].tz_convert("Europe/Oslo")
            assert local.date() == row["run_date"].date() if hasattr(row["run_date"], "date") else row["run_date"]
            assert row["send_at"] >= row["due_at"]
            assert not (row["channel"] == "sms" and local.isoweekday() == 7)
