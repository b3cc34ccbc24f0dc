with
    golden as (select * from {{ ref('int_customers__golden_records') }}),
    scores as (select * from {{ ref('fct_customer_rfm') }} where snapshot_on = {{ run_date() }}),
    ordered as (select * from {{ ref('int_purchases__by_customer') }}),
    final as (
        select
            golden.customer_id,
            golden.customer_type,
            golden.is_member,
            golden.member_id,
            golden.first_name,
            golden.last_name,
            golden.company_name,
            golden.language,
            golden.country,
            golden.timezone,
            golden.email,
            golden.phone,
            golden.birth_date,
            golden.postal_code,
            golden.city,
            golden.is_erased,
            golden.first_seen_on,
            golden.joined_at,
            golden.n_source_records,
            scores.persona,
            scores.stage,
            scores.absolute_stage,
            coalesce(ordered.n_orders, 0) as n_orders,
            coalesce(ordered.net_revenue_minor, 0) as net_revenue_minor,
            ordered.first_ordered_at as first_order_at,
            ordered.last_ordered_at as last_order_at,
            {{ run_date() }} as as_of_on
        from golden
        left join scores using (customer_id)
        left join ordered using (customer_id)
    )
select *
from final
