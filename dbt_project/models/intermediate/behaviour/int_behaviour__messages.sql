-- What reached a person lately, and what of it was reacted to. Apart from int_behaviour__customers: a
-- letter to everybody changes every row here, and none there before it is opened.
{{ config(unique_key='customer_id') }}
{% set engagement = ref('fct_engagement_events') %}
{% set since = carried_from([engagement]) %}
{% set days = 90 %}
{% set counts = "(event = 'delivered' or (event in ('opened', 'clicked') and not is_machine))" %}
{%- if since %}
    {{ customers_of_answers(engagement, counts, [days], since) }} {{ carried_mark() }}
{%- endif %}
with
    messages as (
        select
            customer_id,
            message_id,
            bool_or(event = 'delivered') as is_delivered,
            bool_or(event <> 'delivered') as is_reacted_to
        from {{ engagement }} {{ only_affected(since, 'customer_id') }}
        where
            customer_id is not null
            and {{ counts }}
            and occurred_at >= {{ local_instant(run_date() ~ ' - ' ~ days) }}
        group by customer_id, message_id
    ),
    final as (
        select
            customer_id,
            count(*) filter (where is_delivered) as n_delivered_90d,
            count(*) filter (where is_reacted_to) as n_reacted_90d
        from messages
        group by customer_id
    )
select *
from final
