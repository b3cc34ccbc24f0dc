-- Everything a template may say to one recipient. Products stand there by their id: thousands of messages
-- show the same ones, so rendering formats each of them once.
{% set zone = "coalesce(customers.timezone, '" ~ var('timezone') ~ "')" %}

with
    decisions as (
        select *
        from {{ ref('fct_contact_decisions') }}
        where run_date = {{ run_date() }} and decision = 'send'
    ),

    candidates as (select * from {{ ref('int_decisions__candidates') }}),

    steps as (select * from {{ ref('stg_templates__journey_steps') }}),

    customers as (select * from {{ ref('dim_customers') }}),

    contact_points as (select * from {{ ref('int_customers__contact_points') }}),

    orders as (select * from {{ ref('int_messages__orders') }}),

    carts as (select * from {{ ref('int_messages__carts') }}),

    products as (select * from {{ ref('int_messages__products') }}),

    recommendations as (select * from {{ ref('int_messages__recommendations') }}),

    -- A message that reminds of a benefit offers that benefit.
    benefits as (select * from {{ ref('stg_loyalty__benefits') }}),

    final as (
        select
            decisions.message_id,
            decisions.run_date,
            decisions.customer_id,
            decisions.journey,
            decisions.step,
            decisions.channel,
            decisions.class,
            decisions.anchor,
            decisions.priority,
            decisions.experiment,
            decisions.variant,
            decisions.branch,
            customers.language,
            customers.country,
            customers.timezone,
            contact_points.address,
            decisions.send_at,
            -- The right may end before the message does, and the decision only asked for it at as_of.
            case
                when decisions.permission_id = contact_points.permission_id
                then least(decisions.expires_at, contact_points.permission_ends_at)
                else decisions.expires_at
            end as expires_at,
            decisions.permission_basis,
            decisions.permission_id,
            decisions.policy_version,
            struct_pack(
                customer := struct_pack(
                    first_name := customers.first_name,
                    is_member := coalesce(customers.is_member, false),
                    company_name := customers.company_name
                ),
                "order" := orders.order_card,
                cart := carts.cart_card,
                trigger_product := products.product_id,
                recommendations := struct_pack(
                    {% for slot in recommendation_slots() -%}
                        {{ slot }} := case
                            when list_contains(steps.recommendation_slots, '{{ slot }}')
                            then coalesce(recommendations.{{ slot }} [1:steps.max_recommendations], [])
                            else []
                        end
                        {{- ',' if not loop.last }}
                    {% endfor %}
                ),
                offer := case
                    when steps.offer_kind is not null
                    then
                        struct_pack(
                            kind := steps.offer_kind,
                            value_minor := steps.offer_value_minor,
                            code := steps.offer_code,
                            expires_on := coalesce(
                                {{ local_day('decisions.send_at', zone) }} + steps.offer_valid_days,
                                {{ local_day('decisions.expires_at', zone) }}
                            )
                        )
                    when benefits.benefit_id is not null
                    then
                        struct_pack(
                            kind := benefits.kind,
                            value_minor := cast(round(benefits.value * 100) as bigint),
                            code := benefits.code,
                            expires_on := {{ local_day('benefits.expires_at', zone) }}
                        )
                end
            ) as content
        from decisions
        inner join steps on decisions.journey = steps.journey and decisions.step = steps.step
        left join
            candidates
            on decisions.customer_id = candidates.customer_id
            and decisions.journey = candidates.journey
            and decisions.step = candidates.step
            and decisions.anchor = candidates.anchor
        left join customers on decisions.customer_id = customers.customer_id
        left join
            contact_points
            on decisions.customer_id = contact_points.customer_id
            and decisions.channel = contact_points.channel
        left join orders on candidates.reference_order_id = orders.order_id
        left join carts on candidates.reference_cart_id = carts.cart_id
        left join products on candidates.reference_product_id = products.product_id
        left join benefits on candidates.anchor = 'benefit:' || benefits.benefit_id
        left join
            recommendations
            on decisions.customer_id = recommendations.customer_id
            and decisions.journey = recommendations.journey
            and decisions.anchor = recommendations.anchor
    )

select *
from final
-- Rendering reads a page of ids at a time: laid down in their order, a page is one place in the file.
order by message_id
