-- For each product the others that its buyers bought, by distinct buyers, bounded to recent days and to people whose
-- taste says something (var also_bought_*). What cannot be bought now is left out before the best are taken.
-- A view: it has one reader, who needs few of the products, and writing millions of rows costs as much as ranking them.
{{ config(materialized='view') }}
with
    order_lines as (
        select * from {{ ref('fct_order_lines') }}
    ),
    customers as (
        select * from {{ ref('int_customers__golden_records') }} where customer_type = 'b2c'
    ),
    products as (
        select * from {{ ref('dim_products') }}
    ),
    bought as (
        select distinct order_lines.customer_id, order_lines.product_id
        from order_lines
        semi join customers using (customer_id)
        where order_lines.is_valid
            and order_lines.product_id is not null
            and order_lines.ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ var('also_bought_days')) }}
    ),
    telling as (
        select customer_id
        from bought
        group by customer_id
        having count(*) between 2 and {{ var('also_bought_max_products') }}
    ),
    -- Small integers instead of texts: a pair becomes one number, which is what the big aggregate runs over.
    codes as (
        select product_id, row_number() over (order by product_id) as code
        from (select distinct product_id from bought semi join telling using (customer_id)) as seen
    ),
    coded as (
        select bought.customer_id, codes.code
        from bought
        semi join telling using (customer_id)
        join codes using (product_id)
    ),
    half as (
        select left_side.code * 4294967296 + right_side.code as pair, count(*) as n_buyers
        from coded as left_side
        join coded as right_side
            on right_side.customer_id = left_side.customer_id and left_side.code < right_side.code
        group by pair
    ),
    mirrored as (
        select pair // 4294967296 as from_code, pair % 4294967296 as to_code, n_buyers from half
        union all
        select pair % 4294967296, pair // 4294967296, n_buyers from half
    ),
    offered as (
        select codes.code
        from codes
        join products using (product_id)
        where products.is_in_stock and products.is_for_sale
    ),
    -- Codes follow the order of product ids, so a tie by code is a tie by product id.
    best as (
        select
            mirrored.from_code,
            max(mirrored.n_buyers * 4294967296 - mirrored.to_code, {{ var('also_bought_depth') }}) as packed
        from mirrored
        semi join offered on offered.code = mirrored.to_code
        group by mirrored.from_code
    ),
    ranked as (
        select from_code, unnest(packed) as packed, generate_subscripts(packed, 1) as rank from best
    ),
    unpacked as (
        select
            from_code,
            (packed + 4294967295) // 4294967296 as n_buyers,
            ((packed + 4294967295) // 4294967296) * 4294967296 - packed as to_code,
            rank
        from ranked
    ),
    final as (
        select
            from_codes.product_id,
            to_codes.product_id as recommended_product_id,
            cast(unpacked.n_buyers as bigint) as n_buyers,
            cast(unpacked.rank as integer) as rank
        from unpacked
        join codes as from_codes on from_codes.code = unpacked.from_code
        join codes as to_codes on to_codes.code = unpacked.to_code
    )
select * from final
