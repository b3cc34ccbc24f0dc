-- Shop and time stay out of it: what the shop's shares are, and how far everything has faded, changes
-- every day for everybody, and are the last steps (int_behaviour__affinity_shares, fct_customer_affinities).
{{ config(unique_key='customer_id') }}
{% set orders, order_lines = ref('fct_orders'), ref('fct_order_lines') %}
{% set product_views = ref('int_behaviour__product_views') %}
{% set since = carried_from_same_month([orders, order_lines, product_views]) %}
{% set days = 365 %}
{%- if since %}
    {{ customers_of_orders(orders, days, since) }}
    union all
    {{ customers_of(product_views, 'anonymous_id') }} {{ carried_mark() }}
{%- endif %}
with
    lines as (
        select customer_id, product_group, brand, ordered_at as happened_at, cast(1 as double) as weight
        from {{ order_lines }} {{ only_affected(since, 'customer_id') }}
        where
            is_valid
            and customer_id is not null
            and not coalesce(is_gift, false)
            and ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ days) }}
    ),
    -- Long product views count for less than purchases.
    viewed as (
        select
            customer_id,
            product_group,
            brand,
            last_viewed_at as happened_at,
            cast({{ var('affinity_view_weight') }} as double) as weight
        from {{ product_views }} {{ only_affected(since, 'customer_id') }}
        where is_long_view and customer_id is not null
    ),
    signals as (
        select *
        from lines
        union all
        select *
        from viewed
    ),
    -- Rolled up once by both, so that the two sums below read few rows.
    rolled_up as (
        select
            customer_id,
            product_group,
            brand,
            {{ exact_sum('weight * ' ~ weight_at_month_start('happened_at', var('affinity_half_life_days'))) }}
            as weight
        from signals
        group by customer_id, product_group, brand
    ),
    weighed as (
        select
            customer_id, 'product_group' as kind, product_group as value, {{ exact_sum('weight') }} as weight
        from rolled_up
        where product_group is not null
        group by customer_id, product_group
        union all
        select customer_id, 'brand' as kind, brand as value, {{ exact_sum('weight') }} as weight
        from rolled_up
        where brand is not null
        group by customer_id, brand
    ),
    final as (
        select *, sum(weight) over of_kind as total_weight, cast(count(*) over of_kind as integer) as n_values
        from weighed
        window of_kind as (partition by customer_id, kind)
    )
select *
from final
