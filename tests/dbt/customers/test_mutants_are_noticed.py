"""A test that cannot fail proves nothing: wrong versions of consent, suppression and identity must be noticed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.customers import test_customer_ids as customer_ids
from tests.dbt.customers import test_reachability as reachability
from tests.dbt.customers.chain import Chain
from tests.dbt.customers.reachability_worlds import RARE, worlds

reachable = pytest.fixture(scope="module", name="reachable")(reachability.chain.__wrapped__)
identified = pytest.fixture(scope="module", name="identified")(customer_ids.chain.__wrapped__)

OF_REACHABILITY = {
    "the last told event wins, not the first": (
        "order by received_on, source_file, source_line",
        "order by received_on desc, source_file, source_line",
    ),
    "withdrawal loses at the same instant": ("where not is_withdrawn", "where event_id is not null"),
    "one purpose speaks for all": (
        "partition by address, channel, purpose order by occurred_at",
        "partition by address, channel order by occurred_at",
    ),
    "any objection ends the soft opt-in": ("action = 'withdrawn' and purpose = 'marketing'", "action = 'withdrawn'"),
    "the soft opt-in comes back after an objection": ("lead(ordered_at) over", "max(ordered_at) over"),
    "an objection does not end the soft opt-in": (", objections.objected_at", ""),
    "a sale takes the address that its account has today": (
        "coalesce(webshop_orders.email, versions.email)",
        "coalesce(webshop_orders.email, accounts.email)",
    ),
    "a sale takes the number that its account has today": (
        "coalesce(webshop_orders.phone, versions.phone)",
        "coalesce(webshop_orders.phone, accounts.phone)",
    ),
    "an account had no address until it told of a change": (
        "when is_first then least(created_at, updated_at)",
        "when is_first then updated_at",
    ),
    "an account had its address before it was opened": (
        "when is_first then least(created_at, updated_at)",
        "when is_first then timestamptz '-infinity'",
    ),
    "an account's change counts only after its instant": (
        "<= webshop_orders.placed_at",
        "< webshop_orders.placed_at",
    ),
    "of an account's changes at one instant the first holds": (
        "partition by account_id, updated_at order by received_on desc, source_file desc, source_line desc",
        "partition by account_id, updated_at order by received_on, source_file, source_line",
    ),
    "a number is read as the account's are today": (
        "then versions.country else accounts.country",
        "then accounts.country else accounts.country",
    ),
    "a cancelled order allows messages": ("status <> 'cancelled' and", ""),
    "a soft bounce stops an address": ("and bounce_type = 'hard'", ""),
    "a complaint stops nothing": ("where event = 'complained' and", "where false and"),
    "unsubscribing withdraws nothing": ("event in ('unsubscribed', 'complained')", "event in ('complained')"),
    "the block list holds before its day": (
        "address is not null and since_at <=",
        "address is not null or since_at <=",
    ),
    "anybody's sale is a right": ("coalesce(permissions.customer_id = addresses.customer_id, true)", "true"),
    "a right that has ended still counts": ("coalesce(permissions.valid_to >", "coalesce(permissions.valid_from <"),
    "nobody is told when a right ends": (
        "'ends_at':permissions.valid_to",
        "'ends_at':cast(null as timestamptz)",
    ),
    "another purpose allows marketing": ("where permissions.purpose = 'marketing' and", "where"),
    "the newest address is taken, allowed or not": ("permitted.permission is null, addresses", "addresses"),
    "an address that bounces is taken because it is allowed": (
        "suppressed.suppression_id is not null, permitted.permission is null",
        "permitted.permission is null, suppressed.suppression_id is not null",
    ),
    "a stopped address is preferred": ("suppressed.suppression_id is not null,", "suppressed.suppression_id is null,"),
    "the ledger writes to a stopped address": (
        "contact_points.suppression_id is not null as fails_address_suppressed",
        "false as fails_address_suppressed",
    ),
    "the ledger asks for no right": ("contact_points.permission_basis is null or coalesce", "coalesce"),
    "the ledger writes to who is erased": ("coalesce(customers.is_erased, false)", "false"),
    "a receipt needs a right of its own": ("then candidates.reference_order_id is null else", "then true else"),
    "late withdrawals count from the next instant on": ("occurred_at >= timezone", "occurred_at > timezone"),
    "a late withdrawal of a survey stops marketing": (
        "and action = 'withdrawn' and purpose = 'marketing'",
        "and action = 'withdrawn'",
    ),
    "erasure is by address only": ("upper(member_id) as link_value", "lower(member_id) as link_value"),
    "erasure knows no numbers": ("3, 'phone', phone", "3, 'phone', email"),
}
OF_IDS = {
    "a split is called a merge where the records went apart": ("moved_to.n_customers > 1 or", ""),
    "a record is compared with its first customer, not its last": ("arg_max(customer_id", "arg_min(customer_id"),
    "only new records are logged": (
        "customer_id is distinct from before.customer_id",
        "customer_id <> ''  and before.customer_id is null",
    ),
    "the id is founded on what was changed last": (
        "records.trust_rank, records.first_received_on",
        "records.trust_rank, -epoch(records.updated_at) as first_received_on",
    ),
}


def notices(check: Callable[[Any], None], examples: st.SearchStrategy[Any], rare: Sequence[Any] = ()) -> bool:
    """Whether any example fails the check; the first one is enough."""
    for example in rare:
        try:
            check(example)
        except AssertionError:
            return True

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(example=examples)
    def survives(example: Any) -> None:
        check(example)

    try:
        survives()
    except AssertionError:
        return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_REACHABILITY)
def test_a_wrong_rule_of_reachability_is_noticed(reachable: Chain, name: str) -> None:
    """Each is a mistake that somebody could make in one line, and that would write to somebody who said no."""
    with reachable.changed(*OF_REACHABILITY[name]):
        assert notices(lambda world: reachability.agrees(reachable, world), worlds, RARE)


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_IDS)
def test_a_wrong_rule_of_ids_is_noticed(identified: Chain, name: str) -> None:
    """An id that changes unseen, or a log that says the wrong thing about it."""
    with identified.changed(*OF_IDS[name]):
        histories = st.lists(customer_ids.facts, min_size=6, max_size=22)
        assert notices(lambda history: customer_ids.agrees(identified, history), histories, customer_ids.RARE)
