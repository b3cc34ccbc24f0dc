-- Kind purchase_in_campaign: a valid order with an article that a campaign running on the day of purchase
-- is about. A campaign names a group, a brand, a product, or several of them; then all must fit. Which
-- campaigns run is read from the newest delivery, so a campaign that is taken back starts nothing more.
with
    journeys as ({{ journeys_of(['purchase_in_campaign']) }}),

    order_lines as (select * from {{ ref('fct_order_lines') }} where is_valid and customer_id is not null),

    orders as (select * from {{ ref('fct_orders') }} where is_valid),

    products as (select product_id, product_group, brand from {{ ref('dim_products') }}),

    campaigns as (
        select *
        from {{ ref('stg_catalogue__campaigns') }}
        where product_group is not null or brand is not null or product_id is not null
    ),

    campaign_products as (
        select products.product_id, campaigns.campaign_id, campaigns.starts_on, campaigns.ends_on
        from campaigns
        inner join
            products
            on (campaigns.product_group is null or campaigns.product_group = products.product_group)
            and (campaigns.brand is null or campaigns.brand = products.brand)
            and (campaigns.product_id is null or campaigns.product_id = products.product_id)
    ),

    campaign_lines as (
        select journeys.*, order_lines.* exclude (is_valid, is_gift), campaign_products.campaign_id
        from journeys
        inner join order_lines on order_lines.ordered_at >= journeys.history_from
        inner join
            campaign_products
            on order_lines.product_id = campaign_products.product_id
            and {{ local_day('order_lines.ordered_at') }}
            between campaign_products.starts_on and campaign_products.ends_on
        where {{ in_trigger_list('campaign_products.campaign_id', 'campaigns') }}
    ),

    anchors as (
        select
            campaign_lines.customer_id,
            campaign_lines.journey,
            'order:' || campaign_lines.order_id as anchor,
            orders.ordered_at as anchor_at,
            campaign_lines.order_id,
            {{ dearest_product('campaign_lines') }} as product_id,
            min(campaign_lines.campaign_id) as campaign_id,
            any_value(campaign_lines.goal) as goal,
            any_value(campaign_lines.entry_gap_days) as entry_gap_days,
            any_value(campaign_lines.once_per) as once_per,
            any_value(campaign_lines.anchors_from) as anchors_from,
            max(greatest(orders.received_on, campaign_lines.received_on)) as received_on
        from campaign_lines
        inner join orders on campaign_lines.order_id = orders.order_id
        group by
            campaign_lines.customer_id, campaign_lines.journey, campaign_lines.order_id, orders.ordered_at
    ),

    entered as ({{ entered_anchors('anchors') }}),

    final as (
        {{ trigger_columns(
            order='entered.order_id',
            product='entered.product_id',
            evidence={
                'order': 'entered.order_id', 'product': 'entered.product_id', 'campaign': 'entered.campaign_id'
            },
        ) }}
    )

select *
from final
