-- From which snapshot day to which an order, or a refund on it, counts for its customer's RFM: [counted_from,
-- counted_until). So any past snapshot sees what a run of that day would have seen, and nothing later.
{{ config(unique_key='order_id') }}
{% set all_orders, golden_records = ref('fct_orders'), ref('int_customers__golden_records') %}
{% set since = carried_from([all_orders, golden_records]) %}
{%- if since %}
    -- An order is affected by its cancellation and its returns as well.
    select order_id
    from {{ affected_keys(all_orders) }}
    union all
    -- Whose buyer became known, or turned out to be a company.
    select order_id
    from {{ all_orders }}
    semi join {{ affected_keys(golden_records) }} using (customer_id) {{ carried_mark() }}
{%- endif %}
with
    orders as (select * from {{ all_orders }} {{ only_affected(since, 'order_id') }}),
    cancellations as (
        select order_id, {{ local_day('cancelled_at') }} as cancelled_on, cancelled_received_on
        from {{ ref('int_purchases__orders') }} {{ only_affected(since, 'order_id') }}
        where cancelled_at is not null
    ),
    returns as (
        select *
        from {{ ref('int_purchases__returns') }} {{ only_affected(since, 'order_id') }}
        where unmatched_reason is null
    ),
    customers as (select customer_id from {{ golden_records }} where customer_type = 'b2c'),
    -- What came with the very first delivery is the history: it was known before there was anything to know
    -- it.
    history as (
        select min(received_on) as received_on
        from
            (
                select received_on
                from {{ source('webshop', 'orders') }}
                union all
                select received_on
                from {{ source('pos', 'receipts') }}
            ) as delivered
    ),
    refunds as (
        select
            returns.order_id,
            {{ counted_from('returns.returned_on', 'returns.received_on', 'history.received_on') }}
            as counted_from,
            sum(returns.amount_minor) as amount_minor
        from returns
        cross join history
        group by all
    ),
    refunded as (
        select
            *,
            sum(amount_minor) over (
                partition by order_id order by counted_from rows unbounded preceding
            ) as refunded_so_far_minor
        from refunds
    ),
    emptied as (
        select refunded.order_id, min(refunded.counted_from) as emptied_on
        from refunded
        join orders using (order_id)
        where refunded.refunded_so_far_minor >= orders.gross_amount_minor
        group by refunded.order_id
    ),
    timed as (
        select
            orders.customer_id,
            orders.order_id,
            orders.ordered_on,
            orders.gross_amount_minor,
            {{ counted_from('orders.ordered_on', 'orders.received_on', 'history.received_on') }}
            as counted_from,
            least(
                emptied.emptied_on,
                {{
                    counted_from(
                        'cancellations.cancelled_on', 'cancellations.cancelled_received_on', 'history.received_on'
                    )
                }}
            ) as withdrawn_on,
            {% if var('rfm_window_days') | int > 0 -%}
                orders.ordered_on + {{ var('rfm_window_days') | int }} + 1
            {%- else -%} cast(null as date)
            {%- endif %} as forgotten_on
        from orders
        join customers using (customer_id)
        cross join history
        left join emptied using (order_id)
        left join cancellations using (order_id)
        where orders.gross_amount_minor > 0
    ),
    counted as (
        select
            *,
            least(withdrawn_on, forgotten_on) as counted_until,
            coalesce(withdrawn_on <= coalesce(forgotten_on, withdrawn_on), false) as is_withdrawn
        from timed
    ),
    unioned as (
        select
            customer_id,
            order_id,
            ordered_on,
            counted_from,
            counted_until,
            is_withdrawn,
            1 as n_orders,
            gross_amount_minor as net_amount_minor
        from counted
        union all by name
        select
            counted.customer_id,
            counted.order_id,
            counted.counted_until,
            counted.is_withdrawn,
            greatest(refunds.counted_from, counted.counted_from) as counted_from,
            0 as n_orders,
            - refunds.amount_minor as net_amount_minor
        from refunds
        join counted using (order_id)
    ),
    final as (select * from unioned where counted_until is null or counted_from < counted_until)
select *
from final
