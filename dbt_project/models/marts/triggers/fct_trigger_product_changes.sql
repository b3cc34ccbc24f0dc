-- Kinds back_in_stock, price_drop and low_stock: something changed about a product that the customer
-- looked at or put into a cart not long before. What is true no more (sold out again, price up again)
-- holds no longer, so that nothing untrue is ever said.
with
    journeys as (
        select
            *,
            {{ trigger_param('interest_days', 'integer') }} as interest_days,
            {{ trigger_param('min_stock', 'integer') }} as min_stock,
            {{ trigger_param('min_percent', 'double') }} as min_percent,
            {{ trigger_param('at_most', 'integer') }} as at_most
        from ({{ journeys_of(['back_in_stock', 'price_drop', 'low_stock']) }})
    ),

    changes as (select * from {{ ref('int_catalogue__product_changes') }}),

    products as (select * from {{ ref('dim_products') }}),

    interests as (
        select customer_id, product_id, last_viewed_at as interested_at
        from {{ ref('int_behaviour__product_views') }}
        where is_long_view and customer_id is not null
        union all
        select customer_id, product_id, occurred_at
        from {{ ref('int_behaviour__web_events') }}
        where event_name = 'Product Added' and customer_id is not null and product_id is not null
    ),

    wanted_changes as (
        select journeys.*, changes.* exclude (received_on), changes.received_on as changed_received_on
        from journeys
        inner join
            changes on journeys.trigger_kind = changes.change and changes.changed_at >= journeys.history_from
        where
            case
                journeys.trigger_kind
                when 'back_in_stock'
                then coalesce(changes.stock_quantity >= journeys.min_stock, true)
                when 'price_drop'
                then changes.price_minor * 100 <= changes.old_price_minor * (100 - journeys.min_percent)
                when 'low_stock'
                then
                    changes.stock_quantity <= journeys.at_most
                    and changes.old_stock_quantity > journeys.at_most
            end
    ),

    anchors as (
        select
            wanted_changes.*,
            interests.customer_id,
            'product:'
            || wanted_changes.product_id
            || ':'
            || strftime({{ local_day('wanted_changes.changed_at') }}, '%Y-%m-%d') as anchor,
            wanted_changes.changed_at as anchor_at,
            max(interests.interested_at) as interested_at,
            any_value(wanted_changes.changed_received_on) as received_on
        from wanted_changes
        inner join
            interests
            on wanted_changes.product_id = interests.product_id
            and interests.interested_at < wanted_changes.changed_at
            and interests.interested_at >= wanted_changes.changed_at - to_days(wanted_changes.interest_days)
        inner join products on wanted_changes.product_id = products.product_id
        where {{ in_trigger_list('products.product_group', relation='wanted_changes') }}
        group by all
    ),

    entered as (
        select *
        from ({{ entered_anchors('anchors') }})
        -- Two changes of one product on one day are one message, about the later state.
        qualify row_number() over (partition by journey, customer_id, anchor order by anchor_at desc) = 1
    ),

    final as (
        {{ trigger_columns(
            product='entered.product_id',
            evidence={'product': 'entered.product_id', 'change': 'entered.change'},
            still_holds="""
                products.is_in_stock and products.is_for_sale and case entered.trigger_kind
                    when 'price_drop' then products.current_price_minor <= entered.price_minor
                    when 'low_stock' then products.stock_quantity between 1 and entered.at_most
                    else true
                end""",
        ) }}
        left join products on entered.product_id = products.product_id
    )

select *
from final
