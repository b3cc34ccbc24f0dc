-- Orders and receipts under one key, with the person behind each. Amounts of lines come later.
-- An order's address is its own, else the one that its account had when it was placed: what the account was
-- given later did not come from this sale, and gives no right to write there.
{{ config(unique_key='order_id') }}
{% set since = carried_from(
    [
        ref('stg_webshop__orders'), ref('stg_webshop__accounts'), ref('stg_pos__receipts'),
        ref('stg_logistics__deliveries'), ref('int_identity__persons'),
    ]
) %}
{% set persons_affected = affected_keys(ref('int_identity__persons')) %}
{%- if since %}
    select 'webshop:' || webshop_order_id as order_id
    from {{ affected_keys(ref('stg_webshop__orders')) }}
    union all
    select 'webshop:' || webshop_order_id
    from {{ affected_keys(ref('stg_logistics__deliveries')) }}
    union all
    select 'pos:' || receipt_id
    from {{ affected_keys(ref('stg_pos__receipts')) }}
    union all
    -- Whose account says something else, today or of the day on which it ordered, or is somebody else's.
    select 'webshop:' || webshop_order_id
    from {{ ref('stg_webshop__orders') }}
    semi join {{ affected_keys(ref('stg_webshop__accounts')) }} using (account_id)
    union all
    select 'webshop:' || webshop_order_id
    from {{ ref('stg_webshop__orders') }}
    where account_id in ({{ ids_of('webshop', persons_affected, 'record_id') }})
    union all
    select 'webshop:' || webshop_order_id
    from ({{ ids_of('webshop_order', persons_affected, 'record_id') }}) as guests(webshop_order_id)
    union all
    select 'pos:' || receipt_id
    from {{ ref('stg_pos__receipts') }}
    where
        pos_customer_id in ({{ ids_of('pos', persons_affected, 'record_id') }})
        or member_id in ({{ ids_of('club', persons_affected, 'record_id') }})
        {{ carried_mark() }}
{%- endif %}
with
    webshop_orders as (
        select *
        from {{ ref('stg_webshop__orders') }}
        {% if since -%}
            where webshop_order_id in ({{ ids_of('webshop', affected_keys(this), 'order_id') }})
        {%- endif %}
    ),
    accounts as (select * from {{ ref('stg_webshop__accounts') }}),
    told_accounts as (
        select
            account_id, email, phone, country, created_at, updated_at, received_on, source_file, source_line
        from {{ source('webshop', 'accounts') }}
        {% if since -%} semi join webshop_orders using (account_id) {%- endif %}
    ),
    account_versions as ({{ known_versions('told_accounts', 'account_id', 'created_at') | indent(8) }}),
    addressed as (
        select
            webshop_orders.* exclude (email, phone),
            coalesce(webshop_orders.email, versions.email) as email,
            coalesce(webshop_orders.phone, versions.phone) as phone,
            -- A number on the order is read as identity reads it: as the account's are today.
            case when webshop_orders.phone is null then versions.country else accounts.country end as country
        from webshop_orders
        left join accounts using (account_id)
        left join
            account_versions as versions
            on webshop_orders.account_id = versions.account_id
            and {{ is_valid_at('versions', 'webshop_orders.placed_at') }}
    ),
    receipts as (
        select *
        from {{ ref('stg_pos__receipts') }}
        {% if since -%}
            where receipt_id in ({{ ids_of('pos', affected_keys(this), 'order_id') }})
        {%- endif %}
    ),
    deliveries as (select * from {{ ref('stg_logistics__deliveries') }}),
    persons as (
        select *
        from {{ ref('int_identity__persons') }}
        {% if since -%}
            -- Otherwise everybody is prepared to be found, once for every way to name a buyer.
            where
                record_id in (
                    select unnest(['webshop:' || account_id, 'webshop_order:' || webshop_order_id])
                    from webshop_orders
                    union all
                    select unnest(['pos:' || pos_customer_id, 'club:' || member_id])
                    from receipts
                )
        {%- endif %}
    ),
    from_webshop as (
        select
            'webshop:' || orders.webshop_order_id as order_id,
            -- A guest is a record of its own; so is an order whose account was never delivered.
            coalesce(by_account.customer_id, by_order.customer_id) as customer_id,
            'webshop' as sales_channel,
            orders.store_id,
            orders.placed_at as ordered_at,
            orders.status,
            orders.is_gift,
            orders.currency,
            orders.total_amount_minor,
            orders.shipping_amount_minor,
            orders.discount_code,
            deliveries.delivered_at,
            {{ normalise_email('orders.email') }} as email,
            {{ normalise_phone('orders.phone', 'orders.country', looked_up='known_number') }} as phone,
            orders.cancelled_at,
            orders.cancelled_received_on,
            orders.first_received_on as received_on,
            greatest(orders.received_on, deliveries.received_on) as last_received_on
        from addressed as orders
        left join {{ foreign_numbers() }} on {{ is_foreign_number('orders.phone', 'orders.country') }}
        left join deliveries using (webshop_order_id)
        left join persons as by_account on by_account.record_id = 'webshop:' || orders.account_id
        left join persons as by_order on by_order.record_id = 'webshop_order:' || orders.webshop_order_id
    ),
    from_stores as (
        select
            'pos:' || receipts.receipt_id as order_id,
            coalesce(by_till.customer_id, by_card.customer_id) as customer_id,
            'store' as sales_channel,
            receipts.store_id,
            receipts.sold_at as ordered_at,
            'completed' as status,
            false as is_gift,
            receipts.currency,
            receipts.total_amount_minor,
            0 as shipping_amount_minor,
            receipts.received_on,
            receipts.received_on as last_received_on
        from receipts
        left join persons as by_till on by_till.record_id = 'pos:' || receipts.pos_customer_id
        left join persons as by_card on by_card.record_id = 'club:' || receipts.member_id
    ),
    final as (
        select *
        from from_webshop
        union all by name
        select *
        from from_stores
    )
select *
from final
