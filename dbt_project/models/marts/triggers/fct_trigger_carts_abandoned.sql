-- Kind cart_abandoned: a cart that lay untouched for the journey's time without being bought. The clock
-- of the steps starts at the last change; a cart bought later stays an anchor, so that the ledger says
-- why nothing was sent.
with
    journeys as (
        select
            *,
            {{ trigger_param('idle_minutes', 'bigint') }} as idle_minutes,
            {{ trigger_param('min_value_minor', 'bigint') }} as min_value_minor
        from ({{ journeys_of(['cart_abandoned']) }})
    ),

    carts as (select * from {{ ref('fct_carts') }} where customer_id is not null and n_items > 0),

    anchors as (
        select
            carts.customer_id,
            journeys.journey,
            'cart:' || carts.cart_id as anchor,
            carts.last_changed_at as anchor_at,
            carts.cart_id,
            carts.lines,
            carts.bought_at,
            journeys.goal,
            journeys.entry_gap_days,
            journeys.once_per,
            journeys.anchors_from,
            carts.received_on
        from journeys
        inner join carts on carts.last_changed_at >= journeys.history_from
        where
            carts.last_changed_at + to_minutes(coalesce(journeys.idle_minutes, 0)) <= {{ as_of() }}
            and carts.value_minor >= coalesce(journeys.min_value_minor, 0)
            and (
                carts.bought_order_id is null
                or carts.bought_at > carts.last_changed_at + to_minutes(coalesce(journeys.idle_minutes, 0))
            )
    ),

    entered as ({{ entered_anchors('anchors') }}),

    cart_lines as (select distinct cart_id, unnest(cast(lines as json[])) as line from entered),

    dearest as (
        select
            cart_id,
            first(
                {{ json_text('line', '$.product_id') }}
                order by
                    cast({{ json_text('line', '$.quantity') }} as double)
                    * cast({{ json_text('line', '$.price_minor') }} as bigint) desc nulls last,
                    {{ json_text('line', '$.product_id') }}
            ) as product_id
        from cart_lines
        group by cart_id
    ),

    final as (
        {{ trigger_columns(
            product='dearest.product_id',
            cart='entered.cart_id',
            goals={'cart_bought': 'entered.bought_at'},
            evidence={'cart': 'entered.cart_id', 'product': 'dearest.product_id'},
        ) }}
        left join dearest on entered.cart_id = dearest.cart_id
    )

select *
from final
