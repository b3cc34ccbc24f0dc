"""Mistakes that people make in such SQL: each changes one place of one compiled model, and must be noticed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """Replace `right` by `wrong`, everywhere in the model."""

    model: str
    right: str
    wrong: str

    @property
    def name(self) -> str:
        """Readable in a test report."""
        right, wrong = (" ".join(text.split()) for text in (self.right, self.wrong))
        return f"{self.model.removeprefix('int_decisions__')}: {right} -> {wrong or 'nothing'}"


def _of(model: str, *changes: tuple[str, str]) -> list[Mutant]:
    return [Mutant(model, right, wrong) for right, wrong in changes]


MUTANTS = [
    *_of(
        "int_decisions__candidates",
        ("due_at < timezone(", "due_at <= timezone("),
        ("expires_at > timezone(", "expires_at >= timezone("),
        ("when valid_for_seconds = 0", "when valid_for_seconds = -1"),
        ("in_reach.priority < yielding.lowest_priority", "in_reach.priority > yielding.lowest_priority"),
        ("or (not is_due and class <> 'service'", "or (false and class <> 'service'"),
    ),
    *_of(
        "int_decisions__contact_log",
        ("event = 'sent' and", "event <> '' and"),
        ("and message_id is null", ""),
        ("'UNKNOWN', ", ""),
        ("coalesce(aliases.customer_id, messages.customer_id)", "messages.customer_id"),
        ("coalesce(events.class, 'newsletter')", "coalesce(events.class, 'service')"),
        ("(run_date < cast(", "(run_date <= cast("),
        ("max(seconds)", "min(seconds)"),
    ),
    *_of(
        "int_decisions__counted_touches",
        ("max(contact_log.sent_at)", "min(contact_log.sent_at)"),
        ("case when rules.channels is null then", "case when false then"),
        ("rules.channels is null or list_contains", "true or list_contains"),
        ("list_contains(rules.counts_classes, contact_log.class)", "true"),
        # A window that seems long gone at midnight is full at the end of an evening in a zone to the west.
        (
            "- to_seconds(86400)) - to_seconds(rules.window_seconds)",
            "+ to_seconds(86400)) - to_seconds(rules.window_seconds)",
        ),
    ),
    *_of(
        "int_decisions__handed_off",
        ("coalesce(aliases.customer_id, relevant.customer_id)", "relevant.customer_id"),
    ),
    *_of(
        "int_decisions__contactability",
        ("coalesce(customers.is_erased, false) as", "false as"),
        ("contact_points.address is null as", "false as"),
        ("contact_points.suppression_id is not null as", "false as"),
        ("contact_points.permission_basis is null\n", "false\n"),
        ("list_contains(refused.topics_off, candidates.class)", "false"),
        ("then candidates.reference_order_id is null", "then false"),
        (") as fails_wrong_audience", ") and false as fails_wrong_audience"),
        ("coalesce(customers.is_member, false) = journeys.audience_is_member", "true"),
        ("sent_channels.message_id is not null\n", "false\n"),
        ("or (alternatives.step is not null and sent_touches", "or (false and sent_touches"),
        ("where not is_fixed", "where true"),
        ("starts_with(candidates.anchor, 'date:joined:')", "false"),
        ("fails_already_sent and expires_at", "false and expires_at"),
    ),
    *_of(
        "int_decisions__eligibility",
        ("expires_at <= timezone(", "expires_at < timezone("),
        ("goal_reached_at < timezone(", "goal_reached_at <= timezone("),
        ("last_orders.last_order_at > contactability", "last_orders.last_order_at >= contactability"),
        ("where is_valid", "where true"),
        ("class <> 'service' and service_case_id", "service_case_id"),
        ("and last_order_id is not null", "and last_order_id is null"),
        ("n_recommendations < min_recommendations", "n_recommendations <= min_recommendations"),
        ("count(distinct recommendations.product_id)", "count(recommendations.product_id)"),
        ("orders.ordered_at > past_messages.sent_at", "orders.ordered_at > past_messages.sent_at + interval 6 days"),
        ("earned.revenue_minor < floors", "earned.revenue_minor > floors"),
        ("earned.n_messages >= 3", "earned.n_messages >= 300"),
        ("carts.bought_order_id is not null", "carts.bought_order_id is null"),
        ("not coalesce(products.is_in_stock, false)", "coalesce(products.is_in_stock, false)"),
        ("not contactability.still_holds", "false"),
        ("contactability.visited_at is null", "contactability.visited_at is not null"),
    ),
    *_of(
        "int_decisions__assignment",
        ("bucket < n_holdout", "bucket <= n_holdout + 500"),
        ("coalesce(pinned.bucket,", "coalesce("),
        ("coalesce(journeys.is_paused, false)", "false"),
        ("experiment_bucket >= experiments.bucket_from", "experiment_bucket > experiments.bucket_from + 500"),
    ),
    *_of("int_experiments__buckets", ("anti join pinned", "semi join pinned"), ("eligibility.is_due and", "")),
    *_of(
        "int_decisions__sending_windows",
        ("<> 7)", "<> 6)"),
        ("or holidays.country is null", "or true"),
        ("timezone(eligibility.timezone,", "timezone('Europe/Oslo',"),
    ),
    *_of(
        "int_decisions__policy",
        ("and timed.touch_key <> counted.touch_key", ""),
        ("any_value(least(class_rules.max_messages,", "any_value(greatest(class_rules.max_messages,"),
        ("when max_messages = 0", "when false"),
        ("where paused_until is not null or max_messages = 0", "where max_messages = 0"),
        ("and wished.channel = contact_log.channel", ""),
        ("and wished.touch_key <> contact_log.touch_key", ""),
        ("nth.at + to_days(period_days)", "nth.at + to_days(period_days + 1)"),
        ("case when timed.best_at < timed.closes_at then timed.best_at end", "timed.best_at"),
        ("settings.sends_at_best_hour and eligibility.class <> 'service'", "false"),
        ("then blocked.free_at >= timed.closes_at", "then blocked.free_at > timed.closes_at"),
        ("else blocked.free_at >= timezone", "else blocked.free_at > timezone"),
        (
            "timed.is_open and timed.earliest_at < timed.closes_at",
            "timed.is_open and timed.earliest_at <= timed.closes_at",
        ),
        ("nth.at + to_seconds(window_seconds)", "nth.at + to_seconds(window_seconds + 1)"),
        ("when eligibility.send_after_local is not null", "when false"),
        ("least(windows.closes_at, eligibility.expires_at)", "windows.closes_at"),
        ("where timed.class <> 'service'", "where true"),
        ("order by blocked.position)", "order by -blocked.position)"),
    ),
    *_of(
        "int_decisions__look_ahead",
        ("light.priority > heavy.priority", "light.priority >= heavy.priority"),
        ("light.at < heavy.due_at", "light.at <= heavy.due_at"),
        ("heavy.due_at < light.at + rules", "heavy.due_at <= light.at + rules"),
        ("+ 1 >= pairs.max_messages", "+ 0 >= pairs.max_messages"),
        ("coalesce(eligibility.yields, true)", "true"),
        ("or fails_paused", ""),
        ("rules.channels is null\n", "true\n"),
    ),
    *_of(
        "int_decisions__contenders",
        ("'priority': eligibility.priority", "'priority': -eligibility.priority"),
        ("'due_at': eligibility.due_at", "'due_at': timestamptz 'epoch'"),
        ("class <> 'service' and (is_fixed", "(is_fixed"),
        ("or fails_reserved\n", "\n"),
        (
            "'is_open': eligibility.fixed_message_id is null,",
            "'is_open': eligibility.fixed_message_id is not null,",
        ),
    ),
    *_of("int_decisions__ranked", ("and (is_fixed or not fails_outside_window)", "")),
    *_of(
        "int_decisions__arbitration",
        ("{'rank': rank, 'customer_id': customer_id}", "{'customer_id': customer_id}"),
    ),
    *_of(
        "fct_contact_decisions",
        ("judged.failed_gates[1] as reason", "judged.failed_gates[-1] as reason"),
        ("coalesce(handed_off.send_at, judged.possible_at)", "judged.possible_at"),
        ("anti join fixed_rows", "left join fixed_rows"),
    ),
    *_of(
        "fct_newsletter_exclusions",
        ("until_at > timezone(", "until_at >= timezone("),
        ("where list_contains(when_classes, 'newsletter')", "where true"),
        ("max(messages.sent_at)", "min(messages.sent_at)"),
        ("greatest(paused_until,", "least(null,"),
        ("any_value(wishes.max_messages)", "1"),
        ("list_position(", "1 + list_position("),
        ("having count(*) >= any_value", "having count(*) > any_value"),
        ("list_min(", "list_max("),
    ),
]
