{#-
  Best sellers for slots in which `found` (one row per slot and product) left places: of the category of what steers the
  slot, and of the whole shop, each time as many as the slot has places. One row per slot_number, product_number and list
  (is_of_category), with the number of buyers as score.

  The arguments are relations, or names in the query that asks, with its numbers for slots, products and items: slots
  (slot_number, max_recommendations, seed_product_id), products (product_id, product_number, item_number, category), and what
  a slot must not show: unwanted (slot_number, product_number), unwanted_items (slot_number, item_number). That is taken out
  first and the rest counted afterwards; but only places of the lists that a slot reads are held against it, and what is left
  out makes a list longer by as much.
-#}
{% macro filled_by_best_sellers(slots, found, products, unwanted, unwanted_items, best_sellers) -%}
    with
        filled as (select slot_number, count(*) as n_products from {{ found }} group by slot_number),
        too_short as (
            -- Only they meet the long lists of best sellers.
            select slots.slot_number, slots.max_recommendations, products.category
            from {{ slots }} as slots
            left join filled on slots.slot_number = filled.slot_number
            left join {{ products }} as products on slots.seed_product_id = products.product_id
            where coalesce(filled.n_products, 0) < slots.max_recommendations
        ),
        lists as (
            -- Those that a slot that is too short reads. The shop's has no category.
            select slot_number, max_recommendations, category from too_short where category is not null
            union all
            select slot_number, max_recommendations, null as category from too_short
        ),
        best_sellers as (
            select
                best_sellers.category,
                best_sellers.rank,
                best_sellers.n_buyers,
                products.product_number,
                products.item_number
            from {{ best_sellers }} as best_sellers
            join {{ products }} as products on best_sellers.product_id = products.product_id
        ),
        left_out as (
            {% for relation, number in [(unwanted, 'product_number'), (unwanted_items, 'item_number')] -%}
                select lists.slot_number, lists.category, best_sellers.rank, lists.max_recommendations
                from lists
                join {{ relation }} as unwanted on lists.slot_number = unwanted.slot_number
                join
                    best_sellers
                    on unwanted.{{ number }} = best_sellers.{{ number }}
                    and lists.category is not distinct from best_sellers.category
                {% if not loop.last -%}
                    union
                {% endif -%}
            {% endfor %}
        ),
        passed_over as (
            -- As many of each list as the slot has places are enough, whatever the lists before hold of it. A product that
            -- is left out makes the list longer by one if fewer than these stand before it.
            select slot_number, category, count(*) as n_passed_over
            from
                (
                    select
                        *,
                        rank - row_number() over (partition by slot_number, category order by rank) as n_shown_before
                    from left_out
                ) as ranks
            where n_shown_before < max_recommendations
            group by slot_number, category
        ),
        listed as (
            select
                lists.slot_number,
                lists.category,
                unnest(range(1, lists.max_recommendations + coalesce(passed_over.n_passed_over, 0) + 1)) as rank
            from lists
            left join
                passed_over
                on lists.slot_number = passed_over.slot_number
                and lists.category is not distinct from passed_over.category
        )
    select
        listed.slot_number,
        best_sellers.product_number,
        best_sellers.category is not null as is_of_category,
        cast(best_sellers.n_buyers as double) as score
    from listed
    join best_sellers on listed.rank = best_sellers.rank and listed.category is not distinct from best_sellers.category
    anti join
        left_out
        on listed.slot_number = left_out.slot_number
        and listed.category is not distinct from left_out.category
        and listed.rank = left_out.rank
{%- endmacro %}
