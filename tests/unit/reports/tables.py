"""The tables that the report reads from the analysts' copy, with the columns that it reads, and no row."""

from __future__ import annotations

SCHEMA = """
create schema marts; create schema seeds;
create table seeds.decision_reasons (position integer, reason varchar, decision varchar, sentence varchar);
create table marts.rpt_tiles (period varchar, starts_on date, ends_on date, comparison_starts_on date,
    comparison_ends_on date, persona varchar, tile varchar, value double, comparison_value double);
create table marts.rpt_decisions_by_day (run_date date, journey varchar, channel varchar, decision varchar,
    reason varchar, n bigint);
create table marts.dim_journeys (journey varchar, name varchar, class varchar, priority integer);
create table marts.rpt_journey_funnel (run_date date, journey varchar, step varchar, channel varchar,
    n_candidates bigint, n_suppressed bigint, n_held bigint, n_decided_to_send bigint, n_sent bigint,
    n_delivered bigint, n_opened bigint, n_clicked bigint, n_unsubscribed bigint, n_complained bigint,
    n_orders bigint, revenue_minor bigint);
create table marts.rpt_flow_vs_newsletter (message_kind varchar, n_delivered bigint, n_opened bigint,
    n_clicked bigint, n_orders bigint, revenue_minor bigint, open_rate double, click_rate double,
    click_to_open_rate double, revenue_per_recipient_minor double, average_receipt_minor double);
create table marts.fct_customer_rfm (snapshot_on date, customer_id varchar, persona varchar, stage varchar);
create table marts.dim_customers (customer_id varchar, persona varchar, is_erased boolean, n_orders bigint,
    net_revenue_minor bigint);
create table marts.rpt_persona_movement (period varchar, from_on date, to_on date, persona_from varchar,
    persona_to varchar, had_order_at_start boolean, split varchar, n_customers bigint, revenue_minor bigint);
create table marts.fct_newsletter_exclusions (run_date date, customer_id varchar, address varchar, rule varchar,
    until_at timestamptz);
create table marts.fct_engagement_events (event_id varchar, event varchar, is_machine boolean);
create table marts.rpt_experiment_arms (experiment varchar, arm varchar, journey varchar, planned_share double,
    is_control boolean, n_assigned bigint, first_assigned_on date, last_assigned_on date, as_of_on date,
    purchase_window_days integer);
create table marts.rpt_experiment_metrics (experiment varchar, arm varchar, segment varchar, metric varchar, n bigint,
    sum_y hugeint, sum_y2 hugeint, sum_x hugeint, sum_x2 hugeint, sum_xy hugeint);
"""
